"""Labels the comparisons whose calls have ended, and says when the others are asked again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from annotation import leases
from annotation.models import Assignment, JudgeCall, JudgeRun

from .. import submitting
from ..outcome import Outcome
from ..preparing import Brief
from ..running.desk import count_finished
from .rows import LEASE

State = JudgeCall.State


def finish_all(run: JudgeRun, brief: Brief, comparisons: set[int], outcome: Outcome) -> None:
    """Labels the comparisons whose calls have all ended. The lease of one with a call that is asked again
    ends when that is due, so the queue lends it by itself."""
    every: dict[int, list[JudgeCall]] = {pk: [] for pk in comparisons}
    mine = JudgeCall.objects.filter(
        annotator=brief.annotator, comparison__in=comparisons, purpose=JudgeCall.Purpose.WORK
    )
    for call in mine.order_by("pk"):
        every[call.comparison_id].append(call)
    live = Assignment.objects.filter(
        annotator=brief.annotator, comparison__in=comparisons, state=Assignment.State.LIVE
    ).select_related("comparison")
    lent = [(one, every[one.comparison_id]) for one in live]
    unasked = [pair for pair in lent if any(call.state == State.CANCELLED for call in pair[1])]
    leases.give_back(brief.annotator, [one.pk for one, _ in unasked], again=True)
    finish(run, brief, [pair for pair in lent if pair not in unasked], outcome)


def finish(run: JudgeRun, brief: Brief, lent: Sequence[submitting.Lent], outcome: Outcome) -> None:
    """Labels the lent comparisons that have all they need; the others are lent again when a call is due."""
    done = submitting.finish(brief, lent)
    finished = [one for one in done if one.outcome != submitting.OPEN]
    still = {one.assignment.pk for one in done if one.outcome == submitting.OPEN}
    waiting = {one.pk: _when(some) for one, some in lent if one.pk in still}
    for due in set(waiting.values()):
        ids = [pk for pk, when in waiting.items() if when == due]
        Assignment.objects.filter(pk__in=ids, state=Assignment.State.LIVE).update(leased_until=due)
    if finished:
        count_finished(run, finished)
        outcome.count_finished(finished)


def _when(some: Sequence[JudgeCall]) -> datetime:
    """When a comparison of which a call is open may be lent again; to the second, so that there are few."""
    later = [call.next_attempt_at for call in some if call.next_attempt_at is not None]
    held = [call.leased_until for call in some if call.state == State.IN_FLIGHT and call.leased_until]
    due = max([*later, *held], default=timezone.now() + LEASE)
    return due.replace(microsecond=0) + timedelta(seconds=1)
