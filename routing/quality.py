"""How good labels will be: calibrated P(people contradict the judge), with what is not known of it. Pure.

Two steps. The error model's log odds on comparisons whose groups it has not seen are set against what people
said there: a slope and an intercept turn log odds into probabilities (a slope below one takes back what the
model is too sure of; zero says that it knows nothing). And both steps are done again on groups drawn with
replacement, so that a curve made of these probabilities has an interval.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .error_model import FOLDS, Inputs, fit, fit_at, folds_of, sigmoid, splits
from .evaluation import Estimate, resampled
from .learning import LEAST_PAIRS, categories_of, inputs
from .measures import quality
from .policy import Floats, Labelled, Problem

REFITS = 100  # replicates in which everything is learned again
REFIT_MOST = (
    3000  # labelled comparisons up to which that is affordable; above, the model's own noise is small
)
SAMPLE = 20_000  # open comparisons that replicates are worked out on: more would only smooth the interval


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of n open comparisons: `wrong` (n,) is P(a person contradicts the judge), `human` how often one person
    contradicts another, a constant; `human_known` is False where too few have been seen to say.

    `draws` (r, m) and `human_draws` (r,) are the same in r replicates, for the comparisons `rows` (m,).
    `trust` is of the labelled comparisons, whose groups the model had not seen. `refitted` says whether the
    model was learned again in the replicates, or only its calibration.
    """

    wrong: Floats
    human: float
    human_known: bool
    rows: NDArray[np.int64]
    draws: Floats
    human_draws: Floats
    trust: dict[str, Estimate]
    learned_from: int
    slope: float
    refitted: bool


def predict(problem: Problem, seed: int = 0) -> Prediction:
    """Learns from the labelled comparisons what the labels of the open ones will be worth. Raises TooFew."""
    from threadpoolctl import threadpool_limits

    known = problem.labelled
    categories = categories_of(known)
    rows, groups = inputs(known.signals, categories), known.signals.groups
    open_rows = inputs(problem.open, categories)
    with threadpool_limits(1):
        model = fit(rows, known.wrong, groups, seed)
        unseen = _unseen(rows, known.wrong, np.array(folds_of(groups, FOLDS, seed)), model.strength)
        line = calibration(unseen, known.wrong, np.ones(len(known)))
        rng = np.random.default_rng(seed)
        n = len(open_rows)
        sample = np.sort(rng.choice(n, SAMPLE, replace=False)) if n > SAMPLE else np.arange(n)
        refit = len(known) <= REFIT_MOST
        times = resampled(groups, REFITS, seed)
        seen = open_rows.at(sample)
        if refit:
            draws = [_again(rows, known, seen, model.strength, one, seed) for one in times]
        else:
            fixed = model.log_odds(seen)
            draws = [_on(calibration(unseen, known.wrong, one), fixed) for one in times]
    human, drawn, human_known = _human(known, times)
    return Prediction(
        wrong=_on(line, model.log_odds(open_rows)),
        human=human,
        human_known=human_known,
        rows=sample,
        draws=np.array(draws),
        human_draws=drawn,
        trust=quality(_on(line, unseen), known.wrong, list(groups), seed=abs(seed)),
        learned_from=len(known),
        slope=line[1],
        refitted=refit,
    )


def calibration(log_odds: Floats, wrong: Floats, weights: Floats) -> tuple[float, float]:
    """Intercept and slope that turn log odds (n,) into probabilities of `wrong` (n,) shares.

    Weighted logistic regression by Newton's method, with a ridge of a thousandth of a comparison so that
    answers that are all alike have an end. The slope is what the labels say, below zero too.
    """
    at = np.column_stack([np.ones(len(log_odds)), log_odds])
    line = np.zeros(2)
    for _ in range(50):
        p = sigmoid(at @ line)
        slope = at.T @ (weights * (wrong - p)) - 1e-3 * line
        curve = (at * (weights * p * (1 - p))[:, None]).T @ at + 1e-3 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        line += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return float(line[0]), float(line[1])


def _again(rows: Inputs, known: Labelled, seen: Inputs, strength: float, times: Floats, seed: int) -> Floats:
    """P(judge wrong) of `seen` where each labelled comparison was drawn `times`."""
    drawn = np.repeat(np.arange(len(known)), times.astype(np.int64))
    sample, wrong = rows.at(drawn), known.wrong[drawn]
    groups = [known.signals.groups[row] for row in drawn.tolist()]
    unseen = _unseen(sample, wrong, np.array(folds_of(groups, FOLDS, seed)), strength)
    line = calibration(unseen, wrong, np.ones(len(drawn)))
    return _on(line, fit_at(sample, wrong, strength).log_odds(seen))


def _unseen(rows: Inputs, wrong: Floats, folds: NDArray[np.int64], strength: float) -> Floats:
    """Log odds of every comparison from a model that has not seen its fold."""
    found = np.zeros(len(wrong))
    for train, test in splits(folds.tolist()):
        found[test] = fit_at(rows.at(train), wrong[train], strength).log_odds(rows.at(test))
    return found


def _on(line: tuple[float, float], log_odds: Floats) -> Floats:
    """Probabilities by a calibration's intercept and slope."""
    return sigmoid(line[0] + line[1] * log_odds)


def _human(known: Labelled, times: Floats) -> tuple[float, Floats, bool]:
    """How often one person contradicts another, in all replicates, and whether enough pairs were seen."""
    paired = ~np.isnan(known.human_wrong)
    if paired.sum() < LEAST_PAIRS:
        return 0.0, np.zeros(len(times)), False
    apart, weights = known.human_wrong[paired], times[:, paired]
    number = weights.sum(axis=1)
    mean = float(apart.mean())
    return mean, np.where(number > 0, weights @ apart / np.maximum(number, 1), mean), True
