"""What an owner may do about one person: pause, resume, exclude, readmit. Each is an entry of the audit log.

A paused person is lent nothing new. An excluded one's labels are kept and marked: they enter no figure, and
the comparisons are asked of somebody else in their place.
"""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from . import leases
from .audit import record
from .models import Annotator, Assignment, AuditEntry, Demand, Label, Project, User
from .projects import keep_gold_closed, lock_demand, touch

LONGEST_REASON = 500


class StandingError(ValueError):
    """The person cannot be treated so; the message says why, for the form. `field` is the argument at fault,
    if it is one."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def pause(annotator: Annotator, by: User | None, reason: str) -> None:
    """Lends this person nothing new until `resume`. What they hold they may finish, and it counts.

    `by` None: a rule of the project did it. The person reads `reason`. Raises StandingError without one, for
    a judge, and for somebody who is paused or excluded already.
    """
    told = _reason(reason)
    with transaction.atomic():
        person = _locked(annotator)
        if not person.may_be_lent:
            raise StandingError(_("This person is paused or excluded already."))
        _set(person, by, "pause", told, paused_at=timezone.now())


def resume(annotator: Annotator, by: User | None) -> None:
    """Ends a pause. Raises StandingError for somebody who is not paused, or excluded."""
    with transaction.atomic():
        person = _locked(annotator)
        if person.paused_at is None or person.excluded_at is not None:
            raise StandingError(_("This person is not paused."))
        _set(person, by, "resume", "", paused_at=None)


def exclude(annotator: Annotator, by: User | None, reason: str) -> None:
    """Takes everything that this person said out of all figures; it is kept, marked, and may be brought back.

    What they hold goes back to the queue, and their comparisons are asked of others again. Constant number of
    SQL statements. Raises StandingError without a reason, for a judge, and for somebody excluded already.
    """
    told = _reason(reason)
    with transaction.atomic():
        person = _locked(annotator)
        if person.excluded_at is not None:
            raise StandingError(_("This person is excluded already."))
        held = Assignment.objects.filter(annotator=person, state=Assignment.State.LIVE)
        leases.give_back(person, list(held.values_list("pk", flat=True)), again=True)
        Label.objects.filter(annotator=person, independent=True).update(independent=False)
        slots = Demand.objects.filter(pk__in=_filled(person).values("demand"))
        lock_demand(slots)
        slots.update(done=F("done") - 1)
        keep_gold_closed(slots)
        _set(person, by, "exclude", told, excluded_at=timezone.now())
        _recompute(person.project)


def readmit(annotator: Annotator, by: User | None) -> None:
    """Undoes `exclude`: the labels count again, as surplus where somebody else has been asked instead.

    Constant number of SQL statements. Raises StandingError for somebody who is not excluded.
    """
    with transaction.atomic():
        person = _locked(annotator)
        if person.excluded_at is None:
            raise StandingError(_("This person is not excluded."))
        filled = _filled(person)
        lock_demand(Demand.objects.filter(pk__in=filled.values("demand")))
        filled.filter(demand__wanted__lte=F("demand__live") + F("demand__done")).update(demand=None)
        Demand.objects.filter(pk__in=_filled(person).values("demand")).update(done=F("done") + 1)
        work = Assignment.objects.filter(
            annotator=person,
            round=0,
            purpose__in=[Assignment.Purpose.WORK, Assignment.Purpose.IMPORT],
        )
        Label.objects.filter(annotator=person, annotation__assignment__in=work).update(independent=True)
        _set(person, by, "readmit", "", excluded_at=None, paused_at=None)
        _recompute(person.project)


def appeal(annotator: Annotator, note: str) -> AuditEntry:
    """What a paused or excluded person answers, for the owner to read. Raises StandingError for an empty
    note, and for somebody who is neither."""
    said = _reason(note)
    if annotator.may_be_lent:
        raise StandingError(_("You are neither paused nor excluded."))
    return record(
        annotator.project, annotator.user, "appeal", annotator.name, annotator=annotator, reason=said
    )


def appeals(project: Project) -> Any:
    """Notes of people who are still paused or excluded, the newest first."""
    waiting = Annotator.objects.filter(project=project).exclude(paused_at=None, excluded_at=None)
    return AuditEntry.objects.filter(project=project, act="appeal", annotator__in=waiting).order_by("-pk")


def _locked(annotator: Annotator) -> Annotator:
    person = Annotator.objects.select_related("project").select_for_update(of=("self",)).get(pk=annotator.pk)
    if person.kind != Annotator.Kind.HUMAN:
        raise StandingError(_("A judge is retired, not paused."))
    return person


def _filled(person: Annotator) -> Any:
    """Assignments of theirs that fill a slot of the queue."""
    return Assignment.objects.filter(annotator=person, state=Assignment.State.SUBMITTED, demand__isnull=False)


def _set(person: Annotator, by: User | None, act: str, told: str, **standing: Any) -> None:
    before = _standing(person)
    for name, value in {"told": told, **standing}.items():
        setattr(person, name, value)
    person.save(update_fields=["told", *standing])
    after = _standing(person)
    record(person.project, by, act, person.name, annotator=person, before=before, after=after, reason=told)


def _standing(person: Annotator) -> dict[str, str]:
    """Where somebody stands and what they were told, for the audit log."""
    state = "excluded" if person.excluded_at else "paused" if person.paused_at else "active"
    return {"state": state, "told": person.told}


def _recompute(project: Project) -> None:
    """Kept reports go by the project's revision; the consensus is fitted anew in the background."""
    touch(project)
    from .tasks import refit_consensus  # tasks lend, and lending asks this module

    transaction.on_commit(lambda: refit_consensus.delay(project.pk))


def _reason(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise StandingError(_("Say why in a few words; the person reads it."), "reason")
    if len(text) > LONGEST_REASON:
        said = _("Shorten the text to %(number)s characters.") % {"number": LONGEST_REASON}
        raise StandingError(said, "reason")
    return text
