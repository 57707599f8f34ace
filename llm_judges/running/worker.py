"""One worker on one run: lends comparisons, has their calls sent, and makes labels of what comes back.

The thread that calls `work` does everything with the database (see `desk`); only HTTP happens in the event
loop (see `line`).
"""

import math
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.utils import timezone

from annotation.models import Assignment, JudgeCall, JudgeRun

from ..asking import Answer, Prepared
from ..models import Judge
from ..outcome import Outcome
from ..prices import cost_of
from .breaker import Breaker
from .desk import LEASE_SECONDS, Desk, Taken
from .endpoint import Endpoint
from .hand import Hand, Held
from .watch import Ending, Watch

BEAT_SECONDS = 10.0
# A pause takes hold within this time, and an empty queue is looked at again after it.
LOOK_SECONDS = 1.0
TICK_SECONDS = 0.05
# Many answers are booked together, no more often than this; few are booked as they come.
GATHER_SECONDS = 0.2
MANY = 20.0  # a second
# Comparisons are lent so long ahead.
AHEAD_SECONDS = 1.0
# A worker that others can follow does not wait longer for calls that are to be tried again.
IMPATIENT_SECONDS = 20.0
# What becomes of calls that were planned but not asked when a run ends.
_UNASKED = {"budget_stopped": JudgeCall.State.BUDGET_STOPPED, "cancelled": JudgeCall.State.CANCELLED}
INTERRUPTED = Ending("", "interrupted", "stopped; what was not asked about is back in the queue")


