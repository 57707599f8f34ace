"""Stored replies read again, by today's reader and today's policy: offline, and nothing is asked or paid.

What was said before stays as an earlier revision. Where a reply that could not be read now can, its
comparison is lent again: the next run labels it without asking.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from django.db import transaction

from annotation import leases
from annotation.models import Annotation, Assignment, JudgeCall

from . import rows
from .calls import brief
from .models import Judge
from .preparing import Brief
from .reconcile import Settled
from .registry import annotator_of
from .submitting import enough, readings_of, revise, settle_all
from .verdicts import PARSER, Unreadable

State = JudgeCall.State
BATCH = 500  # comparisons


@dataclass(slots=True)
class Reparsed:
    """What came of it.

    `read`: replies looked at; `changed`: calls whose verdict is another now; `readable`, `unreadable`: calls
    that have become so; `revised`: annotations that say something else now; `withdrawn`: those that the
    orders leave none of any more; `lent_again`: comparisons that the next run labels without asking.
    """

    read: int = 0
    changed: int = 0
    readable: int = 0
    unreadable: int = 0
    revised: int = 0
    withdrawn: int = 0
    lent_again: int = 0

    def as_dict(self) -> dict[str, int]:
        """For `--json`."""
        return asdict(self)


def reparse(judge: Judge) -> Reparsed:
    """Reads all stored replies of this version of the judge again and settles what they say. Memory does not
    grow with their number."""
    asked = brief(judge, annotator_of(judge), judge.version.project)
    total = Reparsed()
    for calls in _batches(asked):
        with transaction.atomic():
            _read_again(asked, calls, total)
            _settle_again(asked, calls, total)
    return total


def _batches(asked: Brief) -> Iterator[list[JudgeCall]]:
    """Whole comparisons, some at a time."""
    mine = JudgeCall.objects.filter(annotator=asked.annotator, purpose=JudgeCall.Purpose.WORK)
    last = 0
    while True:
        later = mine.filter(comparison__gt=last).order_by("comparison").values_list("comparison", flat=True)
        ids = list(later.distinct()[:BATCH])
        if not ids:
            return
        yield list(mine.filter(comparison__in=ids).order_by("comparison", "pk"))
        last = ids[-1]


def _read_again(asked: Brief, calls: Sequence[JudgeCall], total: Reparsed) -> None:
    changed = []
    for call in calls:
        # A row made before it was kept how to read its reply stays as it was read then.
        if call.state not in (State.OK, State.UNPARSABLE) or not call.reply or "letters" not in call.request:
            continue
        total.read += 1
        before = (call.state, call.verdict)
        try:
            readings = readings_of(asked, call)
            call.state, call.reason = State.OK, ""
            call.verdict = {name: reading.as_json() for name, reading in readings.items()}
        except Unreadable as error:
            call.state, call.reason, call.verdict = State.UNPARSABLE, str(error)[:500], {}
        if (call.state, call.verdict) == before and call.parser == PARSER:
            continue
        call.parser = PARSER
        changed.append(call)
        total.changed += (call.state, call.verdict) != before
        total.readable += call.state == State.OK != before[0]
        total.unreadable += before[0] == State.OK != call.state
    rows.write(changed)


def _settle_again(asked: Brief, calls: Sequence[JudgeCall], total: Reparsed) -> None:
    assignments = {
        assignment.comparison_id: assignment
        for assignment in Assignment.objects.filter(
            annotator=asked.annotator, comparison__in={call.comparison_id for call in calls}, round=0
        )
    }
    current = {
        annotation.assignment_id: annotation
        for annotation in Annotation.objects.filter(
            assignment__in=list(assignments.values()), superseded_at=None
        ).prefetch_related("labels__criterion")
    }
    again: list[int] = []
    for comparison, some in groupby(calls, key=lambda call: call.comparison_id):
        assignment, mine = assignments.get(comparison), list(some)
        if assignment is None:
            continue
        annotation = current.get(assignment.pk)
        settled = _settled(asked, mine)
        if annotation is not None:
            done = revise(asked.annotator, asked.project, assignment, annotation, settled)
            total.revised += done == "revised"
            total.withdrawn += done == "withdrawn"
        elif settled and assignment.state == Assignment.State.RETURNED:
            again.append(assignment.pk)
    total.lent_again += leases.lend_again(asked.annotator, again) if again else 0


def _settled(asked: Brief, calls: Sequence[JudgeCall]) -> Mapping[str, Settled]:
    """What the calls say together by criterion; empty where there is no label in it."""
    if not enough(calls):
        return {}
    try:
        settled = settle_all(asked, calls)
    except Unreadable:
        return {}
    return {} if any(one.ranking is None for one in settled.values()) else settled
