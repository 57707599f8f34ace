"""Annotators, what they earned, and the audit log over the API."""

from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from .. import people as standing
from ..models import Annotator, AuditEntry, Project, User
from ..names import annotator_name
from ..permissions import project_for
from ..work_done import Work, work_of_people
from .describing import reads, taken, writes
from .hints import Must
from .paging import asked_by, page
from .problems import Unprocessable
from .shapes import amount

_Kind = Literal["human", "judge"]
_Moment = Annotated[str, Must(minLength=1, maxLength=40)]


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


class PaymentShape(TypedDict):
    """What somebody did in a time, and what it earns them at the project's price. Amounts are texts."""

    annotator: int
    name: str
    email: str | None
    external_id: str | None
    answers: int
    active_seconds: float
    amount: str
    currency: str


class PaymentSheet(TypedDict):
    """A row for everybody who answered something; imported answers were paid for elsewhere."""

    rows: list[PaymentShape]


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


@reads(PaymentSheet, query={"since": _Moment, "until": _Moment})
def payments(request: Request, slug: str) -> PaymentSheet:
    """What everybody earned from `since` and before `until`, or in all: the payment sheet."""
    project, asked = project_for(request.user, slug, "manage").project, asked_by(request)
    since, until = (_moment(asked[name], name) for name in ("since", "until"))
    work = work_of_people(project, since, until)
    people = Annotator.objects.filter(pk__in=work).select_related("user").order_by("pk")
    return {"rows": [_payment_shape(one, work[one.pk], project) for one in people]}


@reads(AuditShape, paged=200)
def audit(request: Request, slug: str) -> Any:
    """The audit log, the newest entry first."""
    project = project_for(request.user, slug, "manage").project
    return page(request, AuditEntry.objects.filter(project=project), _audit_shape, newest=True)


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


def _payment_shape(found: Annotator, work: Work, project: Project) -> PaymentShape:
    return {
        "annotator": found.pk,
        "name": found.name,
        "email": found.user.email if found.user else None,
        "external_id": found.external_id,
        "answers": work.answers,
        "active_seconds": work.seconds,
        "amount": amount(work.earned(project.human_label_price)),
        "currency": project.currency,
    }


def _moment(text: str | None, name: str) -> datetime | None:
    """Raises Unprocessable for a moment without a time zone, which could be any of 24."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unprocessable(name, "must be a moment such as 2030-01-31T00:00:00Z")
    return moment


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