class Worker:
    """`stop()`: whether to leave off; the run goes on with whoever takes it up. `patient`: waits for calls
    that are to be tried again, however long that takes. Raises KeyMissing when the judge has no key.
    """

    def __init__(
        self,
        run: JudgeRun,
        judge: Judge,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[Outcome], None] = lambda outcome: None,
        patient: bool = True,
    ) -> None:
        self._run = run
        self._judge = judge
        self._stop = stop
        self._progress = progress
        self._patient = patient
        self._endpoint = Endpoint(judge)
        self._desk = Desk(run, judge)
        self._hand = Hand()
        self._parked: dict[int, Assignment] = {}
        self._rejected: list[Held] = []
        self._watch = Watch(Breaker(run.breaker_share), answered=run.answered > 0)
        self._outcome = Outcome()
        self._ending: Ending | None = None
        self._empty_until = 0.0
        self._next_look = self._next_beat = 0.0

    def work(self) -> Outcome:
        """Works until nothing is left or the run ends, and says what this worker did."""
        try:
            while self._go_on():
                pass
        except BaseException:
            self._endpoint.leave(in_flight=True)
            raise
        self._endpoint.leave()
        self._close()
        self._progress(self._outcome)
        return self._outcome

    def _go_on(self) -> bool:
        """One round; False when there is nothing more to do here."""
        idle = not self._endpoint.out and not self._hand.ready
        gather = GATHER_SECONDS if self._endpoint.pace.rate > MANY else 0.0
        replies = self._endpoint.collect(0.0 if idle else TICK_SECONDS, gather)
        if replies:
            self._hear(replies)
        self._look()
        if self._ending:
            self._endpoint.halt()
            return self._endpoint.out > 0
        self._send()
        return self._endpoint.out > 0 or bool(self._hand.ready) or bool(self._ending) or self._wait()

    def _look(self) -> None:
        """What others have decided, and a sign of life for them."""
        now = time.monotonic()
        if now >= self._next_beat:
            self._next_beat = now + BEAT_SECONDS
            self._desk.renew(self._hand.assignments(), self._hand.calls())
        if now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            self._ending = self._ending or self._desk.look()
            self._progress(self._outcome)
        self._ending = self._ending or self._watch.ending or (INTERRUPTED if self._stop() else None)

    # --- what comes back ---

    def _hear(self, replies: Sequence[tuple[Prepared, Answer | None]]) -> None:
        now, clock = timezone.now(), time.monotonic()
        unsent = [prepared for prepared, answer in replies if answer is None]
        self._hand.ready.extend(unsent)
        heard = [
            (prepared, answer, self._watch.see(prepared.call.pk, answer, now, clock))
            for prepared, answer in replies
            if answer is not None
        ]
        if pause := self._watch.pause():
            self._endpoint.pace.block(pause)
        if not (unsent or self._watch.ending):
            self._top_up()
        complete = [
            held
            for prepared, answer, due in heard
            if (held := self._hand.answered(prepared.call, due, answer.rejected, answer.fatal))
        ]
        parked = [held for held in complete if held.due and not held.fatal]
        # What ended with a fault that every call would meet goes back to the queue when the run ends.
        done = self._blameless([held for held in complete if not (held.due or held.fatal)])
        finished = self._desk.record(heard, [prepared.call for prepared in unsent], done, parked)
        for _, answer, _ in heard:
            cost = cost_of(self._judge, answer.usage)
            self._outcome.count_call(answer.state, answer.reason, cost)
        self._outcome.count_finished(finished)
        self._park(parked)
        self._hand.drop(done)

    def _blameless(self, done: list[Held]) -> list[Held]:
        """Without those that the endpoint rejects, as long as it has not answered anything else: perhaps it
        likes no request at all, and then it is not these comparisons that are at fault."""
        if self._watch.answered:
            done, self._rejected = done + self._rejected, []
            return done
        self._rejected += [held for held in done if held.rejected]
        return [held for held in done if not held.rejected]

    def _park(self, parked: Sequence[Held]) -> None:
        self._parked |= {held.assignment.pk: held.assignment for held in parked}
        self._hand.drop(parked)

    # --- what goes out ---

    def _top_up(self) -> None:
        """Hands in what is ready before many answers are booked and more is lent: until both are done, a fast
        endpoint would have answered all that it was asked."""
        room = self._endpoint.room()
        if self._endpoint.pace.rate > MANY and room > 0 and self._hand.ready:
            self._conclude([], self._hand_in(self._desk.take(0, self._hand.ready, room)))

    def _send(self) -> None:
        room = self._endpoint.room()
        wanted = self._wanted(room)
        if wanted <= 0 and not (room > 0 and self._hand.ready):
            return
        taken = self._desk.take(wanted, self._hand.ready, room)
        if wanted > 0 and not taken.lent:
            self._empty_until = time.monotonic() + LOOK_SECONDS
        for assignment in taken.lent:
            self._parked.pop(assignment.pk, None)
        known = self._hand.take(taken.lent, taken.works)
        self._count_known(taken)
        self._conclude(known, self._hand_in(taken))
        if taken.allowance.refused and not self._endpoint.out:
            self._ending = Ending("stopped", "budget_stopped", taken.allowance.refused)

    def _hand_in(self, taken: Taken) -> list[Prepared]:
        """Has those that this worker started sent, and gives those that another one asks about."""
        considered = [self._hand.ready.popleft() for _ in range(taken.allowance.number)]
        self._endpoint.put([prepared for prepared in considered if prepared.call.pk in taken.started])
        return [prepared for prepared in considered if prepared.call.pk not in taken.started]

    def _wanted(self, room: int) -> int:
        """Comparisons to be lent now."""
        ahead = math.ceil(AHEAD_SECONDS * self._endpoint.pace.rate)
        if len(self._hand.ready) >= room + ahead / 2 or time.monotonic() < self._empty_until:
            return 0
        wanted = math.ceil((room + ahead - len(self._hand.ready)) / self._hand.calls_each())
        if self._run.limit is None:
            return wanted
        left = self._run.limit - self._run.taken - self._outcome.taken - len(self._hand.held)
        return min(wanted, left - len(self._parked))

    def _conclude(self, known: Sequence[Held], elsewhere: Sequence[Prepared]) -> None:
        """Ends comparisons of which every answer is known; leaves those that another worker asks about."""
        later = timezone.now() + timedelta(seconds=LEASE_SECONDS)
        parked = [held for one in elsewhere if (held := self._hand.answered(one.call, later))]
        if known or parked:
            self._outcome.count_finished(self._desk.record([], [], known, parked))
            self._hand.drop(known)
            self._park(parked)

    def _count_known(self, taken: Taken) -> None:
        for work in taken.works:
            asked = {prepared.call.pk for prepared in work.prepared}
            for call in work.calls:
                if call.pk not in asked:
                    self._outcome.count_known(call.state, call.reason)

    def _wait(self) -> bool:
        """Nothing is in hand and the queue is empty: waits for calls to be tried again, if there are any."""
        if (due := self._desk.next_due()) is None:
            return False
        seconds = (due - timezone.now()).total_seconds()
        if seconds > IMPATIENT_SECONDS and not self._patient:
            return False
        time.sleep(min(max(seconds, TICK_SECONDS / 5), LOOK_SECONDS / 4))
        if seconds <= LOOK_SECONDS / 4:
            self._empty_until = 0.0
        return True

    # --- the end ---

    def _close(self) -> None:
        limit = self._run.limit
        if self._ending is None and self._rejected:
            self._watch.give_up()
            self._ending = self._watch.ending
        if self._ending is None and limit is not None and self._run.taken + self._outcome.taken >= limit:
            words = f"stopped after {limit} comparisons, as asked"
            self._ending = Ending("finished", "limit", words)
        ending = self._ending
        unasked = [prepared.call.pk for prepared in self._hand.ready]
        kind = ending.state if ending and ending.state == "cancelled" else ending.reason if ending else ""
        lent = self._hand.assignments() + (list(self._parked.values()) if ending else [])
        self._desk.put_down(lent, unasked, _UNASKED.get(kind, ""), ending.message if ending else "")
        if ending:
            self._outcome.stop(ending.reason or ending.state, ending.message)
            if ending.state:
                self._desk.end(ending)
        else:
            self._desk.finish()
