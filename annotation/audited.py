"""Figures over a whole project of which people labelled a part that routing chose. Pure.

Over the routed mix alone a win rate is that of a judge on the easy part and of people on the hard one, and
agreement is that of the hard part. What makes figures over everything possible is that every comparison was
given to people with a known probability: surely, or by the lottery of the audit slice. A judge's verdict,
known for (nearly) all, then only makes the estimate sharper, never wrong: the prediction-powered difference
estimator (Angelopoulos et al. 2023; Särndal et al. 1992, section 6.3) with the judge's weight chosen to make
it sharpest (a control variate; PPI++, Angelopoulos et al. 2024).

Comparisons of equal probability are a stratum, and those answered a random sample of it. Strata that people
answered completely add no uncertainty: the figure is of this project's comparisons, not of others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]

# With fewer answers drawn by lottery an interval is a guess.
LEAST = 10
# More different probabilities than this are put together by their rank.
STRATA = 20
# Answers are 0 to 1, and a handful that all agree with the judge does not show that the next one will: as if
# one more had differed by this much either way (the idea of Agresti and Coull 1998).
DOUBT = 0.7


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over `of` comparisons, `answered` of them by people, `drawn` of these by lottery.

    `value` is None, with a `reason`, where too few were drawn. `weight` is the judge's; `gain` says how many
    times as many drawn answers would be needed without it. `routed` is the mean over the routed mix as it
    stands, for comparison only.
    """

    of: int
    answered: int
    drawn: int
    routed: float | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    weight: float = 0.0
    gain: float = 1.0
    reason: str = ""


def whole(people: Floats, judge: Floats, probability: Floats, confidence: float = 0.95) -> Figure:
    """The mean of what people would say on every comparison.

    All shaped (n,): `people` what they said, 0 to 1, nan where none was asked or has answered; `judge` what
    stands in for it, nan where unknown; `probability` that people were to be asked. A comparison that waits
    for its person counts like those of its stratum that were answered.
    """
    answered = ~np.isnan(people)
    mixed = np.where(answered, people, judge)
    routed = float(np.nanmean(mixed)) if (~np.isnan(mixed)).any() else None
    stratum = _strata(probability)
    size = np.bincount(stratum)
    number = np.bincount(stratum, answered, minlength=len(size)).astype(np.int64)
    open_strata = number < size
    drawn = int(number[open_strata].sum())
    known = Figure(len(people), int(answered.sum()), drawn, routed)
    if not len(people):
        return _without(known, "no comparison")
    if open_strata.any() and (number[open_strata] < 2).any():
        return _without(known, "a part of the comparisons has no audited answer")
    if open_strata.any() and drawn < LEAST:
        return _without(known, f"{drawn} audited answers; an interval takes {LEAST}")
    stand_in = np.where(np.isnan(judge), np.nanmean(judge) if (~np.isnan(judge)).any() else 0.0, judge)
    share = size / len(people)
    # Of each stratum's mean, the part of the variance that the sample leaves.
    spread = np.where(open_strata, share**2 * (1 - number / size) / np.maximum(number, 1), 0.0)
    weight = _weight(people, stand_in, stratum, answered, spread)
    value, variance, freedom = _difference(people, stand_in, stratum, answered, share, number, spread, weight)
    _, alone, _ = _difference(people, stand_in, stratum, answered, share, number, spread, 0.0)
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * variance**0.5 if variance else 0.0
    return Figure(
        known.of,
        known.answered,
        known.drawn,
        routed,
        value,
        max(0.0, value - half),
        min(1.0, value + half),
        weight,
        alone / variance if variance else 1.0,
    )


def _weight(
    people: Floats, judge: Floats, stratum: NDArray[np.int64], answered: NDArray[np.bool_], spread: Floats
) -> float:
    """The judge's weight that makes the variance least: the slope of people's answers on the judge's."""
    both = answered & (spread[stratum] > 0)
    if not both.any():
        return 0.0
    at, y, f = stratum[both], people[both], judge[both]
    number = np.maximum(np.bincount(at, minlength=len(spread)), 1)
    y = y - (np.bincount(at, y, len(spread)) / number)[at]
    f = f - (np.bincount(at, f, len(spread)) / number)[at]
    each = (spread / number)[at]
    around = float((each * f * f).sum())
    return float(np.clip((each * y * f).sum() / around, 0.0, 1.0)) if around > 0 else 0.0


def _difference(
    people: Floats,
    judge: Floats,
    stratum: NDArray[np.int64],
    answered: NDArray[np.bool_],
    share: Floats,
    number: NDArray[np.int64],
    spread: Floats,
    weight: float,
) -> tuple[float, float, float]:
    """(estimate, its variance, degrees of freedom) of the stratified difference estimator."""
    strata = len(share)
    residual = people[answered] - weight * judge[answered]
    at = stratum[answered]
    mean = np.bincount(at, residual, strata) / np.maximum(number, 1)
    level = np.bincount(stratum, judge, strata) / np.maximum(np.bincount(stratum, minlength=strata), 1)
    value = float((share * (weight * level + mean)).sum())
    squares = np.bincount(at, (residual - mean[at]) ** 2, strata) + 2 * DOUBT**2
    parts = spread * squares / np.maximum(number + 1 - (weight > 0), 1)
    variance = float(parts.sum())
    freedom = variance**2 / float((parts**2 / np.maximum(number - 1, 1)).sum()) if variance else 1.0
    return value, variance, max(freedom, 1.0)


def _strata(probability: Floats) -> NDArray[np.int64]:
    """A number from 0 for each comparison: those of (nearly) equal probability share one."""
    values, stratum = np.unique(np.round(probability, 6), return_inverse=True)
    if len(values) <= STRATA:
        return stratum
    order = np.argsort(np.argsort(probability, kind="stable"), kind="stable")
    return np.asarray(order * STRATA // len(order))


def _without(known: Figure, reason: str) -> Figure:
    return Figure(known.of, known.answered, known.drawn, known.routed, reason=reason)
