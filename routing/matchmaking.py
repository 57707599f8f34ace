"""Which comparison to ask about next, where models are to be ranked: matchmaking by Bayesian skill. Pure.

The idea is that of K-Sort Arena (Li et al. 2024, arXiv 2408.14468): models have Gaussian skills, an answer is
a pair or a ranking of k with ties, and what is asked next balances exploitation, an answer that should tell
much, with exploration, models that rarely met.

Skills are log odds with a Gaussian prior, and the posterior is Gaussian too: Bradley-Terry by Newton's method
with Laplace's approximation, ties as half wins. K-Sort Arena updates each model by itself after each answer
(Weng & Lin 2011, JMLR 12). That forgets that models which met share their errors, and takes the pairs of a
ranking for independent: its intervals contain the truth too seldom (`benchmarks/matchmaking.py`), and the
order of answers matters. Here the models have one covariance, and the order of answers does not matter.

The pairs of one ranking are not independent. Each counts `weight(k)`, a composite likelihood (Varin et al.
2011): what a ranking of k equals tells by Plackett-Luce over what its k(k - 1)/2 pairs would by themselves.

The worth of a pair sums over all pairs of models how doubtful their order is, exp(-z²/2), times the part of
the variance of their difference that the answer should take away. To it comes a bonus for exploring,
EXPLORE log(1 + all that met) / (1 + this pair met): an upper confidence bound without its root, so that it
falls as what an answer tells falls and pairs that are settled stay behind. K-Sort Arena's exact formula was
not at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Of one skill before any answer: of two models one is better by log odds of 2.8, typically.
FIRST_VARIANCE = 4.0
EXPLORE = 0.02

# So many comparisons are put in order one after the other, each as if those before it had been answered,
# chosen from so many sets of models at most.
AHEAD = 500
SETS = 2000

STEPS = 50
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Skills:
    """What is known of n models: `mean` (n,) in log odds, 0 over all, and `covariance` (n, n); `met` (n, n)
    counts how often each pair was compared, a pair of a ranking by its weight."""

    mean: Floats
    covariance: Floats
    met: Floats

    @property
    def error(self) -> Floats:
        """Standard deviations (n,) of each skill's difference to the mean skill, which is what a table of
        them shows."""
        n = len(self.mean)
        centre = np.eye(n) - 1 / max(n, 1)
        return np.sqrt(np.maximum(np.diag(centre @ self.covariance @ centre), 0))


def weight(k: int) -> float:
    """What a pair of a ranking of k counts: 1 for a pair by itself, less for more."""
    return 4 * sum((m - 1) / m for m in range(2, k + 1)) / (k * (k - 1))


def learn(models: int, first: Ints, second: Ints, score: Floats, k: Ints) -> Skills:
    """Skills from all pairs that were compared, one element each: `first` and `second` of `models` models,
    never the same, `score` 1 where the first won, 0.5 for a tie, and of how many `k` the ranking was."""
    sizes, which = np.unique(k, return_inverse=True)
    counts = np.array([weight(size) for size in sizes.tolist()])[which] if len(k) else np.zeros(0)
    won = np.zeros((models, models))
    np.add.at(won, (first, second), counts * score)
    np.add.at(won, (second, first), counts * (1 - score))
    met: Floats = won + won.T
    mean: Floats = np.zeros(models)
    for _ in range(STEPS):
        # The log posterior is concave, and flat enough for Newton's steps from the prior mean.
        wins = met * expit(mean[:, None] - mean)
        step = np.linalg.solve(_precision(met, mean), won.sum(1) - wins.sum(1) - mean / FIRST_VARIANCE)
        mean = mean + step
        if np.abs(step).max(initial=0) < TOLERANCE:
            break
    covariance = np.asarray(np.linalg.inv(_precision(met, mean)), dtype=np.float64)
    return Skills(mean, covariance, met)


def priorities(
    sets: Sequence[Sequence[int]], of: Ints, ties: Floats, skills: Skills, ahead: int = AHEAD
) -> Floats:
    """How urgent n open comparisons are, (n,): more is sooner. `sets` are different sets of two models or
    more, and `of` (n,) says which of them a comparison is between; `ties` (n,), 0 to 1, decides between
    equals.

    The first `ahead` follow one another, each chosen as if those before it had been answered: otherwise all
    comparisons of the same few models would come first. The others follow by what they are worth then.
    """
    found = np.full(len(of), np.nan)
    if not len(of):
        return found
    waiting = _by_set(of, ties, len(sets))
    lots = np.array([ties[rows[-1]] if rows else 1.0 for rows in waiting])
    skills = Skills(skills.mean, skills.covariance.copy(), skills.met.copy())
    begin = worths(sets, skills)
    near = np.lexsort((lots, -begin))[:SETS]
    near = near[[bool(waiting[at]) for at in near.tolist()]]
    close = _Pairs.of([sets[at] for at in near.tolist()])
    last = np.inf
    for _ in range(min(ahead, len(of))):
        worth = close.mean_of(_table(skills))
        worth[[not waiting[at] for at in near.tolist()]] = -np.inf
        best = int(np.lexsort((lots[near], -worth))[0])
        if worth[best] == -np.inf:
            break
        last = min(last, float(worth[best]))
        found[waiting[near[best]].pop()] = last
        _ask(skills, sets[near[best]])
    rest = np.isnan(found)
    found[rest] = np.minimum(worths(sets, skills), last)[of[rest]] - 1e-9 * (1 + ties[rest])
    return found


def worths(sets: Sequence[Sequence[int]], skills: Skills) -> Floats:
    """What an answer about each of these sets of models is worth: the mean over its pairs, so that more
    responses, which take more time, do not come first for being more."""
    return _Pairs.of(sets).mean_of(_table(skills))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """All pairs of some sets: `row` says of which set each is."""

    row: Ints
    one: Ints
    other: Ints
    number: Ints

    @classmethod
    def of(cls, sets: Sequence[Sequence[int]]) -> "_Pairs":
        found = [(row, *pair) for row, models in enumerate(sets) for pair in combinations(models, 2)]
        row, one, other = np.array(found, dtype=np.int64).reshape(-1, 3).T
        return cls(row, one, other, np.bincount(row, minlength=len(sets)))

    def mean_of(self, table: Floats) -> Floats:
        found: Floats = np.bincount(self.row, table[self.one, self.other], len(self.number)) / self.number
        return found


def _precision(met: Floats, mean: Floats) -> Floats:
    wins = expit(mean[:, None] - mean)
    between = met * wins * (1 - wins)
    found: Floats = np.diag(between.sum(1) + 1 / FIRST_VARIANCE) - between
    return found


def _table(skills: Skills) -> Floats:
    """The worth (n, n) of a comparison of each pair of models."""
    ahead = skills.mean[:, None] - skills.mean
    alone = np.diag(skills.covariance)
    variance = np.maximum(alone[:, None] + alone - 2 * skills.covariance, 1e-12)
    doubt = np.exp(-(ahead**2) / (2 * variance)) / variance
    np.fill_diagonal(doubt, 0)
    # By how much an answer about i and j moves a against b is cov(a - b, i - j): summed over all pairs a, b.
    moved = skills.covariance @ (np.diag(doubt.sum(1)) - doubt) @ skills.covariance
    each = np.diag(moved)
    told = expit(ahead) * expit(-ahead)
    exploit = (each[:, None] + each - 2 * moved) * told / (1 + variance * told)
    explore = np.log1p(skills.met.sum() / 2) / (1 + skills.met)
    return exploit + EXPLORE * explore


def _ask(skills: Skills, models: Sequence[int]) -> None:
    """As if these models had been compared, without anything unexpected: the same means, less variance."""
    share, covariance = weight(len(models)), skills.covariance
    for one, other in combinations(models, 2):
        move = covariance[:, one] - covariance[:, other]
        wins = expit(skills.mean[one] - skills.mean[other])
        told = share * wins * (1 - wins)
        covariance -= np.outer(move, move) * told / (1 + (move[one] - move[other]) * told)
        skills.met[one, other] += share
        skills.met[other, one] += share


def _by_set(of: Ints, ties: Floats, sets: int) -> list[list[int]]:
    """The comparisons of each set, the one with the lowest lot last."""
    found: list[list[int]] = [[] for _ in range(sets)]
    for at in np.argsort(-ties, kind="stable").tolist():
        found[of[at]].append(at)
    return found
