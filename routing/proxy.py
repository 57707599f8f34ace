"""A reward model small enough to be trained a thousand times, and whether mixes can be ranked with it. Pure.

The Bradley-Terry model (1952) with a linear reward: P(first preferred) = sigmoid(w . difference), penalised,
fitted by Newton's method on one soft label a comparison, people's where a mix asks them and the judge's where
not. What a mix is worth is the log likelihood that its model gives people's labels on other prompts.

A model of mixes (PPM) is good for nothing if it only knows the prompts it was measured on: mixes' worth on
two disjoint sets of prompts may hardly correlate. So `transfer` measures how well it ranks fresh mixes on
prompts that neither training nor its target has seen.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import hyper, performance
from .policy import Floats

PENALTY = 1.0
STEPS = 8
FRESH = 100  # mixes that a PPM has not seen
SPLITS = 8

# From mixes (m, n), tags (n, t) and their worth (m,) to a function that predicts the worth of other mixes.
Learner = Callable[[NDArray[np.bool_], NDArray[np.bool_], Floats], Callable[[NDArray[np.bool_]], Floats]]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Spearman's rho and R2 of a PPM on fresh mixes, one entry a split of the prompts.

    `same` is on the prompts of its target, `unseen` on others.
    """

    same: Floats
    unseen: Floats
    r2_same: Floats
    r2_unseen: Floats

    @property
    def ranks(self) -> bool:
        """It ranks mixes on unseen prompts: the interval of rho over the splits lies above zero."""
        return interval(self.unseen)[1] > 0


def train(differences: Floats, preferred: Floats, penalty: float = PENALTY) -> Floats:
    """Weights (f,) from differences (n, f) of two responses and the share of labels for the first (n,)."""
    weights = np.zeros(differences.shape[1])
    ridge = penalty * np.eye(len(weights))
    for _ in range(STEPS):
        p = _sigmoid(differences @ weights)
        slope = differences.T @ (p - preferred) + penalty * weights
        step = np.linalg.solve((differences * (p * (1 - p))[:, None]).T @ differences + ridge, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def worth(weights: Floats, differences: Floats, preferred: Floats) -> float:
    """Mean log likelihood of people's labels."""
    p = np.clip(_sigmoid(differences @ weights), 1e-9, 1 - 1e-9)
    return float(np.mean(preferred * np.log(p) + (1 - preferred) * np.log(1 - p)))


def ridge(mixes: NDArray[np.bool_], tags: NDArray[np.bool_], known: Floats) -> Callable[..., Floats]:
    """The penalised PPM as a `Learner`."""
    model = performance.fit(mixes, tags, known)
    return lambda others: model.predict(others, tags)


def transfer(
    differences: Floats,
    people: Floats,
    judge: Floats,
    tags: NDArray[np.bool_],
    groups: list[str],
    learner: Learner = ridge,
    mixes: int = 100,
    splits: int = SPLITS,
    seed: int = 0,
) -> Transfer:
    """How a PPM learned from `mixes` ranks fresh ones on the prompts of its target, and on unseen ones.

    `people` and `judge` (n,) are shares of labels for the first response. In every split half of the groups
    train, a quarter is the target and a quarter is unseen.
    """
    figures = []
    for split in range(splits):
        train_on, target, unseen = _thirds(groups, abs(seed) + split)
        drawn = np.array(list(hyper.candidates(tags[train_on], mixes + FRESH, abs(seed) + split)))
        values = np.empty((len(drawn), 2))
        for row, mix in enumerate(drawn):
            labels = np.where(mix, people[train_on], judge[train_on])
            weights = train(differences[train_on], labels)
            values[row] = [worth(weights, differences[at], people[at]) for at in (target, unseen)]
        predicted = learner(drawn[:mixes], tags[train_on], values[:mixes, 0])(drawn[mixes:])
        fresh = values[mixes:]
        figures.append([f(predicted, fresh[:, at]) for f in (rank_correlation, explained) for at in (0, 1)])
    same, unseen_rho, r2_same, r2_unseen = np.array(figures).T
    return Transfer(same, unseen_rho, r2_same, r2_unseen)


def interval(values: Floats) -> tuple[float, float, float]:
    """Mean of a figure over splits with its 95 % interval (Student's t; splits overlap, so it is rough)."""
    from scipy.stats import t

    mean = float(values.mean())
    if len(values) < 2:
        return mean, -np.inf, np.inf
    half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's rho; 0 where either does not vary."""
    from scipy.stats import rankdata

    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def explained(predicted: Floats, seen: Floats) -> float:
    """R2 of a prediction; below 0 where the mean would have been better."""
    spread = float(((seen - seen.mean()) ** 2).sum())
    return 1 - float(((seen - predicted) ** 2).sum()) / spread if spread else 0.0


def _thirds(groups: list[str], seed: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    part = {names[place]: 4 * index // len(names) for index, place in enumerate(order)}
    at = np.array([part[group] for group in groups])
    return at < 2, at == 2, at == 3


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))))
