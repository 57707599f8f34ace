"""What a worker has in hand: comparisons it was lent, and which of their calls are still to be asked."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from annotation.models import Assignment, JudgeCall

from ..asking import Prepared
from ..calls import Work


@dataclass(slots=True)
class Held:
    """A comparison in hand. `open`: calls that have no answer yet; `due`: when the last of those that did not
    get through is tried again; `rejected`: the endpoint did not like one of them; `fatal`: nor any other."""

    assignment: Assignment
    calls: list[JudgeCall]
    open: int
    due: datetime | None = None
    rejected: bool = False
    fatal: bool = False


@dataclass(slots=True)
class Hand:
    """By comparison. `ready`: calls nobody has handed in yet, in their order."""

    held: dict[int, Held] = field(default_factory=dict)
    ready: deque[Prepared] = field(default_factory=deque)

    def take(self, lent: Iterable[Assignment], works: Iterable[Work]) -> list[Held]:
        """Takes up what was lent; gives those about which nothing has to be asked."""
        assignments = {assignment.comparison_id: assignment for assignment in lent}
        nothing = []
        for work in works:
            held = Held(assignments[work.comparison_id], work.calls, len(work.prepared))
            self.held[work.comparison_id] = held
            self.ready.extend(work.prepared)
            if not held.open:
                nothing.append(held)
        return nothing

    def answered(
        self, call: JudgeCall, due: datetime | None, rejected: bool = False, fatal: bool = False
    ) -> Held | None:
        """A call has ended or waits for its next try; gives its comparison when no other call is open."""
        held = self.held[call.comparison_id]
        held.open -= 1
        held.rejected |= rejected
        held.fatal |= fatal
        if due is not None:
            held.due = max(held.due or due, due)
        return None if held.open else held

    def calls_each(self) -> float:
        """Calls on one comparison, about."""
        return len(self.calls()) / len(self.held) if self.held else 2.0

    def drop(self, held: Iterable[Held]) -> None:
        for one in held:
            self.held.pop(one.assignment.comparison_id, None)

    def assignments(self) -> list[Assignment]:
        return [held.assignment for held in self.held.values()]

    def calls(self) -> list[int]:
        """Primary keys of all calls in hand."""
        return [call.pk for held in self.held.values() for call in held.calls]
