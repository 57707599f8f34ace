"""Where the marks of a chart stand, in per cent of its box: a picture stretches and its text does not.

Everything here is arithmetic; the templates beside draw it as SVG. A mark is people's (a dot), a judge's (a
diamond) or between both (a square).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from ...templatetags.humanise import fixed

MOST_STEPS = 8
HAIR = 1e-9


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values along one side of a box."""

    low: float
    high: float
    step: float
    decimals: int = 1
    suffix: str = ""
    factor: float = 1

    @classmethod
    def over(
        cls, values: Iterable[float | None], low: float, high: float, steps: int = 4, **more: Any
    ) -> "Axis":
        """From `low` or lower to `high` or higher, so that all values lie inside, in at most MOST_STEPS."""
        known = [value for value in values if value is not None]
        step, lowest, highest = (high - low) / steps, min([low, *known]), max([high, *known])
        while True:
            # A share of 1 may be a hair above it, which is no reason for an axis up to 110 %.
            bottom = low + step * floor((lowest - low) / step + HAIR)
            top = high + step * ceil((highest - high) / step - HAIR)
            if (top - bottom) / step <= MOST_STEPS:
                return cls(bottom, top, step, **more)
            step *= 2

    def at(self, value: float) -> str:
        """Per cent of the way from low to high, with a point in every language."""
        share = (value - self.low) / (self.high - self.low)
        return f"{100 * min(max(share, 0.0), 1.0):.2f}"

    def down(self, value: float) -> str:
        """Per cent from the top, for an axis that rises."""
        return f"{100 - float(self.at(value)):.2f}"

    @property
    def ticks(self) -> list[tuple[str, str, str]]:
        """(per cent along, per cent down, words) for every step."""
        number = round((self.high - self.low) / self.step)
        values = [self.low + self.step * index for index in range(number + 1)]
        return [
            (
                self.at(value),
                self.down(value),
                fixed(value * self.factor, self.decimals) + self.suffix,
            )
            for value in values
        ]


@dataclass(frozen=True, slots=True)
class Mark:
    """A figure with its interval, placed along an axis (`at`) and down from its top (`down`)."""

    kind: str
    at: str
    down: str
    low: str | None
    high: str | None
    low_down: str | None
    high_down: str | None
    across: str = "0"
    words: str = ""
    label: str = ""

    @property
    def width(self) -> str | None:
        """Of the interval, along the axis."""
        if self.low is None or self.high is None:
            return None
        return f"{float(self.high) - float(self.low):.2f}"


def mark(
    axis: Axis,
    kind: str,
    value: float | None,
    ends: Sequence[float] | None,
    across: str = "0",
    words: str = "",
    label: str = "",
) -> Mark | None:
    """A mark, or None where there is no figure."""
    if value is None:
        return None
    low, high = ends if ends else (None, None)
    return Mark(
        kind,
        axis.at(value),
        axis.down(value),
        None if low is None else axis.at(low),
        None if high is None else axis.at(high),
        None if low is None else axis.down(low),
        None if high is None else axis.down(high),
        across,
        words,
        label,
    )


def tint(kappa: float | None) -> int | None:
    """The strength of a cell's colour, 0 to 9; None without a figure."""
    return None if kappa is None else min(max(int(kappa * 10), 0), 9)
