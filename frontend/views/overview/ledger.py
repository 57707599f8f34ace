"""The ledger of people and judges, from the figures of `annotation.figures`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any

from annotation.models import Annotator, JudgeCall

_HUMAN, _JUDGE = Annotator.Kind.HUMAN, Annotator.Kind.JUDGE


@dataclass(slots=True)
class Coverage:
    """Comparisons by who has labelled them."""

    people: int = 0
    judges: int = 0
    both: int = 0
    neither: int = 0

    @property
    def total(self) -> int:
        return self.people + self.judges + self.both + self.neither

    @property
    def labelled(self) -> int:
        return self.total - self.neither

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all of them."""
        return 100 * self.labelled // self.total if self.total else 0


@dataclass(slots=True)
class Who:
    """A line of the ledger: people together, or one judge.

    `wanted`: labels still asked for. `calls` and `states` are of what a judge could be asked; `unfit`
    comparisons (empty, identical, too long) cost nothing and are no failure of it.
    """

    name: str
    kind: str
    labels: int = 0
    comparisons: int = 0
    wanted: int = 0
    spent: Decimal = Decimal(0)
    calls: int = 0
    states: dict[str, int] = field(default_factory=dict)
    unfit: int = 0
    seconds: float | None = None

    @property
    def failed(self) -> int:
        return self.calls - self.states.get(JudgeCall.State.OK, 0)


@dataclass(frozen=True, slots=True)
class Queue:
    """A pool's line of progress."""

    pool: str
    adjudicates: bool
    done: int
    wanted: int

    @property
    def asked(self) -> int:
        return self.done + self.wanted


def pools(figures: Mapping[str, Any]) -> list[Queue]:
    """What each pool of people was asked for and has done."""
    return [
        Queue(row["pool"], row["adjudicates"], row["done"], row["wanted"])
        for row in figures["queues"]
        if row["judge"] is None
    ]


def ledger(figures: Mapping[str, Any], coverage: Coverage) -> list[Who]:
    """People first, then every judge: those that fail, cost and label most come first."""
    given = figures["people"]
    people = Who(
        "",
        _HUMAN,
        labels=given["labels"],
        comparisons=coverage.people + coverage.both,
        wanted=sum(row.wanted for row in pools(figures)),
        spent=Decimal(given["spent"]),
        seconds=given["seconds"],
    )
    wanted = {row["judge"]: row["wanted"] for row in figures["queues"]}
    judges = [
        Who(
            row["name"],
            _JUDGE,
            labels=row["labels"],
            comparisons=row["comparisons"],
            wanted=wanted.get(row["pk"], 0),
            spent=Decimal(row["spent"]),
            calls=row["calls"],
            states=row["states"],
            unfit=row["unfit"],
        )
        for row in figures["judges"]
    ]
    return [people, *sorted(judges, key=attrgetter("failed", "spent", "labels"), reverse=True)]


def together(judges: Sequence[Who]) -> Who:
    """Several judges as one line."""
    return Who(
        "",
        _JUDGE,
        labels=sum(who.labels for who in judges),
        wanted=sum(who.wanted for who in judges),
        spent=sum((who.spent for who in judges), Decimal(0)),
    )
