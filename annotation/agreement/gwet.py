"""Corrected for chance in other ways than alpha: Gwet's AC1 and AC2, Fleiss, Brennan-Prediger, Conger. Pure.

Formulas and standard errors: Gwet, Handbook of Inter-Rater Reliability (2014), chapters 3 to 5; AC1: Gwet
(2008). The chance term counts categories, so these are given the scale's values, not those that occur.
"""

from typing import Literal, NamedTuple

import numpy as np
from scipy.special import stdtrit

from ..votes import Ints, Judgements, Mask
from .groups import ALL_EQUAL, NO_PAIR, Floats, Group

Chance = Literal["gwet", "fleiss", "uniform"]
Weights = Literal["identity", "linear", "quadratic", "ordinal", "bipolar"]


class Corrected(NamedTuple):
    """A chance-corrected figure, its standard error and 95 % interval, or None and why there is none."""

    value: float | None
    error: float | None = None
    ends: list[float] | None = None
    reason: str | None = None


def weights(kind: Weights, categories: int) -> Floats:
    """(categories x categories) agreement of two values: 1 on the diagonal, less the further apart."""
    one, two = np.indices((categories, categories)).astype(float)
    apart, last = np.abs(one - two), max(categories - 1, 1)
    if kind == "identity":
        return np.eye(categories)
    if kind == "linear":
        return 1 - apart / last
    if kind == "quadratic":
        return 1 - np.square(apart / last)
    if kind == "ordinal":
        return 1 - apart * (apart + 1) / (last * (last + 1))
    reach = (one + two) * (2 * last - one - two)
    return 1 - np.divide(np.square(apart), reach, out=np.zeros_like(reach), where=reach > 0)


def chance_corrected(group: Group, chance: Chance, weight: Floats) -> Corrected:
    """(observed - expected) / (1 - expected), with the expected agreement of `chance`:

    - gwet: AC1 (identity weights) and AC2, from the spread over categories;
    - fleiss: Fleiss' kappa generalised to missing votes, from the margin;
    - uniform: Brennan-Prediger, every category alike (Randolph's free-marginal kappa).

    Within a kind every unit counts once, and those with a single vote count for the margin, as Gwet does.
    Across kinds, a unit's observed agreement is that of its cross pairs and each kind is one of two raters.
    The standard error is that of the linearised figure, units of one comparison added up first.
    """
    counts, others = group.counts.astype(float), group.others
    categories = counts.shape[1]
    if others is None:
        voted = counts.sum(axis=1) > 0
        counts, comparison = counts[voted], group.comparison[voted]
        share = counts / counts.sum(axis=1, keepdims=True)
        observed, paired = _observed(counts, weight)
    else:
        both = group.paired
        one, two = counts[both], others[both].astype(float)
        one, two = one / one.sum(axis=1, keepdims=True), two / two.sum(axis=1, keepdims=True)
        comparison, share = group.comparison[both], (one + two) / 2
        paired = np.ones(len(share), dtype=bool)
        observed = ((one @ weight) * two).sum(axis=1)
    if not paired.any():
        return Corrected(None, reason=NO_PAIR)
    margin = share.mean(axis=0)
    spread = weight.sum() / (categories * (categories - 1))
    if chance == "gwet":
        expected, by_unit, slope = spread * margin @ (1 - margin), spread * share @ (1 - margin), 2.0
    elif chance == "fleiss":
        expected, by_unit, slope = margin @ weight @ margin, share @ ((weight + weight.T) / 2) @ margin, 2.0
    else:
        expected, by_unit, slope = weight.mean(), np.zeros(len(share)), 0.0
    if 1 - expected < 1e-9:
        return Corrected(None, reason=ALL_EQUAL)
    value = (observed[paired].mean() - expected) / (1 - expected)
    scale = len(share) / paired.sum()
    linear = scale * np.where(paired, observed - expected, 0.0) / (1 - expected)
    if slope:
        linear = linear - slope * (1 - value) * (by_unit - expected) / (1 - expected)
    return _with_error(float(value), linear - value, comparison)


def conger(judgements: Judgements, of: Mask, said: Ints, weight: Floats) -> Corrected:
    """Conger's (1980) kappa among the judgements that `of` picks, each in the category `said`: chance as each
    annotator's own habits have it, not the margin of all. With two annotators and no gaps it is Cohen's.

    Gwet's treatment of missing votes and his linearised standard error, units of a comparison added up first.
    None with a single annotator.
    """
    unit, voter, said = judgements.unit[of], judgements.voter[of], said[of]
    units, unit = np.unique(unit, return_inverse=True)
    voters, voter = np.unique(voter, return_inverse=True)
    n, r, categories = len(units), len(voters), len(weight)
    counts = np.bincount(unit * categories + said, minlength=n * categories).reshape(n, categories)
    observed, paired = _observed(counts.astype(float), weight)
    if r < 2 or not paired.any():
        return Corrected(None, reason=NO_PAIR)
    table = np.bincount(voter * categories + said, minlength=r * categories).reshape(r, categories)
    number = table.sum(axis=1)
    share = table / number[:, None]
    mean = share.mean(axis=0)
    between = (share.T @ share - r * np.outer(mean, mean)) / (r - 1)
    expected = float((weight * (np.outer(mean, mean) - between / r)).sum())
    if 1 - expected < 1e-9:
        return Corrected(None, reason=ALL_EQUAL)
    value = (observed[paired].mean() - expected) / (1 - expected)
    # How far one vote moves the expected agreement: by its annotator's habit against that of all the others.
    pull = (r * mean - share) @ weight
    habit = (pull * share).sum(axis=1)
    moved = n / number[voter] * (pull[voter, said] - habit[voter])
    by_unit = (habit.sum() + np.bincount(unit, moved, n)) / (r * (r - 1))
    linear = n / paired.sum() * np.where(paired, observed - expected, 0.0) / (1 - expected)
    linear = linear - 2 * (1 - value) * (by_unit - expected) / (1 - expected)
    return _with_error(float(value), linear - value, judgements.comparison[units])


def _observed(counts: Floats, weight: Floats) -> tuple[Floats, Mask]:
    """The share of agreeing pairs of votes of each unit, and which units have a pair."""
    votes = counts.sum(axis=1)
    paired = votes > 1
    agreeing = (counts * (counts @ weight - 1)).sum(axis=1)
    return np.divide(agreeing, votes * (votes - 1), out=np.zeros_like(votes), where=paired), paired


def _with_error(value: float, around: Floats, comparison: Ints) -> Corrected:
    _, cluster = np.unique(comparison, return_inverse=True)
    added = np.bincount(cluster, weights=around)
    clusters = len(added)
    if clusters < 2:
        return Corrected(value)
    error = float(np.sqrt(clusters / (clusters - 1) * np.square(added).sum()) / len(around))
    reach = float(stdtrit(clusters - 1, 0.975)) * error
    return Corrected(value, error, [max(value - reach, -1.0), min(value + reach, 1.0)])


def counts_on(values: Ints, group: Group) -> Group:
    """A group's counts on the scale's columns: those at these indexes and any other that is used."""
    every = group.counts if group.others is None else np.concatenate([group.counts, group.others])
    used = np.isin(np.arange(every.shape[1]), values) | every.any(axis=0)
    others = None if group.others is None else group.others[:, used]
    return Group(group.counts[:, used], group.comparison, others)
