"""Annotators, members and the audit log over the API."""

from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from .. import members as membership
from .. import people as standing
from ..models import Annotator, AuditEntry, Flag, Membership, User
from ..names import annotator_name
from ..permissions import project_for
from ..work_done import Work, work_of_people
from .describing import reads, taken, writes
from .hints import Must
from .paging import asked_by, page
from .problems import Unprocessable

Role = Literal["owner", "manager", "reviewer", "annotator", "viewer"]
_Email = Annotated[str, Must(minLength=3, maxLength=254)]
_Kind = Literal["human", "judge"]


class AnnotatorShape(TypedDict):
    """Who labels. People without an imported id are called `person-NUMBER`; `told` is why they are paused or
    excluded."""

    number: int
    name: str
    kind: str
    pools: list[str]
    paused_at: datetime | None
    excluded_at: datetime | None
    created_at: datetime


class PersonShape(AnnotatorShape):
    """An annotator with their work: answers, and active time in seconds."""

    told: str
    answers: int
    active_seconds: float


class Act(TypedDict):
    """The person reads the `reason`, which pausing and excluding need."""

    act: Literal["pause", "resume", "exclude", "readmit"]
    reason: NotRequired[Annotated[str, Must(maxLength=standing.LONGEST_REASON)]]


class MemberShape(TypedDict):
    email: str | None
    name: str
    role: str
    since: datetime


class MemberWanted(TypedDict):
    """An account by its e-mail address, and the role it shall have."""

    email: _Email
    role: Role


class MemberNamed(TypedDict):
    email: _Email


class Removed(TypedDict):
    removed: bool


class AuditShape(TypedDict):
    """An entry of the audit log. Without an `actor` a rule of the project did it."""

    number: int
    act: str
    actor: str
    target: str
    annotator: int | None
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    created_at: datetime


class FlagShape(TypedDict):
    """What an annotator found wrong with a comparison."""

    number: int
    comparison: str
    annotator: str
    note: str
    created_at: datetime
    resolved_at: datetime | None


@reads(AnnotatorShape, paged=200, query={"kind": _Kind})
def annotators(request: Request, slug: str) -> Any:
    """Who labels: people and judges, under names that say nothing of who they are."""
    project = project_for(request.user, slug, "view").project
    rows = Annotator.objects.filter(project=project).prefetch_related("pools")
    if kind := asked_by(request)["kind"]:
        rows = rows.filter(kind=kind)
    return page(request, rows, _annotator_shape)


@reads(PersonShape)
def annotator(request: Request, slug: str, annotator_id: int) -> PersonShape:
    """One annotator with their work."""
    project = project_for(request.user, slug, "manage").project
    return _person_shape(get_object_or_404(Annotator, project=project, pk=annotator_id))


@writes(Act, PersonShape)
def act_on_annotator(request: Request, slug: str, annotator_id: int) -> PersonShape:
    """Pauses, resumes, excludes or readmits a person. What excluding does to figures is in docs/people.md."""
    project = project_for(request.user, slug, "manage").project
    person = get_object_or_404(Annotator, project=project, pk=annotator_id)
    body, by = taken(request, Act), cast("User", request.user)
    try:
        if body["act"] == "pause":
            standing.pause(person, by, body.get("reason", ""))
        elif body["act"] == "exclude":
            standing.exclude(person, by, body.get("reason", ""))
        elif body["act"] == "resume":
            standing.resume(person, by)
        else:
            standing.readmit(person, by)
    except standing.StandingError as error:
        raise Unprocessable("act", str(error)) from error
    person.refresh_from_db()
    return _person_shape(person)


@reads(MemberShape, paged=200)
def members(request: Request, slug: str) -> Any:
    """Who belongs to the project, and their roles."""
    project = project_for(request.user, slug, "manage").project
    return page(request, Membership.objects.filter(project=project).select_related("user"), _member_shape)


@writes(MemberWanted, MemberShape)
def set_member(request: Request, slug: str) -> MemberShape:
    """Makes an account a member, or changes a member's role."""
    project = project_for(request.user, slug, "own").project
    body = taken(request, MemberWanted)
    try:
        return _member_shape(
            membership.set_role(project, cast("User", request.user), body["email"], body["role"])
        )
    except membership.MemberError as error:
        raise Unprocessable("email", str(error)) from error


@writes(MemberNamed, Removed)
def remove_member(request: Request, slug: str) -> Removed:
    """Ends a membership. What they labelled stays."""
    project = project_for(request.user, slug, "own").project
    try:
        membership.remove(project, cast("User", request.user), taken(request, MemberNamed)["email"])
    except membership.MemberError as error:
        raise Unprocessable("email", str(error)) from error
    return {"removed": True}


@reads(AuditShape, paged=200)
def audit(request: Request, slug: str) -> Any:
    """The audit log, the newest entry first."""
    project = project_for(request.user, slug, "manage").project
    return page(request, AuditEntry.objects.filter(project=project), _audit_shape, newest=True)


@reads(FlagShape, paged=200, query={"open": Annotated[bool, Must(default=True)]})
def flags(request: Request, slug: str) -> Any:
    """Flags that annotators raised: those that nobody has settled, or all."""
    project = project_for(request.user, slug, "view").project
    rows = Flag.objects.filter(comparison__project=project).select_related("comparison", "annotator")
    if asked_by(request)["open"]:
        rows = rows.filter(resolved_at=None)
    return page(request, rows.defer("comparison__prompt", "comparison__metadata"), _flag_shape)


def _annotator_shape(found: Annotator) -> AnnotatorShape:
    return {
        "number": found.pk,
        "name": annotator_name(found),
        "kind": found.kind,
        "pools": [pool.name for pool in found.pools.all()],
        "paused_at": found.paused_at,
        "excluded_at": found.excluded_at,
        "created_at": found.created_at,
    }


def _person_shape(found: Annotator) -> PersonShape:
    work = work_of_people(found.project, annotator=found).get(found.pk, Work())
    return {
        **_annotator_shape(found),
        "told": found.told,
        "answers": work.answers,
        "active_seconds": work.seconds,
    }


def _member_shape(found: Membership) -> MemberShape:
    user = found.user
    return {"email": user.email, "name": user.name, "role": found.role, "since": found.created_at}


def _audit_shape(entry: AuditEntry) -> AuditShape:
    return {
        "number": entry.pk,
        "act": entry.act,
        "actor": entry.actor_name,
        "target": entry.target,
        "annotator": entry.annotator_id,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
        "created_at": entry.created_at,
    }


def _flag_shape(flag: Flag) -> FlagShape:
    return {
        "number": flag.pk,
        "comparison": flag.comparison.external_id,
        "annotator": annotator_name(flag.annotator),
        "note": flag.note,
        "created_at": flag.created_at,
        "resolved_at": flag.resolved_at,
    }
