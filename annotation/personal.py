"""What is a person's own: given to them as a file, and erased when they ask.

Erasing takes away who they were: account, name, outside ids, what they told of themselves. What they said
stays, under a pseudonym: it is the project's data, others' figures rest on it, and releases that are out name
pseudonyms only.
"""

from collections import defaultdict
from typing import Any

from django.db import transaction
from django.db.models import F
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

    What they read is in it by id and opening words only: the texts are others'.
    """
    annotators = Annotator.objects.filter(user=user).select_related("project").prefetch_related("pools")
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
        "projects": [_project(one, roles.get(one.project_id)) for one in annotators],
        "exported_at": timezone.now(),
    }


def projects_without_owner(user: User) -> list[str]:
    """Projects that would have no owner without this account."""
    owned = Membership.objects.filter(user=user, role=Membership.Role.OWNER).select_related("project")
    others = Membership.objects.filter(role=Membership.Role.OWNER).exclude(user=user)
    return [one.project.name for one in owned if not others.filter(project=one.project_id).exists()]


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


def _project(annotator: Annotator, role: str | None) -> dict[str, Any]:
    with planned_anew():
        answers = _answers(annotator)
    return {
        "project": annotator.project.name,
        "role": role,
        "known_as": annotator.name,
        "external_id": annotator.external_id,
        "pools": [pool.name for pool in annotator.pools.all()],
        "profile": dict(annotator.profile_answers.values_list("question", "answer")),
        "answers": answers,
        "flags": list(
            Flag.objects.filter(annotator=annotator).values(
                "comparison__external_id", "note", "created_at", "resolved_at"
            )
        ),
        "events": list(
            AuditEntry.objects.filter(annotator=annotator)
            .order_by("pk")
            .values("act", "reason", "created_at")
        ),
    }


def _answers(annotator: Annotator) -> list[dict[str, Any]]:
    """Two statements, and no model of any row: somebody may have given tens of thousands."""
    labels: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = Label.objects.filter(annotation__assignment__annotator=annotator).order_by("pk")
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
    given = Annotation.objects.filter(assignment__annotator=annotator).order_by("pk")
    found: Any = given.values(
        "revision",
        "shown",
        "active_seconds",
        "idle_seconds",
        "superseded_at",
        key=F("pk"),
        comparison=F("assignment__comparison__external_id"),
        purpose=F("assignment__purpose"),
        at=F("created_at"),
    )
    return [one | {"labels": labels[one.pop("key")]} for one in found]
