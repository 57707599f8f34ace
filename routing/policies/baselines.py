"""Baselines: policies that look at nothing."""

import numpy as np

from ..policy import Problem, Scored, draws, policy


@policy("all_human", "1", share=1.0)
def all_human(problem: Problem, seed: int) -> Scored:
    """People are asked about everything."""
    return _constant(len(problem.open), 1.0, "people are asked about everything")


@policy("all_ai", "1", share=0.0)
def all_ai(problem: Problem, seed: int) -> Scored:
    """The judge's label stands everywhere."""
    return _constant(len(problem.open), 0.0, "the judge is asked about everything")


@policy("random", "1", drawn=True)
def random(problem: Problem, seed: int) -> Scored:
    """A seeded lottery: the baseline that every other policy must beat."""
    return Scored(draws(problem.open.keys, seed, "random"), ["drawn by lot"] * len(problem.open))


def _constant(n: int, value: float, reason: str) -> Scored:
    return Scored(np.full(n, value), [reason] * n)
