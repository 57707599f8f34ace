"""Leases go on, or end without an answer: prolonged, run out, given back, free to be lent again."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from ..models import Annotator, Assignment, Demand, Project
from ..projects import keep_gold_closed, lock_demand

# Seconds that a comparison fetched ahead stays with somebody who has not seen it yet; `renew` prolongs it.
HOLD_SECONDS = 300


def renew(annotator: Annotator, project: Project, shown: Sequence[int], held: Sequence[int] = ()) -> set[int]:
    """Prolongs the leases of a person at work: in full for what is shown, a short hold for what is fetched
    ahead. Gives the assignments that are still theirs. Two SQL statements.

    What is shown stays theirs until the queue has taken it back. A hold that ran out is over: somebody else
    may be about to get what nobody has seen yet.
    """
    now = timezone.now()
    theirs = Assignment.objects.filter(
        Q(pk__in=shown) | Q(pk__in=held, leased_until__gt=now),
        annotator=annotator,
        state=Assignment.State.LIVE,
    )
    until = Case(
        When(pk__in=list(shown), then=Value(now + timedelta(seconds=project.lease_seconds))),
        default=Value(now + timedelta(seconds=min(project.lease_seconds, HOLD_SECONDS))),
    )
    theirs.update(leased_until=Greatest(F("leased_until"), until))
    return set(theirs.values_list("pk", flat=True))


def expire(project: Project | None = None, at: datetime | None = None, limit: int = 1000) -> int:
    """Returns the slots of leases that ran out before `at` (now). Gives the number of leases expired."""
    with transaction.atomic():
        lapsed = Assignment.objects.filter(
            state=Assignment.State.LIVE, leased_until__lt=at or timezone.now()
        ).select_for_update(skip_locked=True, of=("self",))
        if project is not None:
            lapsed = lapsed.filter(comparison__project=project)
        return _release(list(lapsed.order_by("leased_until")[:limit]), Assignment.State.EXPIRED)


def give_back(
    annotator: Annotator, assignment_ids: Sequence[int], again: bool = False, reason: str = ""
) -> int:
    """Ends leases without an answer. Gives the number of assignments given back.

    The same annotator is not lent these comparisons any more, whether or not the lease had run out meanwhile;
    with `again` (it never looked at them) it is. `reason` is one of Assignment.SkipReason: why a person
    skipped.
    """
    states = Assignment.State
    given_up, state = (
        ([states.LIVE], states.EXPIRED) if again else ([states.LIVE, states.EXPIRED], states.RETURNED)
    )
    with transaction.atomic():
        theirs = Assignment.objects.filter(
            pk__in=assignment_ids, annotator=annotator, state__in=given_up
        ).select_for_update(of=("self",))
        return _release(list(theirs.order_by("pk")), state, reason)


def lend_again(annotator: Annotator, assignment_ids: Sequence[int] | None = None) -> int:
    """Lets an annotator be asked again about what they gave back (a judge's failed comparisons, a person's
    skipped ones): about all of it, or about these assignments. Gives their number."""
    returned = Assignment.objects.filter(annotator=annotator, state=Assignment.State.RETURNED)
    if assignment_ids is not None:
        returned = returned.filter(pk__in=assignment_ids)
    return returned.update(state=Assignment.State.EXPIRED, skip_reason="")


def _release(assignments: list[Assignment], state: str, reason: str = "") -> int:
    """Ends leases (already locked) and gives the slots back that they still have."""
    if assignments:
        Assignment.objects.filter(pk__in=[a.pk for a in assignments]).update(
            state=state, demand=None, skip_reason=reason
        )
        slots = Counter(a.demand_id for a in assignments if a.demand_id is not None)
        lock_demand(Demand.objects.filter(pk__in=list(slots)))
        for number in set(slots.values()):
            same = [demand for demand, count in slots.items() if count == number]
            Demand.objects.filter(pk__in=same).update(live=F("live") - number)
        if slots:
            keep_gold_closed(Demand.objects.filter(pk__in=list(slots)))
    return len(assignments)
