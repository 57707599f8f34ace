"""What a budget buys: predicted quality against cost, from nobody asked to everybody. Pure: no Django.

The quality of a label is the chance that another person agrees with it: 1 - P(judge wrong) where the judge's
label stands, 1 - (how often people contradict each other) where a person is asked. A curve is worked out once
for all its points; looking at another point of it costs nothing.

Where people err as often as the judge, asking more of them lowers the curve; what must not fall are the
counts and the costs.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .policy import Floats
from .quality import Prediction

STEPS = 200
MOST_CATEGORIES = 12
ENOUGH = 0.9  # of all the gain there is: what the recommended point reaches
BATCH = 0.05  # of the open comparisons: a next batch


@dataclass(frozen=True, slots=True)
class Crowd:
    """The n comparisons a curve is about: `order` (n,) are rows from most to least worth a person;
    `audited`, `judged` (the judge has answered) and `categories` are by row."""

    order: NDArray[np.int64]
    audited: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    categories: Sequence[str]

    def __len__(self) -> int:
        return len(self.order)


def steps(n: int, *more: int) -> NDArray[np.int64]:
    """Numbers of comparisons for people at which a curve of n has a point: 0, n, about STEPS between, and
    `more`, ascending."""
    even = np.linspace(0, n, min(n, STEPS) + 1).round().astype(np.int64)
    return np.unique(np.append(even, [min(max(one, 0), n) for one in more])).astype(np.int64)


def affordable(crowd: Crowd, slots: int) -> int:
    """The largest number for people whose sum with the audit below it fits into the slots; 0 at least."""
    asked = np.arange(len(crowd) + 1) + _audit_below(crowd)
    return max(int(np.count_nonzero(asked <= slots)) - 1, 0)


def table(crowd: Crowd, people: NDArray[np.int64], prediction: Prediction | None) -> dict[str, Any]:
    """Columns with an entry for every point of `people` (s,), JSON throughout.

    `people`, `audit` (comparisons beside them that are asked of both), `lacking` (left to the judge and not
    answered by it yet); `categories` with their names, sizes and how many of each go to people. With a
    prediction also `quality`, `low`, `high`; `random`, what people drawn at random would give; and the gain
    `over_ai` and `over_random` as [value, low, high]. Qualities are shares of one.
    """
    found: dict[str, Any] = {
        "people": people.tolist(),
        "audit": _audit_below(crowd)[people].tolist(),
        "lacking": _below(~crowd.judged, crowd.order)[people].tolist(),
        "categories": _by_category(crowd, people),
    }
    return found | (_qualities(crowd, people, prediction) if prediction and len(crowd) else {})


def recommended(table: dict[str, Any]) -> int | None:
    """The point to recommend: the fewest people that reach ENOUGH of all the gain over the judge alone that
    the curve can reach. The first point where no such gain is clear of zero; None without a prediction."""
    if "quality" not in table:
        return None
    gains = [gain for gain, _, _ in table["over_ai"]]
    best = max(range(len(gains)), key=gains.__getitem__)
    if table["over_ai"][best][1] <= 0:
        return 0
    return next(at for at, gain in enumerate(gains) if gain >= ENOUGH * gains[best])


def next_batch(table: dict[str, Any], at: int) -> tuple[int, float] | None:
    """How many more comparisons the next batch after this point would ask of people (BATCH of all, or what is
    left), and how much the quality of all labels would change by it. None at the end, or without a
    prediction."""
    people = table["people"]
    if "quality" not in table or at + 1 >= len(people):
        return None
    goal = people[at] + max(BATCH * people[-1], 1)
    then = next((place for place in range(at + 1, len(people)) if people[place] >= goal), len(people) - 1)
    return people[then] - people[at], table["quality"][then] - table["quality"][at]


def _qualities(crowd: Crowd, people: NDArray[np.int64], prediction: Prediction) -> dict[str, Any]:
    n = len(crowd)
    gain = _top_mean(prediction.wrong[crowd.order] - prediction.human, people, n)
    # Replicates are of a sample, so each is a difference from what the sample itself says.
    rank = np.empty(n, dtype=np.int64)
    rank[crowd.order] = np.arange(n)
    sample = prediction.rows[np.argsort(rank[prediction.rows])]
    order = np.searchsorted(prediction.rows, sample)
    share = people / n
    within = share * len(sample)
    here = _interpolated(prediction.wrong[sample] - prediction.human, within)
    drawn = np.array(
        [
            _interpolated(wrong[order] - human, within)
            for wrong, human in zip(prediction.draws, prediction.human_draws, strict=True)
        ]
    )
    base = 1 - float(prediction.wrong.mean())
    bases = 1 - prediction.draws.mean(axis=1) - (1 - float(prediction.wrong[sample].mean()))
    apart = drawn - here
    quality = base + gain
    low, high = np.percentile(bases[:, None] + apart, [2.5, 97.5], axis=0)
    by_chance = share * gain[-1]
    over_random = apart - share * apart[:, -1:]
    return {
        "quality": _listed(quality),
        "low": _listed(np.maximum(quality + low, 0)),
        "high": _listed(np.minimum(quality + high, 1)),
        "random": _listed(base + by_chance),
        "over_ai": _with_ends(gain, apart),
        "over_random": _with_ends(gain - by_chance, over_random),
    }


def _with_ends(value: Floats, apart: Floats) -> list[list[float]]:
    low, high = np.percentile(apart, [2.5, 97.5], axis=0)
    return np.column_stack([value, value + low, value + high]).round(6).tolist()


def _listed(values: Floats) -> list[float]:
    return values.round(6).tolist()


def _top_mean(gains: Floats, people: NDArray[np.int64], n: int) -> Floats:
    """Sum of the first so many gains, over n."""
    return np.asarray(np.append(0.0, np.cumsum(gains))[people] / n)


def _interpolated(gains: Floats, within: Floats) -> Floats:
    """As `_top_mean` for numbers that are not whole."""
    m = len(gains)
    return np.asarray(np.interp(within, np.arange(m + 1), np.append(0.0, np.cumsum(gains))) / m)


def _below(mask: NDArray[np.bool_], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many rows of the mask are left when the first 0..n of the order are taken away; (n + 1,)."""
    return int(mask.sum()) - np.append(0, np.cumsum(mask[order].astype(np.int64)))


def _audit_below(crowd: Crowd) -> NDArray[np.int64]:
    return _below(crowd.audited, crowd.order)


def _by_category(crowd: Crowd, people: NDArray[np.int64]) -> list[dict[str, Any]]:
    """The largest categories, and the rest under an empty name (comparisons without one are in it too)."""
    counted = Counter(crowd.categories)
    named = [name for name, _ in counted.most_common() if name][:MOST_CATEGORIES]
    at = np.array(crowd.categories, dtype=object)[crowd.order]
    rows = []
    left = np.ones(len(crowd), dtype=np.bool_)
    for name in named:
        here = at == name
        left &= ~here
        rows.append(_category(name, here, people))
    return [*rows, _category("", left, people)] if left.any() else rows


def _category(name: str, here: NDArray[np.bool_], people: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "name": name,
        "all": int(here.sum()),
        "people": np.append(0, np.cumsum(here))[people].tolist(),
    }
