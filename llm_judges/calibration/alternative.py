"""The alternative annotator test: may a judge stand in for a person? Pure.

Calderon, Reichart and Dror, "The Alternative Annotator Test for LLM-as-a-Judge" (ACL 2025). Each person is
left out in turn. On every comparison the judge, and the one left out, are scored by the share of the other
people who say the same. The person's advantage is whether they score at least as well as the judge, the
judge's the reverse; a paired t-test asks whether the person's mean advantage exceeds the judge's by less than
epsilon, what a person costs more. The tests are corrected together (Benjamini and Yekutieli 2001, false
discovery rate 5 %). The winning rate is the share of people won against: 0.5 passes. The advantage
probability is the judge's mean advantage, and serves to compare judges.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

from annotation.agreement.groups import Floats
from annotation.votes import Ints, Mask

from .answers import UNKNOWN, Answers, merged

FEWEST_PEOPLE = 3
FEWEST_COMPARISONS = 30  # a person; below, the t-test does not hold
FALSE_DISCOVERIES = 0.05
PASSES = 0.5
EPSILON = 0.15
# What the authors advise: crowd workers, trained annotators, experts.
EPSILONS = (0.1, 0.15, 0.2)


class Person(NamedTuple):
    """One person left out: both advantages and their difference over `comparisons`, `p` of the test."""

    voter: int
    comparisons: int
    advantage: float
    person_advantage: float
    p: float
    wins: bool


class Alternative(NamedTuple):
    """`winning_rate` is the authors' omega, `advantage` their rho; None with a `reason`.

    `left_out` counts people with too few comparisons. `by_epsilon`: the winning rate at each.
    """

    winning_rate: float | None
    advantage: float | None
    people: list[Person]
    left_out: int
    by_epsilon: dict[float, float]
    reason: str | None = None

    @property
    def passes(self) -> bool | None:
        return None if self.winning_rate is None else self.winning_rate >= PASSES


def alternative(
    answers: Answers, people: Mask, judge: Ints, epsilon: float = EPSILON, counts: Ints | None = None
) -> Alternative:
    """The test of one judge; `people` has one element a voter, `judge` (what it says) one a unit.

    With more than two responses a score is the mean over the pairs that a ranking implies.
    """
    counts = answers.counts(people) if counts is None else counts
    three = np.stack([counts[:, 0], counts[:, 1] + counts[:, 3], counts[:, 2]], axis=1)
    others = three.sum(axis=1) - 1
    at = people[answers.voter] & (judge[answers.unit] != UNKNOWN) & (others[answers.unit] > 0)
    unit, voter = answers.unit[at], answers.voter[at]
    own, said = merged(answers.said[at]), merged(judge[unit])
    score = (three[unit, own] - 1) / others[unit]
    score_of_judge = (three[unit, said] - (own == said)) / others[unit]
    key, place = np.unique(voter * (answers.units + 1) + answers.comparison[unit], return_inverse=True)
    number = np.bincount(place)
    gain = np.bincount(place, weights=score_of_judge - score) / np.maximum(number, 1)
    wins, losses = gain > -_ROUNDING, gain < _ROUNDING
    each = key // (answers.units + 1)
    comparisons = np.bincount(each, minlength=len(people))
    tested = np.flatnonzero(comparisons >= FEWEST_COMPARISONS)
    left_out = int((comparisons > 0).sum()) - len(tested)
    if reason := _reason(len(tested), left_out):
        return Alternative(None, None, [], left_out, {}, reason)
    advantage = _means(wins, each, comparisons)[tested]
    of_person = _means(losses, each, comparisons)[tested]
    error = _errors(losses.astype(float) - wins, each, comparisons)[tested]
    n = comparisons[tested]
    p = {one: _p_values(of_person - advantage, error, n, one) for one in {*EPSILONS, epsilon}}
    won = {one: rejected(values) for one, values in p.items()}
    rows = [
        Person(*row)
        for row in zip(
            tested.tolist(),
            n.tolist(),
            advantage.tolist(),
            of_person.tolist(),
            p[epsilon].tolist(),
            won[epsilon].tolist(),
            strict=True,
        )
    ]
    return Alternative(
        float(won[epsilon].mean()),
        float(advantage.mean()),
        rows,
        left_out,
        {one: float(won[one].mean()) for one in EPSILONS},
    )


def rejected(p: Floats, rate: float = FALSE_DISCOVERIES) -> Mask:
    """Which hypotheses fall at this false discovery rate, whatever the tests' dependence (Benjamini and
    Yekutieli 2001)."""
    m = len(p)
    rank = np.arange(1, m + 1)
    order = np.argsort(p, kind="stable")
    below = np.flatnonzero(p[order] <= rank * rate / (m * (1 / rank).sum()))
    found = np.zeros(m, dtype=bool)
    found[order[: below.max(initial=-1) + 1]] = True
    return found


_ROUNDING = 1e-12


def _reason(tested: int, left_out: int) -> str | None:
    if tested >= FEWEST_PEOPLE:
        return None
    return (
        f"the test needs {FEWEST_PEOPLE} people with {FEWEST_COMPARISONS} comparisons each that the judge and"
        f" another person judged too; there are {tested}, and {left_out} with fewer"
    )


def _means(values: Mask, each: Ints, number: Ints) -> Floats:
    return np.bincount(each, weights=values, minlength=len(number)) / np.maximum(number, 1)


def _errors(values: Floats, each: Ints, number: Ints) -> Floats:
    """Standard error of each person's mean."""
    mean = np.bincount(each, weights=values, minlength=len(number)) / np.maximum(number, 1)
    squares = np.bincount(each, weights=np.square(values - mean[each]), minlength=len(number))
    return np.sqrt(squares / np.maximum(number - 1, 1) / np.maximum(number, 1))


def _p_values(difference: Floats, error: Floats, number: Ints, epsilon: float) -> Floats:
    """One-sided: how probable so small a difference were if the true one was epsilon."""
    gap = difference - epsilon
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(error > 0, gap / error, np.where(gap < 0, -np.inf, np.inf))
    p: Floats = stdtr(number - 1, t)
    return p
