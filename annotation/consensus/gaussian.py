"""Annotators who measure: a score for each item, a leniency and a noise for each annotator. Pure.

A value is the score of the item, the leniency of the annotator, and noise of the annotator's own size. Scores
come from one normal distribution; leniency is shrunk to 0 and the noise's variance to everybody's by four
pseudo-answers. Fitted by expectation maximisation with the scores as what is hidden. Values are signed
strengths of a pair (-K to +K), or places in a ranking.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite import hermgauss
from scipy.special import ndtr

from ..votes import Ints, Mask
from .answers import Floats
from .mace import JUDGE_CAP, MOST_STEPS, design_effect

PSEUDO = 4.0
TOLERANCE = 1e-5  # change of scores, in parts of the values' standard deviation
LEAST_VARIANCE = 1e-4


@dataclass(frozen=True)
class Gaussian:
    """What was learnt: by item `score` and its `error` (standard deviation), by annotator `leniency` and
    `noise` (standard deviation) and `precision`, the weight of their values."""

    score: Floats
    error: Floats
    leniency: Floats
    noise: Floats
    precision: Floats
    mean: float
    spread: float
    iterations: int
    converged: bool

    def scores(self, item: Ints, annotator: Ints, value: Floats, correlation: float) -> tuple[Floats, Floats]:
        """Scores and errors from other values of the annotators that it was fitted to. The errors are larger
        than those of independent answers by the design effect that `correlation` makes."""
        score, variance = _scores(
            item, annotator, value, self.leniency, self.precision, self.mean, self.spread
        )
        return score, np.sqrt(variance * design_effect(np.bincount(item), correlation))


def fit(item: Ints, annotator: Ints, value: Floats, people: Mask) -> Gaussian:
    """From arrays with one element an answer, codes beginning at 0; `people` has one an annotator.

    Judges' precision is capped at twice that of the average person. Deterministic.
    """
    annotators = len(people)
    number = np.bincount(annotator, minlength=annotators)
    everybody = max(float(value.var()), LEAST_VARIANCE)
    leniency = np.zeros(annotators)
    noise = np.full(annotators, everybody / 2)
    mean, spread = float(value.mean()), everybody
    score = np.full(int(item.max()) + 1, np.inf)
    precision = 1 / noise
    step, converged = 0, False
    while not converged and step < MOST_STEPS:
        step += 1
        before = score
        precision = _capped(1 / noise, people, number)
        score, variance = _scores(item, annotator, value, leniency, precision, mean, spread)
        mean = float(score.mean())
        spread = max(float((variance + (score - mean) ** 2).mean()), LEAST_VARIANCE)
        rest = value - score[item]
        # Shrunk as if the leniencies of a crowd were as far apart as a quarter of the values' variance.
        leniency = np.bincount(annotator, rest, annotators) / (number + 4 * noise / everybody)
        squares = np.bincount(annotator, (rest - leniency[annotator]) ** 2 + variance[item], annotators)
        pooled = squares.sum() / number.sum()
        noise = np.maximum((squares + PSEUDO * pooled) / (number + PSEUDO), LEAST_VARIANCE)
        converged = bool(np.abs(score - before).max() < TOLERANCE * np.sqrt(everybody))
    return Gaussian(
        score, np.sqrt(variance), leniency, np.sqrt(noise), precision, mean, spread, step, converged
    )


def chances_of_a_pair(score: Floats, error: Floats, ties: bool) -> Floats:
    """(3, items): a, tie, b. A score within half a step of 0 is a tie, where ties are given at all."""
    half = 0.5 if ties else 0.0
    error = np.maximum(error, 1e-9)
    above = ndtr((score - half) / error)
    below = ndtr((-half - score) / error)
    return np.stack((above, np.maximum(1 - above - below, 0.0), below))


def chances_to_be_best(score: Floats, error: Floats, nodes: int = 32) -> Floats:
    """(items, k) from scores and errors of that shape, lowest best: each one's chance to be the lowest of
    independent normal variables, by Gauss-Hermite quadrature; rows sum to 1."""
    at, weight = hermgauss(nodes)
    error = np.maximum(error, 1e-6)
    k = score.shape[1]
    chances = np.empty_like(score)
    for one in range(k):
        x = score[:, one, None] + np.sqrt(2) * error[:, one, None] * at
        alone = np.ones_like(x)
        for other in range(k):
            if other != one:
                alone *= ndtr((score[:, other, None] - x) / error[:, other, None])
        chances[:, one] = alone @ weight
    result: Floats = chances / chances.sum(1, keepdims=True)
    return result


def _scores(
    item: Ints,
    annotator: Ints,
    value: Floats,
    leniency: Floats,
    precision: Floats,
    mean: float,
    spread: float,
) -> tuple[Floats, Floats]:
    each = precision[annotator]
    total = np.bincount(item, each) + 1 / spread
    score = (np.bincount(item, each * (value - leniency[annotator])) + mean / spread) / total
    return score, 1 / total


def _capped(precision: Floats, people: Mask, number: Ints) -> Floats:
    if people.all() or not people.any():
        return precision
    cap = JUDGE_CAP * float((precision[people] * number[people]).sum() / number[people].sum())
    return np.where(people, precision, np.minimum(precision, cap))
