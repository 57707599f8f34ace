"""Who is asked where more than a number limits it: hours, capacity, prices, categories. Pure: no Django.

Scores are additive, so the best choice is a linear programme in zeros and ones. Where every comparison uses
as much of everything, only a number is limited and taking the best of each category first, then the best of
all, is exact. Otherwise HiGHS solves it (`scipy.optimize.milp`), within a time limit; what it then has not
proved is told as a gap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .policy import Floats, PlanError

SECONDS = 20.0
GAP = 1e-6  # below it a solution counts as exact


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of something of which comparison i uses `use[i]` >= 0 when a person is asked; (n,).

    `labels` is how many labels that use is of, where it grows with their number: those of the pool whose
    number a plan may vary; 0 where it does not.
    """

    name: str
    use: Floats
    most: float
    labels: int = 0

    def of(self, labels: NDArray[np.int64], first: int, rows: NDArray[np.int64] | None = None) -> Floats:
        """The use where so many labels are asked for, of which `first` - 1 are other pools'; (rows,)."""
        use = self.use if rows is None else self.use[rows]
        times = (labels - first + 1) / self.labels if self.labels else np.ones(len(labels))
        return np.asarray(use * (labels > 0) * times)


@dataclass(frozen=True, slots=True)
class Limits:
    """All that limits a choice among n comparisons beside share and budget.

    `least` says how many comparisons of a category people get at least, `categories` (n,) which each is in.
    """

    at_most: Sequence[Limit] = ()
    categories: Sequence[str] = ()
    least: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.at_most or self.least)


@dataclass(frozen=True, slots=True)
class Allocation:
    """`human` (n,); `gap` is by how much at most, as a part of its value, another choice could be better."""

    human: NDArray[np.bool_]
    gap: float = 0.0


def allocate(
    scores: Floats, order: NDArray[np.int64], most: int, limits: Limits, seconds: float = SECONDS
) -> Allocation:
    """The choice of at most `most` comparisons with the highest sum of scores that keeps every limit.

    `order` (n,) lists comparisons best first, ties decided; equal choices are decided by it. Where scores are
    below zero they count from the lowest one, so that people get as many comparisons as the limits allow.
    Raises PlanError where the minima of categories cannot be kept.
    """
    categories = _minima(limits, len(scores))
    if all(np.ptp(limit.use) == 0 for limit in limits.at_most if len(limit.use)):
        allowed = min([most, *(_times(limit) for limit in limits.at_most)])
        return Allocation(_best(order, allowed, categories))
    if most <= 0 or not len(scores):
        return Allocation(_best(order, most, categories))
    return _solve(scores, order, most, limits, categories, seconds)


def least_first(order: NDArray[np.int64], limits: Limits) -> NDArray[np.bool_]:
    """The best of each category, as many as it gets at least; (n,)."""
    categories = _minima(limits, len(order))
    return _best(order, sum(least for *_, least in categories), categories)


def _times(limit: Limit) -> int:
    use = float(limit.use[0]) if len(limit.use) else 0.0
    return len(limit.use) if use == 0 else max(int(limit.most / use + 1e-9), 0)


def _minima(limits: Limits, n: int) -> list[tuple[str, NDArray[np.bool_], int]]:
    named = np.array(limits.categories, dtype=object)
    found = []
    for name, least in sorted(limits.least.items()):
        inside = named == name if len(named) else np.zeros(n, dtype=np.bool_)
        found.append((name, inside, min(least, int(inside.sum()))))
    return found


def _best(
    order: NDArray[np.int64], most: int, categories: list[tuple[str, NDArray[np.bool_], int]]
) -> NDArray[np.bool_]:
    """The best of each category, then the best of all: exact for a limit on their number alone."""
    human = np.zeros(len(order), dtype=np.bool_)
    for _, inside, least in categories:
        human[order[inside[order]][:least]] = True
    room = most - int(human.sum())
    if room < 0:
        _refuse(categories, most)
    rest = order[~human[order]]
    human[rest[:room]] = True
    return human


def _solve(
    scores: Floats,
    order: NDArray[np.int64],
    most: int,
    limits: Limits,
    categories: list[tuple[str, NDArray[np.bool_], int]],
    seconds: float,
) -> Allocation:
    # Here, because web processes import policies for their names and never solve anything.
    from scipy.optimize import Bounds, LinearConstraint, milp

    n = len(scores)
    values = (scores - min(float(scores.min()), 0.0))[order]
    rows = [np.ones(n), *(limit.use[order] for limit in limits.at_most)]
    upper = [float(most), *(limit.most for limit in limits.at_most)]
    lower = [-np.inf] * len(rows)
    for _, inside, least in categories:
        rows.append(inside[order].astype(np.float64))
        lower.append(float(least))
        upper.append(np.inf)
    found = milp(
        -values,
        integrality=np.ones(n),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.array(rows), lower, upper),
        options={"time_limit": seconds, "mip_rel_gap": GAP},
    )
    if found.status == 2:  # infeasible
        _refuse(categories, most)
    if found.x is not None:
        chosen, bound = found.x > 0.5, -float(found.mip_dual_bound)
    else:
        chosen, bound = _greedy(np.array(rows), upper, categories, order, most), float(values[:most].sum())
    if not _kept(np.array(rows), chosen, lower, upper):
        raise PlanError("no choice was found in time that keeps all limits; loosen one of them")
    value = float(values[chosen].sum())
    human = np.zeros(n, dtype=np.bool_)
    human[order[chosen]] = True
    gap = max(bound - value, 0.0) / max(value, 1e-12)
    return Allocation(human, gap if gap > 2 * GAP else 0.0)


def _greedy(
    rows: Floats,
    upper: Sequence[float],
    categories: list[tuple[str, NDArray[np.bool_], int]],
    order: NDArray[np.int64],
    most: int,
) -> NDArray[np.bool_]:
    """Minima first, then everything in order that still fits; columns of `rows` are in order already."""
    first = _best(order, sum(least for *_, least in categories), categories)[order]
    left = np.array(upper[: len(rows) - len(categories)])
    use = rows[: len(left)]
    left = left - use[:, first].sum(axis=1)
    chosen = first.copy()
    for place in np.flatnonzero(~first).tolist():
        if (use[:, place] <= left).all():
            chosen[place] = True
            left = left - use[:, place]
    return chosen


def _kept(rows: Floats, chosen: NDArray[np.bool_], lower: Sequence[float], upper: Sequence[float]) -> bool:
    used = rows[:, chosen].sum(axis=1)
    slack = 1e-6 * np.maximum(1.0, np.abs(used))
    return bool((used <= np.array(upper) + slack).all() and (used >= np.array(lower) - slack).all())


def _refuse(categories: list[tuple[str, NDArray[np.bool_], int]], most: int) -> None:
    needed = sum(least for *_, least in categories)
    raise PlanError(
        f"people can be asked about {most} comparisons at most and the minima of the categories "
        f"({', '.join(f'{name} {least}' for name, _, least in categories)}) need {needed}, or hours and "
        "capacity do not allow them; lower a minimum or raise a limit"
    )
