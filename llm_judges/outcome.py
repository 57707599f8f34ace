"""What a run of a judge did, in figures."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol


class Done(Protocol):
    """What a comparison has to say of itself; see `submitting.Finished`."""

    @property
    def outcome(self) -> str: ...
    @property
    def consistent(self) -> bool | None: ...


@dataclass(slots=True)
class Outcome:
    """What a run did.

    `taken`: comparisons dealt with; `labelled`: those with a label now; `consistent`: those of them where all
    orders agreed; `undecided`: the orders disagree and the scale has
    no tie, or the project refused the answer. `calls`: requests made;
    `answered`: those with a verdict; `reused`: verdicts that were there already. `failed`: calls without one
    by state, with `reasons`. `stopped`: empty, `limit`, `budget_stopped`, `failing` or `interrupted`;
    `message` says more.
    """

    taken: int = 0
    labelled: int = 0
    consistent: int = 0
    undecided: int = 0
    calls: int = 0
    answered: int = 0
    reused: int = 0
    cost: Decimal = Decimal(0)
    failed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    stopped: str = ""
    message: str = ""

    def add(self, other: "Outcome") -> None:
        """Adds the figures of a later batch; how that one ended is how this ends."""
        for name in ("taken", "labelled", "consistent", "undecided", "calls", "answered", "reused"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.cost += other.cost
        self.failed += other.failed
        self.reasons += other.reasons
        self.stopped, self.message = other.stopped, other.message

    def count_call(self, state: str, reason: str, cost: Decimal) -> None:
        """A call that was made, paid for and read (or not)."""
        self.calls += 1
        self.cost += cost
        self.answered += state == "ok"
        self._count_failed(state, reason)

    def count_finished(self, finished: Iterable["Done"]) -> None:
        """Comparisons that were dealt with."""
        for one in finished:
            self.taken += 1
            self.labelled += one.outcome == "labelled"
            self.consistent += one.outcome == "labelled" and bool(one.consistent)
            self.undecided += one.outcome == "undecided"

    def count_known(self, state: str, reason: str) -> None:
        """A call that needed no asking: answered before, or nothing that can be asked."""
        self.reused += state == "ok"
        self._count_failed(state, reason)

    def _count_failed(self, state: str, reason: str) -> None:
        if state != "ok":
            self.failed[state] += 1
            self.reasons[reason or state] += 1

    def stop(self, why: str, message: str) -> None:
        self.stopped, self.message = why, message

    @property
    def consistent_share(self) -> float | None:
        return self.consistent / self.labelled if self.labelled else None

    @property
    def commonest_reason(self) -> str:
        return self.reasons.most_common(1)[0][0] if self.reasons else ""

    def summary(self) -> dict[str, Any]:
        """The figures for `--json`."""
        return {
            "labelled": self.labelled,
            "failed": dict(self.failed),
            "undecided": self.undecided,
            "calls": self.calls,
            "reused": self.reused,
            "cost": float(self.cost),
            "consistent_share": self.consistent_share,
            "stopped": self.stopped,
            "message": self.message,
        }
