"""HyPER's own procedure (Miranda et al. 2025, section 3), for researchers and as a baseline. Pure: no Django.

A mix says who labels each comparison. Its features are counts: how many comparisons with each tag go to
people. A performance prediction model (PPM), least squares on the counts and, if quadratic, on their
products, learns from mixes whose performance is known. It then picks either the best predicted of 500
simulated mixes or the comparisons with the highest gain of a mix that holds nothing else. What it does with
counts is kept as published, weak points included: no scaling, no penalty, gains taken far outside the range
it learned from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .policy import Floats

Mixes = NDArray[np.bool_]

LEARNED_FROM = 200
SIMULATED = 500


@dataclass(frozen=True, slots=True)
class PPM:
    """Predicts the performance of a mix from its counts of tags, (mixes, tags)."""

    quadratic: bool
    centre: Floats
    intercept: float
    weights: Floats

    def predict(self, counts: Floats) -> Floats:
        """Predicted performance, (mixes,), in the unit of what it was fitted on."""
        return np.asarray(self.intercept + (_terms(counts, self.quadratic) - self.centre) @ self.weights)


def candidates(tags: Mixes, number: int, seed: int, people: int | None = None) -> Iterator[Mixes]:
    """Mixes in the paper's way, `number` of shape (n,): whole tags in random order until the mix is full.

    `tags` is (n, t). Each mix has `people` comparisons, or a size drawn from 1..n-1; of the tag that fills
    it only as many as fit, drawn at random, and where all tags together do not fill it, any others.
    """
    for own in np.random.SeedSequence(seed).spawn(number):
        rng = np.random.default_rng(own)
        yield _mix(tags, people if people is not None else int(rng.integers(1, len(tags))), rng)


def _mix(tags: Mixes, size: int, rng: np.random.Generator) -> Mixes:
    mix = np.zeros(len(tags), dtype=np.bool_)
    for tag in rng.permutation(tags.shape[1]):
        new = np.flatnonzero(tags[:, tag] & ~mix)
        room = size - int(mix.sum())
        mix[new if len(new) <= room else rng.choice(new, room, replace=False)] = True
        if len(new) >= room:
            return mix
    rest = np.flatnonzero(~mix)
    mix[rng.choice(rest, size - int(mix.sum()), replace=False)] = True
    return mix


def fit(counts: Floats, performance: Floats, quadratic: bool = True) -> PPM:
    """Least squares of least norm on counts (mixes, tags) against performance (mixes,)."""
    terms = _terms(counts, quadratic)
    centre = terms.mean(axis=0)
    weights = np.linalg.lstsq(terms - centre, performance - performance.mean(), rcond=None)[0]
    return PPM(quadratic, centre, float(performance.mean()), weights)


def learn(
    tags: Mixes,
    performance: Callable[[Mixes], Floats],
    seed: int = 0,
    quadratic: bool = True,
    mixes: int = LEARNED_FROM,
) -> PPM:
    """A PPM from candidate mixes of the seed comparisons; `performance` measures (mixes, n) of them."""
    drawn = np.array(list(candidates(tags, mixes, seed)))
    return fit(counted(drawn, tags), performance(drawn), quadratic)


def counted(mixes: Mixes, tags: Mixes) -> Floats:
    """How many comparisons of each tag a mix gives to people: (mixes, tags) from (mixes, n) and (n, tags)."""
    return np.array([np.count_nonzero(tags[mix], axis=0) for mix in mixes], dtype=np.float64)


def single_gains(ppm: PPM, tags: Mixes) -> Floats:
    """Top-k rule: PPM of a mix with this one comparison minus PPM of one with none; (n,)."""
    nothing = np.zeros((1, tags.shape[1]))
    kinds, at = np.unique(tags, axis=0, return_inverse=True)
    return np.asarray((ppm.predict(kinds.astype(np.float64)) - ppm.predict(nothing))[at])


def best_of(ppm: PPM, tags: Mixes, people: int, seed: int = 0, number: int = SIMULATED) -> Mixes:
    """Simulation rule: the best predicted of `number` mixes with `people` comparisons; (n,)."""
    best, height = np.zeros(len(tags), dtype=np.bool_), -np.inf
    for mix in candidates(tags, number, seed, people):  # one at a time: a project may hold a million
        predicted = float(ppm.predict(counted(mix[None], tags))[0])
        if predicted > height:
            best, height = mix, predicted
    return best


def _terms(counts: Floats, quadratic: bool) -> Floats:
    if not quadratic:
        return counts
    one, other = np.triu_indices(counts.shape[1])
    return np.hstack([counts, counts[:, one] * counts[:, other]])
