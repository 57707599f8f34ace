"""One point of a plan's curve: what it costs, what it buys, and where it stands in the picture."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from routing.curve import next_batch
from routing.evaluation import Estimate
from routing.models import Plan

from ..agreement.charts import Axis
from .judge import Guess

TICKS = 5


@dataclass(frozen=True)
class Point:
    """The point `at` of the curve of `plan`; `guess`: what a judge that has labelled nothing yet may take."""

    plan: Plan
    at: int
    guess: Guess | None = None

    @property
    def people(self) -> int:
        return self._count("people")

    @property
    def audit(self) -> int:
        return self._count("audit")

    @property
    def ai(self) -> int:
        """Left to the judge; the audited ones are among them."""
        return self.open - self.people

    @property
    def open(self) -> int:
        return int(self.plan.table["people"][-1])

    @property
    def asked(self) -> int:
        """Comparisons that a person sees."""
        return self.people + self.audit

    @property
    def each(self) -> int:
        """Labels of people on one comparison."""
        return sum(self.plan.parameters["wanted"].values())

    @property
    def labels(self) -> int:
        return self.people * self.each

    @property
    def audit_labels(self) -> int:
        return self.audit * self.each

    @property
    def price(self) -> Decimal:
        return Decimal(self.plan.parameters["human_price"])

    @property
    def people_cost(self) -> Decimal:
        return self.price * self.people

    @property
    def audit_cost(self) -> Decimal:
        return self.price * self.audit

    @property
    def human_cost(self) -> Decimal:
        return self.price * self.asked

    @property
    def lacking(self) -> int:
        """Labels that the judge is still to give."""
        return self._count("lacking") if self.plan.report["can_be_asked"] else 0

    @property
    def judge_cost(self) -> Decimal | None:
        """None where nobody knows what a label of the judge costs."""
        price = self.plan.parameters["judge_price"]
        if not self.lacking:
            return Decimal(0)
        if price is None and self.guess:
            price = self.guess.cost
        return None if price is None else Decimal(price) * self.lacking

    @property
    def total(self) -> Decimal:
        return self.human_cost + (self.judge_cost or 0)

    @property
    def seconds(self) -> float | None:
        """What people's labels take, the audit's included."""
        each = self.plan.report["ledger"]["seconds"]
        return None if each is None else each * (self.labels + self.audit_labels)

    @property
    def calls(self) -> int | None:
        return round(self.guess.calls * self.lacking) if self.guess else self._of_judge("calls")

    @property
    def tokens(self) -> int | None:
        """What the judge reads and writes."""
        if self.guess:
            return round(self.guess.tokens * self.lacking)
        read, written = self._of_judge("input"), self._of_judge("output")
        return None if read is None or written is None else read + written

    @property
    def predicted(self) -> bool:
        return "quality" in self.plan.table

    @property
    def quality(self) -> float:
        return float(self.plan.table["quality"][self.at])

    @property
    def low(self) -> float:
        return float(self.plan.table["low"][self.at])

    @property
    def high(self) -> float:
        return float(self.plan.table["high"][self.at])

    @property
    def alone(self) -> float:
        """The quality where nobody is asked."""
        return float(self.plan.table["quality"][0])

    @property
    def over_random(self) -> Estimate:
        return Estimate(*self.plan.table["over_random"][self.at])

    @property
    def over_ai(self) -> Estimate:
        return Estimate(*self.plan.table["over_ai"][self.at])

    @property
    def spread(self) -> dict[str, Any] | None:
        """What its labels buy where they are spread: comparisons asked about, those of them with several
        labels, and the quality; None where they are not spread, or nobody knows."""
        along = self.plan.table.get("overlap")
        if not along or not self.predicted:
            return None
        found = {name: along[name][self.at] for name in ("asked", "more")}
        return found | {"quality": _spread(self.plan)[self.at]}

    @property
    def following(self) -> tuple[int, float] | None:
        """How many more the next batch asks about, and what that changes in quality."""
        return next_batch(self.plan.table, self.at)

    @cached_property
    def categories(self) -> list[dict[str, Any]]:
        """Of every category: how many go to people, of how many."""
        return [
            {"name": one["name"], "people": one["people"][self.at], "all": one["all"]}
            for one in self.plan.table["categories"]
        ]

    def _count(self, column: str) -> int:
        return int(self.plan.table[column][self.at])

    def _of_judge(self, what: str) -> int | None:
        each = self.plan.report["ledger"]["judge"]
        return None if each is None else round(each[what] * self.lacking)


def _spread(plan: Plan) -> list[float]:
    """The quality at every point where labels are spread, empty where they are not, or nobody knows."""
    along, quality = plan.table.get("overlap"), plan.table.get("quality")
    return [quality[0] + gain for gain in along["gain"]] if along and quality else []


@dataclass(frozen=True)
class Curve:
    """The picture of a plan, in per cent of its box: quality upwards, what people cost to the right."""

    plan: Plan

    @cached_property
    def points(self) -> list[Point]:
        return [Point(self.plan, at) for at in range(len(self.plan.table["people"]))]

    @cached_property
    def _up(self) -> Axis:
        table = self.plan.table
        values = [*table["low"], *table["high"], *table["random"], *_spread(self.plan)]
        low, high = min(values), max(values)
        step = next(one for one in (0.01, 0.02, 0.05, 0.1, 0.2) if (high - low) / one <= TICKS + 1)
        bottom, top = step * int(low / step), min(step * (int(high / step) + 1), 1.0)
        return Axis(bottom, max(top, bottom + step), step, decimals=0, suffix=" %", factor=100)

    def across(self, at: int) -> float:
        """Per cent of the way from asking nobody to asking everybody."""
        last = self.plan.table["people"][-1]
        return 100 * float(self.plan.table["people"][at]) / last if last else 0.0

    def _line(self, values: list[float]) -> list[str]:
        return [f"{self.across(at):.2f} {self._up.down(value)}" for at, value in enumerate(values)]

    @property
    def line(self) -> str:
        return "M" + " L".join(self._line(self.plan.table["quality"]))

    @property
    def random(self) -> str:
        return "M" + " L".join(self._line(self.plan.table["random"]))

    @property
    def spread(self) -> str:
        """What the same labels buy where they go where they pay; empty where they are not spread."""
        values = _spread(self.plan)
        return "M" + " L".join(self._line(values)) if values else ""

    @property
    def band(self) -> str:
        table = self.plan.table
        return "M" + " L".join([*self._line(table["high"]), *reversed(self._line(table["low"]))]) + " Z"

    @property
    def ticks(self) -> list[tuple[str, str, str]]:
        return self._up.ticks

    def down(self, at: int) -> str:
        return self._up.down(self.plan.table["quality"][at])

    @property
    def shown(self) -> list[Point]:
        """Every tenth of the range, as a table."""
        last = len(self.points) - 1
        return [self.points[at] for at in sorted({round(last * tenth / 10) for tenth in range(11)})]
