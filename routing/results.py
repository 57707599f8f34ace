"""What a plan decided: its counts, costs and rows, whether or not it is stored."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.models import Decision

from .decisions import Row
from .frozen import Frozen
from .selection import Selection


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a plan decided. Costs are in the project's currency; `id` is None for a dry run.

    `human` + `ai` = `open`; the `audit` comparisons are among `ai` and get a person too. `human_price` is
    what people's labels of one comparison cost, `judge_price` the mean booked cost of one labelled
    comparison, None where nothing was booked yet (then counted as 0). `each` is how many labels of people
    that price is for, `beside` how many of them are of pools whose number never varies.
    """

    id: uuid.UUID | None
    policy: str
    version: str
    seed: int
    judge: str | None
    judge_is_asked: bool
    human_price: Decimal
    judge_price: Decimal | None
    each: int
    beside: int
    warnings: list[str]
    _keys: Sequence[str] = field(repr=False)
    _frozen: Frozen = field(repr=False)
    _selection: Selection = field(repr=False)
    _kept: NDArray[np.bool_] = field(repr=False)
    _new: NDArray[np.bool_] | None = field(repr=False, default=None)  # what is to be stored, if not all

    @property
    def open(self) -> int:
        return int(np.count_nonzero(self._kept))

    @property
    def human(self) -> int:
        return int(np.count_nonzero(self._kept & self._selection.human))

    @property
    def ai(self) -> int:
        return self.open - self.human

    @property
    def audit(self) -> int:
        return int(np.count_nonzero(self._kept & self._selection.audit))

    @property
    def lacking(self) -> int:
        """Comparisons left to the judge that it has not answered yet."""
        return int(np.count_nonzero(self._kept & ~self._selection.human & ~self._frozen.judged))

    @property
    def labels(self) -> int:
        """What people are asked for, the audit included."""
        return int(self._labels[self._kept].sum())

    @property
    def _labels(self) -> NDArray[np.int64]:
        chosen = self._selection
        if chosen.labels is not None:
            return chosen.labels
        return self.each * (chosen.human | chosen.audit).astype(np.int64)

    @property
    def overlap(self) -> dict[int, int] | None:
        """How many of people's comparisons get 1, 2, … labels, the audit apart; None where all get alike."""
        if self._selection.labels is None:
            return None
        given = self._selection.labels[self._kept & self._selection.human]
        return dict(sorted(Counter(given.tolist()).items()))

    @property
    def human_cost(self) -> Decimal:
        return self.human_price * self.labels / self.each

    @property
    def judge_cost(self) -> Decimal:
        return (self.judge_price or Decimal(0)) * (self.lacking if self.judge_is_asked else 0)

    def without(self, started: Collection[int]) -> "PlanResult":
        """The plan without these comparisons (ids), which somebody else has begun to decide."""
        if not started:
            return self
        told = f"left alone because they were started while the plan was made: {len(started)}"
        kept = self._kept & ~np.isin(self._frozen.ids, list(started))
        return replace(self, warnings=[*self.warnings, told], _kept=kept)

    def as_dict(self) -> dict[str, Any]:
        """The `--json` object of the `route` command."""
        return {
            "policy": self.policy,
            "version": self.version,
            "seed": self.seed,
            "plan": self.id,
            "open": self.open,
            "human": self.human,
            "ai": self.ai,
            "audit": self.audit,
            "labels": self.labels,
            "overlap": self.overlap,
            "cost": {"human": float(self.human_cost), "judge": float(self.judge_cost)},
            "judge": self.judge,
            "judge_price": None if self.judge_price is None else float(self.judge_price),
            "warnings": self.warnings,
        }

    def lines(self) -> Iterator[dict[str, Any]]:
        """One object for every open comparison, as `route --out` writes them."""
        keys = compress(self._keys, self._kept.tolist())
        labels = compress(self._labels.tolist(), self._kept.tolist())
        for key, row, number in zip(keys, self._rows(self._kept), labels, strict=True):
            yield {
                "comparison": key,
                "destination": row.destination,
                "audit": row.audit,
                "labels": number,
                "probability": row.probability,
                "score": row.score,
                "reason": row.reason,
            }

    def only(self, part: NDArray[np.bool_]) -> "PlanResult":
        """The plan with nothing to be stored but what of it is in `part` (n,)."""
        return replace(self, _new=part if self._new is None else self._new & part)

    @property
    def new(self) -> int:
        """How many comparisons are to be stored."""
        return int(np.count_nonzero(self._stored))

    def rows(self) -> Iterator[Row]:
        """What is to be stored, as `decisions` takes it: every open comparison, or those that may move."""
        return self._rows(self._stored)

    @property
    def _stored(self) -> NDArray[np.bool_]:
        return self._kept if self._new is None else self._kept & self._new

    def _rows(self, mask: NDArray[np.bool_]) -> Iterator[Row]:
        human, ai = Decision.Destination.HUMAN.value, Decision.Destination.AI.value
        columns = (
            self._frozen.ids.tolist(),
            [human if chosen else ai for chosen in self._selection.human.tolist()],
            self._selection.audit.tolist(),
            self._selection.probability.tolist(),
            self._frozen.scores.tolist(),
            self._reasons(),
            self._frozen.judged.tolist(),
            self._varied(),
        )
        return compress(map(Row._make, zip(*columns, strict=True)), mask.tolist())

    def _reasons(self) -> Sequence[str]:
        """What speaks for a person, and why as many as are asked."""
        chosen = self._selection
        if chosen.labels is None:
            return self._frozen.reasons
        why = {number: f"; {words}" for number, words in chosen.why.items()}
        counts = np.where(chosen.human, chosen.labels, 0).tolist()
        return [
            reason[: 300 - len(more)] + more
            for reason, more in zip(self._frozen.reasons, (why.get(one, "") for one in counts), strict=True)
        ]

    def _varied(self) -> Sequence[int | None]:
        """Labels of the default pool on each comparison that people are asked about for its score."""
        chosen = self._selection
        if chosen.labels is None:
            return [None] * len(self._kept)
        asked = zip(chosen.human.tolist(), (chosen.labels - self.beside).tolist(), strict=True)
        return [number if human else None for human, number in asked]
