"""From a judge's confidence to the chance that people would say the same. Pure.

Four maps, from few parameters to many: confidence as it is; temperature (Guo et al. 2017: one slope on the
log odds); Platt's (1999: slope and intercept); isotonic regression (Zadrozny and Elkan 2002: any rising
steps), where there is much data. Each is fitted on four fifths of the groups and tried on the last fifth, in
turn; the one chosen by held-out log loss is fitted again on everything. No group is ever on both sides.

Answers whose orders contradict each other are no matter of confidence: the label is the project's convention
then. They have one chance of their own: what share of them is right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit, logit

from annotation.agreement.groups import Floats
from annotation.votes import Ints, Mask

from .reliability import log_loss

IDENTITY, TEMPERATURE, PLATT, ISOTONIC = "identity", "temperature", "platt", "isotonic"
METHODS = (IDENTITY, TEMPERATURE, PLATT, ISOTONIC)
FOLDS = 5
FEWEST = 50  # answers; fewer say nothing of how sure is how right
FEWEST_GROUPS = 10
FEWEST_ISOTONIC = 200
FEWEST_INCONSISTENT = 10
_SHARPEST = 1e-3  # log odds of a confidence nearer to 0 or 1 than this mean rounding
_PRIOR = 1.0  # weight of "confidence is right as it is", in answers: keeps a fit on separable answers finite


@dataclass(frozen=True)
class ProbabilityMap:
    """A fitted map. `parameters` are slope and intercept, or for isotonic the `steps` (confidence, chance).

    `inconsistent` is the chance of an answer whose orders contradict each other; None: as for any other.
    """

    method: str
    slope: float = 1.0
    intercept: float = 0.0
    steps: tuple[tuple[float, float], ...] = ()
    inconsistent: float | None = None

    def apply(self, confidence: Floats, inconsistent: Mask) -> Floats:
        """The chance that each answer is what people say."""
        if self.method == IDENTITY:
            found = np.asarray(confidence, dtype=float)
        elif self.method == ISOTONIC:
            at, chance = np.array(self.steps).T
            found = np.interp(confidence, at, chance)
        else:
            found = expit(self.intercept + self.slope * _log_odds(confidence))
        return found if self.inconsistent is None else np.where(inconsistent, self.inconsistent, found)

    def json(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "slope": self.slope,
            "intercept": self.intercept,
            "steps": [list(step) for step in self.steps],
            "inconsistent": self.inconsistent,
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "ProbabilityMap":
        """The inverse of `json`."""
        steps = tuple((float(at), float(chance)) for at, chance in stored.get("steps", ()))
        return cls(
            str(stored["method"]),
            float(stored.get("slope", 1.0)),
            float(stored.get("intercept", 0.0)),
            steps,
            stored.get("inconsistent"),
        )


class Chosen(NamedTuple):
    """The best of the maps, fitted on everything; each one's held-out log loss; and for every answer the
    chance that the chosen one gave it while its group was held out."""

    map: ProbabilityMap
    losses: dict[str, float]
    held_out: Floats


def too_little(n: int, groups: int) -> str | None:
    """Why no map can be chosen from so few; None where it can."""
    if n < FEWEST:
        return f"too few: {n} answers with a confidence that people answered too, a map needs {FEWEST}"
    if groups < FEWEST_GROUPS:
        return f"too few: {groups} groups of comparisons, held-out figures need {FEWEST_GROUPS}"
    return None


def choose(confidence: Floats, right: Mask, inconsistent: Mask, fold: Ints) -> Chosen:
    """The map with the least held-out log loss; of equal ones the simplest.

    One element an answer; `fold` says which of FOLDS parts its group is in (see `folds`).
    """
    methods = METHODS if len(right) >= FEWEST_ISOTONIC else METHODS[:-1]
    chances = {method: np.empty(len(right)) for method in methods}
    for part in np.unique(fold):
        out = fold == part
        for method, found in chances.items():
            fitted = fit(method, confidence[~out], right[~out], inconsistent[~out])
            found[out] = fitted.apply(confidence[out], inconsistent[out])
    losses = {method: log_loss(found, right) for method, found in chances.items()}
    best = min(methods, key=lambda method: round(losses[method], 9))
    return Chosen(fit(best, confidence, right, inconsistent), losses, chances[best])


def fit(method: str, confidence: Floats, right: Mask, inconsistent: Mask) -> ProbabilityMap:
    """One map from answers; those whose orders contradict each other apart, where there are enough."""
    share = None
    if inconsistent.sum() >= FEWEST_INCONSISTENT and method != IDENTITY:
        share = float((right[inconsistent].sum() + 0.5) / (inconsistent.sum() + 1))  # Jeffreys
        confidence, right = confidence[~inconsistent], right[~inconsistent]
    if not len(right) or method == IDENTITY:
        return ProbabilityMap(IDENTITY, inconsistent=share)
    if method == ISOTONIC:
        return ProbabilityMap(ISOTONIC, steps=_steps(confidence, right), inconsistent=share)
    slope, intercept = _line(_log_odds(confidence), right.astype(float), method == PLATT)
    return ProbabilityMap(method, slope, intercept, inconsistent=share)


def folds(groups: list[str]) -> Ints:
    """The fold of each answer from its group's name: a group is in one fold, the same in every run."""
    distinct = sorted(set(groups), key=lambda name: sha256(name.encode()).digest())
    of = {name: index % FOLDS for index, name in enumerate(distinct)}
    return np.array([of[name] for name in groups], dtype=np.int64)


def _log_odds(confidence: Floats) -> Floats:
    found: Floats = logit(np.clip(confidence, _SHARPEST, 1 - _SHARPEST))
    return found


def _line(x: Floats, y: Floats, with_intercept: bool) -> tuple[float, float]:
    """Slope (never falling) and intercept of the likeliest logistic curve, drawn a little to 1 and 0."""

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, intercept = parameters[0], parameters[1] if with_intercept else 0.0
        z = intercept + slope * x
        p = expit(z)
        value = (np.logaddexp(0, z) - y * z).sum() + _PRIOR / 2 * ((slope - 1) ** 2 + intercept**2)
        gradient = [((p - y) * x).sum() + _PRIOR * (slope - 1), (p - y).sum() + _PRIOR * intercept]
        return float(value), np.array(gradient[: 1 + with_intercept])

    bounds = [(0.0, None), (None, None)][: 1 + with_intercept]
    found = minimize(loss, np.array([1.0, 0.0])[: 1 + with_intercept], jac=True, bounds=bounds).x
    return float(found[0]), float(found[1]) if with_intercept else 0.0


def _steps(confidence: Floats, right: Mask) -> tuple[tuple[float, float], ...]:
    """Isotonic regression as the ends of its level parts; each level with Jeffreys' prior, never 0 or 1."""
    values, place, number = np.unique(confidence, return_inverse=True, return_counts=True)
    share = np.bincount(place, weights=right) / number
    found = isotonic_regression(share, weights=number)
    steps: list[tuple[float, float]] = []
    for first, last in zip(found.blocks[:-1], found.blocks[1:], strict=True):
        weight = number[first:last].sum()
        level = float((found.x[first] * weight + 0.5) / (weight + 1))
        level = max(level, steps[-1][1]) if steps else level  # the prior may not turn two levels round
        steps.append((float(values[first]), level))
        if last - 1 > first:
            steps.append((float(values[last - 1]), level))
    return tuple(steps)
