"""A figure with its interval and what it rests on, or why there is none. Pure.

Intervals keep the comparisons of one group (one prompt) together: they are not independent of each other.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from annotation.agreement.groups import NO_PAIR, Floats
from annotation.agreement.intervals import Sums, clustered_sums, interval, wilson
from annotation.votes import Ints

FEWEST = 20  # comparisons; fewer say more about chance than about a judge
NOTHING = "not computable: there is nothing to compare"
UNDEFINED = "not defined: all answers are the same"


class Figure(NamedTuple):
    """A number with its 95 % interval and the `n` it rests on; what is None has a reason."""

    value: float | None
    ci95: list[float] | None = None
    n: int = 0
    reason: str | None = None

    def json(self) -> dict[str, Any]:
        return self._asdict()


def missing(reason: str, n: int = 0) -> Figure:
    return Figure(None, None, n, reason)


def too_few(n: int, of: str = "comparisons", fewest: int = FEWEST) -> Figure:
    """What stands in place of a figure on fewer than `fewest`."""
    counted = of if n != 1 else of.removesuffix("s")
    return missing(NOTHING if not n else f"too few: {n} {counted}, a figure needs {fewest}", n)


def figure(
    rows: Ints | Floats,
    cluster: Ints,
    statistic: Callable[[Floats], Floats],
    n: int | None = None,
    fewest: int = FEWEST,
) -> Figure:
    """A figure that is a function of added-up rows (observations x sums); `cluster` has one number for each.

    `n` is what it rests on, by default the observations; below `fewest` there is no figure.
    """
    n = len(rows) if n is None else n
    if n < fewest or not len(rows):
        return too_few(n, fewest=fewest)
    return of_sums(clustered_sums(rows, cluster, statistic), n)


def share(rows: Ints | Floats, cluster: Ints, n: int | None = None) -> Figure:
    """The share that the first column is of the second."""
    found = figure(rows, cluster, _quotient, n)
    if found.value is None:
        return found
    return found._replace(ci95=within(share_ends(found, rows, cluster), 0.0, 1.0))


def share_ends(found: Figure, rows: Ints | Floats, cluster: Ints) -> list[float] | None:
    """The interval of a share. At 0 and 1 no resample differs, and Wilson's over whole groups takes over."""
    if found.value not in (0.0, 1.0):
        return found.ci95
    groups = len(np.unique(cluster[rows[:, 1] > 0]))
    low, high = wilson(np.array([found.value * groups]), np.array([float(groups)]))
    return [float(low[0]), float(high[0])]


def of_sums(sums: Sums, n: int) -> Figure:
    """The figure that sums add up to."""
    if not len(sums.row):
        return missing(NO_PAIR)
    value = float(sums.statistic(sums.number @ sums.rows))
    if not np.isfinite(value):
        return missing(UNDEFINED, n)
    ends = interval(sums)
    return Figure(value, ends.ends, n, ends.reason)


def within(ends: list[float] | None, low: float, high: float) -> list[float] | None:
    return None if ends is None else [max(ends[0], low), min(ends[1], high)]


def _quotient(sums: Floats) -> Floats:
    part, whole = sums[..., 0], sums[..., 1]
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
