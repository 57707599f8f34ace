"""Stops a run whose replies are of no use, and says what most of them have in common. Pure."""

from collections import Counter, deque
from dataclasses import dataclass, field

# Outcomes looked back upon, and how many of them there must be before a verdict.
WINDOW = 50
FEWEST = 10


@dataclass(slots=True)
class Breaker:
    """Opens when more than `share` of the last WINDOW replies were unreadable, or when of the first FEWEST
    none was of use. Calls that never got a reply are the endpoint's trouble: see `unanswered`."""

    share: float
    last: deque[str] = field(default_factory=lambda: deque(maxlen=WINDOW))
    silent: int = 0
    silences: Counter[str] = field(default_factory=Counter)

    def replied(self, reason: str) -> None:
        """A reply came: of use (no reason), or not and why."""
        self.last.append(reason)
        self.silent = 0
        self.silences.clear()

    def unanswered(self, reason: str) -> None:
        """A call did not get through."""
        self.silent += 1
        self.silences[reason] += 1

    @property
    def faults(self) -> Counter[str]:
        return Counter(reason for reason in self.last if reason)

    @property
    def open(self) -> str:
        """Empty while all is well; else one line for the owner."""
        faults = self.faults
        bad = sum(faults.values())
        if len(self.last) >= FEWEST and bad > self.share * len(self.last):
            return (
                f"{bad} of the last {len(self.last)} replies were of no use, most often: {_commonest(faults)}"
            )
        return ""


def _commonest(reasons: Counter[str]) -> str:
    return reasons.most_common(1)[0][0]
