"""What a worker does with the database: each method is one transaction, made again if the database was gone.

Every step leaves the rows such that another worker can go on from there. So a worker may die anywhere: what
it was lent lapses, and only the calls in flight are asked, and perhaps paid for, a second time.
"""

import itertools
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, QuerySet
from django.utils import timezone

from annotation import leases
from annotation.models import Assignment, JudgeCall, JudgeRun, Project

from .. import booking, budget, calls, submitting
from ..asking import Answer, Prepared
from ..calls import Brief
from ..demand import held_by, open_for
from ..models import Judge, in_service
from .hand import Held
from .outlast import outlast
from .watch import Ending

# A worker renews what it holds with every beat; one that died is noticed when it has missed some.
LEASE_SECONDS = 60.0
# What people have cost is added up over the whole queue, so not with every call.
PEOPLE_SECONDS = 30.0
Heard = tuple[Prepared, Answer, datetime | None]
State = JudgeRun.State
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look at the queue brought: what was lent, how many of the calls considered are paid for, and
    the keys of those that this worker started."""

    lent: Sequence[Assignment]
    works: Sequence[calls.Work]
    allowance: budget.Allowance
    started: frozenset[int]


class Desk:
    """The database's side of one worker on one run."""

    def __init__(self, run: JudgeRun, judge: Judge) -> None:
        self.run = run
        self.judge = judge
        self.worker = f"{os.uname().nodename}/{os.getpid()}/{next(_numbers)}"[-100:]
        self._brief: Brief | None = None
        self._people = Decimal(0)
        self._people_until = 0.0

    def take(self, wanted: int, ready: Iterable[Prepared], room: int) -> Taken:
        """Lends up to `wanted` comparisons, and starts up to `room` of the calls that are ready or come with
        them, as far as the money reaches."""
        return outlast(lambda: self._take(wanted, ready, room))

    def record(
        self,
        heard: Sequence[Heard],
        unsent: Sequence[JudgeCall],
        done: Sequence[Held],
        parked: Sequence[Held],
    ) -> list[submitting.Finished]:
        """Books what was heard and ends the comparisons that are `done`. A lease of one that is `parked` ends
        when its call is due again: so the queue lends it again by itself."""
        return outlast(lambda: self._record(heard, unsent, done, parked))

    def renew(self, lent: Sequence[Assignment], calls: Sequence[int]) -> None:
        """A sign of life of this worker, for all that it has in hand."""
        outlast(lambda: self._renew(lent, calls))

    def look(self) -> Ending | None:
        """Why this run ends, where somebody else has ended it."""
        return outlast(self._look)

    def next_due(self) -> datetime | None:
        """When the next of the calls that wait for another try comes back to the queue, if any does."""
        waiting = self._live().filter(
            Exists(
                JudgeCall.objects.filter(
                    annotator=self.run.annotator_id,
                    comparison=OuterRef("comparison"),
                    next_attempt_at__isnull=False,
                )
            )
        )
        return outlast(lambda: waiting.aggregate(due=Min("leased_until"))["due"])

    def put_down(self, lent: Sequence[Assignment], pending: Sequence[int], state: str, why: str) -> None:
        """Gives back what was not answered, to be lent again; `pending` calls end in `state`, if any."""
        outlast(lambda: self._put_down(lent, pending, state, why))

    def end(self, ending: Ending) -> None:
        """Ends the run, unless somebody else has."""
        outlast(lambda: self._end(ending))

    def finish(self) -> None:
        """Ends the run if there is nothing left to ask about, here or with other workers."""
        outlast(lambda: finish_if_done(self.run, self.judge))

    # --- the transactions ---

    @transaction.atomic
    def _take(self, wanted: int, ready: Iterable[Prepared], room: int) -> Taken:
        lent: list[Assignment] = []
        works: list[calls.Work] = []
        if wanted > 0:
            project = Project.objects.get(pk=self.run.project_id)
            if self._brief is None or self._brief.project.revision != project.revision:
                self._brief = calls.brief(self.judge, self.run.annotator, project)
            booking.sweep(timezone.now())
            lent = leases.claim(self.run.annotator, project, wanted)
            self._lease(lent)
            works = calls.open_calls(self._brief, self.run, [one.comparison for one in lent])
        fresh = (prepared for work in works for prepared in work.prepared)
        some = list(itertools.islice(itertools.chain(ready, fresh), room))
        if not some:
            return Taken(lent, works, budget.Allowance(0), frozenset())
        worst = {prepared.call.pk: prepared.worst_case for prepared in some}
        people = self._spent_on_people()
        allowance = budget.allow(self.run, self.judge, self.run.project, people, list(worst.values()))
        begun = [prepared.call for prepared in some[: allowance.number]]
        reserved = {call.pk: worst[call.pk] for call in begun}
        started = booking.start(begun, self.run, self.worker, _lease(), reserved) if begun else []
        return Taken(lent, works, allowance, frozenset(call.pk for call in started))

    @transaction.atomic
    def _record(
        self,
        heard: Sequence[Heard],
        unsent: Sequence[JudgeCall],
        done: Sequence[Held],
        parked: Sequence[Held],
    ) -> list[submitting.Finished]:
        for prepared, _, _ in heard:  # made anew after a lost connection, the first time has changed these
            prepared.call.claimed_by = self.worker
        booking.book(self.run, heard)
        if unsent:
            booking.put_back(unsent)
        for held in parked:
            self._live().filter(pk=held.assignment.pk).update(leased_until=held.due)
        if not done or self._brief is None:
            return []
        finished = submitting.finish(self._brief, [(held.assignment, held.calls) for held in done])
        count_finished(self.run, finished)
        return finished

    @transaction.atomic
    def _renew(self, lent: Sequence[Assignment], calls: Sequence[int]) -> None:
        self._lease(lent)
        in_flight = JudgeCall.objects.filter(pk__in=calls, state=JudgeCall.State.IN_FLIGHT)
        in_flight.filter(claimed_by=self.worker).update(leased_until=_lease())
        JudgeRun.objects.filter(pk=self.run.pk).update(seen_at=timezone.now())

    def _lease(self, lent: Sequence[Assignment]) -> None:
        self._live().filter(pk__in=[one.pk for one in lent]).update(leased_until=_lease())

    def _look(self) -> Ending | None:
        run = JudgeRun.objects.only("state", "stop_reason", "message").get(pk=self.run.pk)
        if run.state != State.RUNNING:
            return Ending(run.state, run.stop_reason, run.message)
        if not in_service().filter(pk=self.judge.pk).exists():
            return Ending(State.STOPPED, "retired", f"{self.judge} is not in service any more")
        budget.refresh(self.judge, self.run.project)
        if unpriced := budget.unpriced(self.judge, self.run.project, self.run.cap):
            return Ending(State.STOPPED, "failing", unpriced)
        return None

    def _spent_on_people(self) -> Decimal:
        """As it was PEOPLE_SECONDS ago at most."""
        if self.run.project.budget is not None and time.monotonic() >= self._people_until:
            self._people = budget.spent_on_people(self.run.project)
            self._people_until = time.monotonic() + PEOPLE_SECONDS
        return self._people

    @transaction.atomic
    def _put_down(self, lent: Sequence[Assignment], pending: Sequence[int], state: str, why: str) -> None:
        claims = {assignment.pk: assignment.claimed_at for assignment in lent}
        live = self._live().filter(pk__in=list(claims)).values_list("pk", "claimed_at")
        # What lapsed and was lent anew belongs to another worker.
        untouched = [pk for pk, claimed_at in live if claims[pk] == claimed_at]
        leases.give_back(self.run.annotator, untouched, again=True)
        if state:
            JudgeCall.objects.filter(pk__in=pending, state=JudgeCall.State.PENDING).update(
                state=state, reason=why[:500], updated_at=timezone.now()
            )

    def _end(self, ending: Ending) -> None:
        JudgeRun.objects.filter(pk=self.run.pk, state=State.RUNNING).update(
            state=ending.state,
            stop_reason=ending.reason,
            message=ending.message[:500],
            finished_at=timezone.now(),
        )

    def _live(self) -> "QuerySet[Assignment]":
        return Assignment.objects.filter(annotator=self.run.annotator_id, state=Assignment.State.LIVE)


def count_finished(run: JudgeRun, finished: Sequence[submitting.Finished]) -> None:
    """Adds what became of comparisons to their run."""
    labelled = [one for one in finished if one.outcome == "labelled"]
    JudgeRun.objects.filter(pk=run.pk).update(
        taken=F("taken") + len(finished),
        labelled=F("labelled") + len(labelled),
        consistent=F("consistent") + sum(bool(one.consistent) for one in labelled),
        undecided=F("undecided") + sum(one.outcome == "undecided" for one in finished),
    )


def finish_if_done(run: JudgeRun, judge: Judge) -> bool:
    """Ends a run that has nothing left to ask about. Gives whether it has."""
    if held_by(judge).exists() or open_for(judge).exists():
        return False
    JudgeRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=State.FINISHED, finished_at=timezone.now()
    )
    return True


def _lease() -> datetime:
    return timezone.now() + timedelta(seconds=LEASE_SECONDS)
