"""How good a model of the judge's errors is on comparisons that it has not seen. Pure: no Django.

`wrong` is a share, so a comparison counts as partly wrong and partly right; with shares of 0 and 1 the
figures are the usual ones. Intervals are percentiles of a bootstrap over groups.
"""

import numpy as np
from numpy.typing import NDArray

from .evaluation import Estimate, resampled
from .policy import Floats

BINS = 10
REPLICATES = 500
MEASURES = ("auroc", "brier", "ece")


def quality(
    probability: Floats, wrong: Floats, groups: list[str], replicates: int = REPLICATES, seed: int = 0
) -> dict[str, Estimate]:
    """AUROC, Brier score and expected calibration error of P(judge wrong) (n,), each between 0 and 1.

    ECE takes ten bins of equally many comparisons. AUROC is 0.5 where everything is right, or wrong.
    """
    whole = np.ones((1, len(wrong)))
    weights = np.vstack([whole, resampled(groups, replicates, seed)])
    measured = (_auroc, _brier, _ece)
    found = {}
    for name, measure in zip(MEASURES, measured, strict=True):
        values = measure(probability, wrong, weights)
        low, high = np.percentile(values[1:], [2.5, 97.5])
        found[name] = Estimate(float(values[0]), float(low), float(high))
    return found


def _auroc(probability: Floats, wrong: Floats, weights: Floats) -> Floats:
    """P(a wrong one is scored above a right one), equal scores counting half; (replicates,)."""
    steps, at = np.unique(probability, return_inverse=True)
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(len(steps)))
    bad = np.add.reduceat((weights * wrong)[:, order], starts, axis=1)
    good = np.add.reduceat((weights * (1 - wrong))[:, order], starts, axis=1)
    below = np.cumsum(good, axis=1) - good
    pairs = bad.sum(axis=1) * good.sum(axis=1)
    ahead = (bad * (below + good / 2)).sum(axis=1)
    return np.where(pairs > 0, ahead / np.where(pairs > 0, pairs, 1.0), 0.5)


def _brier(probability: Floats, wrong: Floats, weights: Floats) -> Floats:
    error = wrong * (1 - probability) ** 2 + (1 - wrong) * probability**2
    return np.asarray(weights @ error / weights.sum(axis=1))


def _ece(probability: Floats, wrong: Floats, weights: Floats) -> Floats:
    total = np.zeros(len(weights))
    for rows in _bins(probability):
        total += np.abs(weights[:, rows] @ (probability[rows] - wrong[rows]))
    return np.asarray(total / weights.sum(axis=1))


def _bins(probability: Floats) -> list[NDArray[np.int64]]:
    """Rows by rising probability in ten parts of equal size."""
    return np.array_split(np.argsort(probability, kind="stable"), min(BINS, len(probability)))
