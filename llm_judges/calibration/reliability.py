"""How far a judge's confidence is to be taken at its word. Pure.

Confidence is the probability that the judge gives to its own answer; right means that people say the same. In
each bin of confidence the share that is right should be the confidence. The expected calibration error
(Naeini, Cooper and Hauskrecht 2015) is the mean gap over bins of equal width, weighted by their numbers;
Brier's score and the log loss reward being sure and right.
"""

from typing import Any, NamedTuple

import numpy as np

from annotation.agreement.groups import Floats
from annotation.agreement.intervals import wilson
from annotation.votes import Ints, Mask

from .figures import Figure, figure, within

BINS = 10
LEAST = 1e-6  # so that one sure and wrong answer does not make the log loss infinite


class Bin(NamedTuple):
    """Answers with a confidence from `low` to `high`: how many, their mean confidence, the share right."""

    low: float
    high: float
    n: int
    confidence: float
    right: float
    ci95: list[float]

    def json(self) -> dict[str, Any]:
        found = self._asdict()
        return {"from": found.pop("low"), "to": found.pop("high"), **found}


class Reliability(NamedTuple):
    """A reliability diagram and what sums it up."""

    ece: Figure
    brier: float
    log_loss: float
    mean_confidence: float
    share_right: float
    bins: list[Bin]

    def json(self) -> dict[str, Any]:
        return {**self._asdict(), "ece": self.ece.json(), "bins": [one.json() for one in self.bins]}


def reliability(confidence: Floats, right: Mask, group: Ints) -> Reliability:
    """From one element an answer, of at least one; `group` keeps answers together in the interval."""
    at = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    number = np.bincount(at, minlength=BINS)
    sure = np.bincount(at, weights=confidence, minlength=BINS)
    correct = np.bincount(at, weights=right, minlength=BINS)
    low, high = wilson(correct.astype(np.float64), number.astype(np.float64))
    rows = np.zeros((len(at), 2 * BINS))
    rows[np.arange(len(at)), at] = confidence - right
    rows[np.arange(len(at)), BINS + at] = 1
    ece = figure(rows, group, _ece)
    return Reliability(
        ece._replace(ci95=within(ece.ci95, 0.0, 1.0)),
        float(np.square(confidence - right).mean()),
        log_loss(confidence, right),
        float(confidence.mean()),
        float(right.mean()),
        [
            Bin(
                one / BINS,
                (one + 1) / BINS,
                int(number[one]),
                float(sure[one] / number[one]),
                float(correct[one] / number[one]),
                [float(low[one]), float(high[one])],
            )
            for one in np.flatnonzero(number).tolist()
        ],
    )


def log_loss(confidence: Floats, right: Mask) -> float:
    """Mean of minus the logarithm of the probability given to what came out."""
    given = np.clip(np.where(right, confidence, 1 - confidence), LEAST, 1.0)
    return float(-np.log(given).mean())


def _ece(sums: Floats) -> Floats:
    gaps, number = sums[..., :BINS], sums[..., BINS:]
    result: Floats = np.abs(gaps).sum(axis=-1) / np.maximum(number.sum(axis=-1), 1)
    return result
