"""How many calls a worker keeps in flight: as many as the endpoint bears, up to the declared number. Pure.

A start with half of that, or with as many as any endpoint takes, doubled with every round; then additive
increase and multiplicative decrease, as TCP does it.
"""

from dataclasses import dataclass

START = 50  # or half of the declared number, where that is more
CUT = 0.7
# One overload makes many calls fail; they count as one within these seconds.
EPISODE = 5.0


@dataclass(slots=True)
class Width:
    """`now`: calls in flight at present; `most`: this worker's share of what the endpoint may be given."""

    most: int
    now: float = 0.0
    rising: bool = True  # slow start: doubles with every round of successes
    quiet_until: float = 0.0

    def __post_init__(self) -> None:
        self.now = min(max(START, self.most / 2), self.most)

    @property
    def calls(self) -> int:
        return max(1, min(int(self.now), self.most))

    def limit_to(self, most: int) -> None:
        """The worker's share has changed."""
        self.most = max(1, most)

    def succeeded(self, number: int, busy: int) -> None:
        """`number` calls were answered while `busy` were in flight. An unused width does not grow."""
        if busy < 0.8 * self.calls:
            return
        step = float(number) if self.rising else number / max(1.0, self.now)
        self.now = min(float(self.most), self.now + step)

    def overloaded(self, clock: float, retry_after: float | None = None) -> None:
        """The endpoint asked for less (429), or could not (5xx, no answer in time) at `clock` seconds."""
        if clock < self.quiet_until:
            return
        self.quiet_until = clock + max(EPISODE, retry_after or 0.0)
        self.rising = False
        self.now = max(1.0, CUT * min(self.now, self.most))
