"""How fast an endpoint may be asked: requests and tokens a minute, shared by all workers. Pure.

A generic cell rate algorithm: of each limit only the moment is kept at which it would be free again, by the
clock of the store that keeps it, so the clocks of the workers do not matter. See Turner, "New directions in
communications", 1986, and ITU-T I.371.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

# Seconds of a limit that may be used at once after a rest. Providers enforce a limit a minute by the second;
# the other half of that second is for requests that are late and meet those behind them.
BURST = 0.5
# Of the declared limit; the rest is for requests that bunch up on the way.
SHARE = 0.98
# Permits are given out so many seconds ahead, each with its time: so a worker that is busy for a moment still
# sends evenly, and asks seldom. An endpoint that wants to be left alone waits that long at most.
HORIZON = 0.5
# Seconds between two questions of a worker that has to wait, at least.
STEP = 0.05
# A worker that has not been seen for so long counts as gone.
SEEN_SECONDS = 15.0
# An endpoint that says "come back next month" is asked again tomorrow all the same.
LONGEST_BLOCK = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the owner declared of an endpoint; None: no limit known."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(slots=True)
class State:
    """What is known of an endpoint: moments (seconds, the store's clock) at which its limits are free again,
    until when it wants to be left alone, and until when each worker counts as being there."""

    requests: float = 0.0
    tokens: float = 0.0
    blocked: float = 0.0
    workers: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, stored: dict[str, Any] | None) -> "State":
        """From what `stored` made; anything else gives a fresh state."""
        try:
            return cls(**stored) if stored else cls()
        except TypeError:
            return cls()

    def stored(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker wants and reports.

    `permits`: requests that it could send now, each of about `tokens`. `correction`: tokens used beyond those
    that its permits counted, since it last asked (negative: fewer). `block`: seconds for which the endpoint
    wants to be left alone by all. `leaving`: it does not count as a worker any more.
    """

    worker: str
    permits: int = 0
    tokens: int = 0
    correction: int = 0
    block: float = 0.0
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """`permits`: a request each may be sent after so many seconds, in rising order. `wait`: where that are
    fewer than were asked for, it is worth asking again after so many. `workers`: how many share the endpoint,
    the asking one included. `blocked`: seconds in which it wants to be left alone.
    """

    permits: Sequence[float]
    wait: float
    workers: int
    blocked: float


def decide(state: State, limits: Limits, ask: Ask, now: float) -> Grant:
    """Grants what the limits leave at `now` and changes `state` accordingly."""
    state.workers = {name: until for name, until in state.workers.items() if until > now}
    state.workers.pop(ask.worker, None)
    if not ask.leaving:
        state.workers[ask.worker] = now + SEEN_SECONDS
    # A store that was restored, or a clock set back, must not keep an endpoint shut for good.
    state.blocked = min(state.blocked, now + LONGEST_BLOCK)
    if ask.block > 0:
        state.blocked = max(state.blocked, now + min(ask.block, LONGEST_BLOCK))
    request, token = _cost(limits.requests_per_minute, 1), _cost(limits.tokens_per_minute, ask.tokens)
    state.requests = max(state.requests, now)
    state.tokens = max(state.tokens, now) + _cost(limits.tokens_per_minute, ask.correction)
    workers = max(1, len(state.workers))
    if state.blocked > now:
        return Grant((), state.blocked - now, workers, state.blocked - now)
    permits: list[float] = []
    while len(permits) < ask.permits and (delay := _delay(state, request, token, now)) <= HORIZON:
        state.requests += request
        state.tokens += token
        permits.append(max(0.0, delay))
    wait = max(STEP, _delay(state, request, token, now) - HORIZON / 2) if len(permits) < ask.permits else 0.0
    return Grant(permits, wait, workers, 0.0)


def _cost(limit: int | None, number: int) -> float:
    """Seconds that `number` of something take at this limit."""
    return 60 * number / (SHARE * limit) if limit else 0.0


def _delay(state: State, request: float, token: float, now: float) -> float:
    """Seconds until one more request fits. One larger than the burst fits when the limit is quite free."""
    return max(
        state.requests + min(request, BURST) - BURST - now if request else 0.0,
        state.tokens + min(token, BURST) - BURST - now if token else 0.0,
    )
