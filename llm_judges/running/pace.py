"""How many calls a worker may have in flight now, by the endpoint's limits and by how it bears up."""

import math
import time
from collections.abc import Callable

from ..models import Judge
from .gate import Gate
from .limits import STEP
from .stores import Limiter
from .watch import Heard
from .width import Width

# Seconds between two looks at what other workers have learned, where nothing has to be asked for.
LOOK = 1.0
# Weight of the newest call in what is known of the tokens that calls really take.
NEWEST = 0.05
# Weight of the newest moment in what is known of times; how many calls more than those times ask for are
# handed in ahead; and how many at most for each that may be in flight.
LATELY = 0.25
SPARE = 1.3
MOST_AHEAD = 3


class Pace:
    """For the one thread that owns the worker. `clock`: seconds, monotonic."""

    def __init__(
        self, judge: Judge, gate: Gate, limiter: Limiter, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._judge = judge
        self._gate = gate
        self._limiter = limiter
        self._clock = clock
        self._limited = bool(judge.requests_per_minute or judge.tokens_per_minute)
        self._closed = self._limited
        self._next = 0.0  # when to ask the limiter again; until `_wait` ran out it has nothing to give
        self._wait = 0.0
        self._block = 0.0
        self._ratio = 1.0  # tokens that calls take, of what was estimated
        self._rate = 0.0  # replies a second
        self._latency: float | None = None  # seconds that a call takes, once one was answered
        self._away = 0.0  # seconds between two looks at what has come back
        self._counted_at = clock()
        self.width = Width(judge.concurrency)

    def tick(self) -> None:
        """Gets permits for the calls that wait, and learns what other workers have met with."""
        now = self._clock()
        wanting = self._gate.wanting if self._closed else 0
        if not self._block and now < (self._wait if wanting else self._next):
            return
        block, self._block = self._block, 0.0
        tokens = math.ceil(self._gate.tokens_waiting() * self._ratio)
        grant = self._limiter.ask(wanting, tokens, block)
        self.width.limit_to(math.ceil(self._judge.concurrency / grant.workers))
        self._next = now + LOOK
        self._wait = now + (max(STEP, grant.wait) if grant.wait else STEP)
        if self._limited:
            self._gate.permit(grant.permits)
        elif self._closed != (grant.blocked > 0):
            self._closed = grant.blocked > 0
            self._gate.set_open(not self._closed)
            self._next = min(self._next, self._wait)

    def room(self, out: int) -> int:
        """How many more calls to hand in while `out` are."""
        calls = self.width.calls
        # As many ahead as are answered until somebody looks again, so that no place in flight stays empty;
        # one for each as long as nothing is known, but for the first ones, with which nothing should wait.
        ahead = calls if out else 0
        if self._latency is not None:
            ahead = math.ceil(SPARE * calls * self._away / self._latency)
        room = calls + min(1 + ahead, MOST_AHEAD * calls) - out
        if self._closed:
            a_second = (self._judge.requests_per_minute or 120) / 60
            room = min(room, 2 + math.ceil(a_second) - self._gate.waiting)
        return max(0, room)

    @property
    def rate(self) -> float:
        """Replies a second, lately."""
        return self._rate

    def replied(self, number: int, busy: int) -> None:
        """`number` calls were answered since the last time, while `busy` were in flight."""
        now = self._clock()
        seconds, self._counted_at = max(now - self._counted_at, 1e-3), now
        weight = 1 - math.exp(-seconds)
        self._rate += weight * (number / seconds - self._rate)
        self.width.succeeded(number, busy)

    def looked(self, away: float) -> None:
        """The owner was busy elsewhere for `away` seconds before it looked at what has come back."""
        self._away += LATELY * (away - self._away)

    def took(self, seconds: float) -> None:
        """A call was answered after so long."""
        before = seconds if self._latency is None else self._latency
        self._latency = max(0.001, before + LATELY / 5 * (seconds - before))

    def used(self, estimated: int, tokens: int) -> None:
        """A call took `tokens` where `estimated` were counted on."""
        self._limiter.used(tokens, math.ceil(estimated * self._ratio))
        if estimated:
            self._ratio += NEWEST * (tokens / estimated - self._ratio)

    def failed(self, heard: Heard) -> None:
        """The endpoint asked for less, or could not."""
        self.width.overloaded(self._clock(), heard.retry_after)
        if heard.retry_after:
            self.block(heard.retry_after)

    def block(self, seconds: float) -> None:
        """All workers leave the endpoint alone for so long."""
        self._block = max(self._block, seconds)

    def leave(self) -> None:
        self._limiter.ask(leaving=True)
