"""How good probabilities of wrong labels are: rank, size and calibration, with intervals. Pure: no Django.

`wrong` is a share: of the people who labelled a comparison, those whose answer is not the judge's. Each
comparison therefore counts as `wrong` of a wrong one and `1 - wrong` of a right one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .evaluation import resampled
from .policy import Floats

REPLICATES = 1000
BINS = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval, bootstrapped over groups."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trust:
    """What the probabilities of a model are worth on n comparisons whose groups it had not seen.

    `auroc`: how often a wrong label has the higher probability of two, one wrong and one right (0.5 is
    chance). `brier`: mean squared error; `base` is that of the mean alone. `ece`: mean distance between the
    probability and what happened, over tenths of the comparisons.
    """

    n: int
    auroc: Figure
    brier: Figure
    base: float
    ece: Figure


def trust(probability: Floats, wrong: Floats, groups: Sequence[str], seed: int = 0) -> Trust:
    """Of held-out probabilities (n,); n >= 2 with both right and wrong labels among them."""
    weights = np.vstack([np.ones(len(wrong)), resampled(groups, REPLICATES, seed)])
    mean = float(wrong.mean())
    return Trust(
        n=len(wrong),
        auroc=_figure(auroc(probability, wrong, weights)),
        brier=_figure(brier(probability, wrong, weights)),
        base=mean * (1 - mean),
        ece=_figure(ece(probability, wrong, weights)),
    )


def auroc(probability: Floats, wrong: Floats, weights: Floats) -> Floats:
    """Area under the ROC curve, ties counted half; (r,) for weights (r, n)."""
    steps, at = np.unique(probability, return_inverse=True)
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(len(steps)))
    bad = np.add.reduceat((weights * wrong)[:, order], starts, axis=1)
    good = np.add.reduceat((weights * (1 - wrong))[:, order], starts, axis=1)
    below = np.cumsum(good, axis=1) - good / 2
    pairs = bad.sum(axis=1) * good.sum(axis=1)
    return np.where(pairs > 0, (bad * below).sum(axis=1) / np.where(pairs > 0, pairs, 1), 0.5)


def brier(probability: Floats, wrong: Floats, weights: Floats) -> Floats:
    """Mean squared error against each person's verdict; (r,) for weights (r, n)."""
    error = wrong * (1 - probability) ** 2 + (1 - wrong) * probability**2
    return np.asarray(weights @ error / weights.sum(axis=1))


def ece(probability: Floats, wrong: Floats, weights: Floats, bins: int = BINS) -> Floats:
    """Expected calibration error over bins of as many comparisons each; (r,) for weights (r, n)."""
    n = len(wrong)
    at = np.empty(n, dtype=np.int64)
    at[np.argsort(probability, kind="stable")] = np.arange(n) * bins // n
    inside = (at[:, None] == np.arange(bins)).astype(np.float64)
    apart = np.abs((weights * (wrong - probability)) @ inside)
    return np.asarray(apart.sum(axis=1) / weights.sum(axis=1))


def _figure(values: Floats) -> Figure:
    """The first is of the comparisons themselves, the others of replicates."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return Figure(float(values[0]), float(low), float(high))
