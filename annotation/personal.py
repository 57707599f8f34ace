"""What is a person's own: given to them as a file, and erased when they ask.

Erasing takes away who they were: account, name, outside ids, what they told of themselves. What they said
stays, under a pseudonym: it is the project's data, others' figures rest on it, and releases that are out name
pseudonyms only.
"""

from collections import defaultdict
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from .audit import record
from .members import free
from .models import (
    Annotation,
    Annotator,
    AuditEntry,
    Flag,
    Label,
    Membership,
    Participation,
    ProfileAnswer,
    User,
)
from .planned import planned_anew

# What stands in the place of a name in the audit log; the database lets nothing else be written there.
ERASED = "Erased person"


class ErasureError(ValueError):
    """The account cannot be erased yet; the message says what to do first."""


def data_of(user: User) -> dict[str, Any]:
    """Everything that is kept of a person, as JSON: account, projects, answers, notes, what was done to them.

    What they read is in it by id and opening words only: the texts are others'. As many SQL statements for
    ten projects as for one.
    """
    annotators = (
        Annotator.objects.filter(user=user)
        .select_related("project")
        .prefetch_related(
            "pools",
            Prefetch("profile_answers", ProfileAnswer.objects.order_by("pk")),
            Prefetch("flags", Flag.objects.select_related("comparison").order_by("pk")),
            Prefetch("audit_entries", AuditEntry.objects.order_by("pk")),
        )
    )
    with planned_anew():
        answers = _answers(user)
    roles = dict(Membership.objects.filter(user=user).values_list("project_id", "role"))
    return {
        "account": {
            "email": user.email,
            "username": user.username,
            "name": user.name,
            "since": user.date_joined,
            "last_sign_in": user.last_login,
        },
        "memberships": [
            {"project": one.project.name, "role": one.role, "since": one.created_at}
            for one in Membership.objects.filter(user=user).select_related("project").order_by("pk")
        ],
        "projects": [_project(one, roles.get(one.project_id), answers[one.pk]) for one in annotators],
        "exported_at": timezone.now(),
    }


def projects_without_owner(user: User) -> list[str]:
    """Projects that would have no owner without this account. One SQL statement."""
    owners = Membership.objects.filter(role=Membership.Role.OWNER)
    others = owners.filter(project=OuterRef("project")).exclude(user=user)
    alone = owners.filter(~Exists(others), user=user).order_by("pk")
    return list(alone.values_list("project__name", flat=True))


def erase(user: User) -> None:
    """Takes away who this person was; ends every session of theirs. Raises ErasureError where a project
    would be left without an owner. Cannot be undone."""
    with transaction.atomic():
        if alone := projects_without_owner(user):
            raise ErasureError(
                _("Make somebody else an owner first: %(projects)s.") % {"projects": ", ".join(alone)}
            )
        for membership in Membership.objects.filter(user=user).select_related("annotator"):
            free(membership)
        annotators = list(Annotator.objects.filter(user=user).select_related("project"))
        for annotator in annotators:
            _forget(annotator)
        acted = AuditEntry.objects.filter(actor=user)
        acted.filter(target=str(user)).update(target=ERASED)
        acted.update(actor=None, actor_name=ERASED)
        user.delete()
        for annotator in annotators:
            record(annotator.project, None, "erase", ERASED, annotator=annotator)


def _forget(annotator: Annotator) -> None:
    name = f"{ERASED} {annotator.pk}"
    Annotator.objects.filter(pk=annotator.pk).update(name=name, external_id=None, told="", user=None)
    ProfileAnswer.objects.filter(annotator=annotator).delete()
    Participation.objects.filter(annotator=annotator).update(session_id="")
    AuditEntry.objects.filter(annotator=annotator).update(target=ERASED)


def _project(annotator: Annotator, role: str | None, answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "project": annotator.project.name,
        "role": role,
        "known_as": annotator.name,
        "external_id": annotator.external_id,
        "pools": [pool.name for pool in annotator.pools.all()],
        "profile": {one.question: one.answer for one in annotator.profile_answers.all()},
        "answers": answers,
        "flags": [
            {
                "comparison__external_id": one.comparison.external_id,
                "note": one.note,
                "created_at": one.created_at,
                "resolved_at": one.resolved_at,
            }
            for one in annotator.flags.all()
        ],
        "events": [
            {"act": one.act, "reason": one.reason, "created_at": one.created_at}
            for one in annotator.audit_entries.all()
        ],
    }


def _answers(user: User) -> dict[int, list[dict[str, Any]]]:
    """By annotator. Two statements, and no model of any row: somebody may have given tens of thousands."""
    labels: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = Label.objects.filter(annotation__assignment__annotator__user=user).order_by("pk")
    for annotation, criterion, ranking, strength, confidence, reasons, text in rows.values_list(
        "annotation_id",
        "criterion__name",
        "ranking",
        "strength",
        "confidence",
        "rationale__reasons",
        "rationale__text",
    ):
        labels[annotation].append(
            {
                "criterion": criterion,
                "ranking": ranking,
                "strength": strength,
                "confidence": confidence,
                "reasons": reasons or [],
                "rationale": text or "",
            }
        )
    given = Annotation.objects.filter(assignment__annotator__user=user).order_by("pk")
    rows_given: Any = given.values(
        "revision",
        "shown",
        "active_seconds",
        "idle_seconds",
        "superseded_at",
        key=F("pk"),
        annotator=F("assignment__annotator"),
        comparison=F("assignment__comparison__external_id"),
        purpose=F("assignment__purpose"),
        at=F("created_at"),
    )
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for one in rows_given:
        found[one.pop("annotator")].append(one | {"labels": labels[one.pop("key")]})
    return found
