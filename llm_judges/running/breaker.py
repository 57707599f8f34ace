"""Stops a run whose replies are of no use, and says what most of them have in common. Pure."""

from collections import Counter, deque
from dataclasses import dataclass, field

# Outcomes looked back upon, and how many of them there must be before a verdict.
WINDOW = 50
FEWEST = 10


@dataclass(slots=True)
class Breaker:
    """Opens when more than `share` of the last WINDOW replies were unreadable."""

    share: float
    last: deque[str] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def replied(self, reason: str) -> None:
        """A reply came: of use (no reason), or not and why."""
        self.last.append(reason)

    @property
    def open(self) -> str:
        """Empty while all is well; else one line for the owner."""
        faults = Counter(reason for reason in self.last if reason)
        bad = sum(faults.values())
        if len(self.last) >= FEWEST and bad > self.share * len(self.last):
            (commonest, _), *_ = faults.most_common(1)
            return f"{bad} of the last {len(self.last)} replies were of no use, most often: {commonest}"
        return ""
