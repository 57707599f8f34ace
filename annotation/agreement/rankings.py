"""Agreement on rankings of more than two responses: Kendall's tau-b and W. Pure.

Alpha on the pairs that rankings imply comes from the same code as for pairs. Responses that a ranking leaves
uncompared (`~`) count as nothing in tau and share the middle of their places in W.
"""

from typing import NamedTuple

import numpy as np

from ..ranking import Ranking, letters, pairs
from ..votes import Ints, Mask, Vote, Votes
from .groups import Floats, Interval
from .intervals import Sums, jackknife


class Concordance(NamedTuple):
    """A mean over comparisons with its interval; None where no comparison has two rankings."""

    value: float | None
    interval: Interval
    comparisons: int


NO_RANKINGS = "no comparison of more than two responses has two rankings"


def tau_b(votes: Votes, one_of: Mask | None = None) -> Concordance:
    """Kendall's tau-b between two annotators of a comparison: the mean over their pairs, then over
    comparisons. A ranking without any preference agrees with none and is left out.

    With `one_of` (one element a voter) only pairs of which exactly one is among these.
    """
    means, comparisons = [], []
    for k, rows in _by_size(votes):
        signs = np.stack([_signs(vote, k) for vote in votes.distinct])  # rows of other sizes stay nan
        comparison = votes.comparison[rows]
        one, two = _couples(comparison)
        if one_of is not None:
            crossing = one_of[votes.voter[rows[one]]] != one_of[votes.voter[rows[two]]]
            one, two = one[crossing], two[crossing]
        left, right = signs[votes.code[rows][one]], signs[votes.code[rows][two]]
        both = np.isfinite(left) & np.isfinite(right)
        left, right = np.where(both, left, 0.0), np.where(both, right, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            tau = (left * right).sum(axis=1) / np.sqrt(
                np.square(left).sum(axis=1) * np.square(right).sum(axis=1)
            )
        known = np.isfinite(tau)
        of, place = np.unique(comparison[one][known], return_inverse=True)
        means.append(np.bincount(place, weights=tau[known]) / np.bincount(place))
        comparisons.append(of)
    return _mean(means, comparisons)


def concordance(votes: Votes) -> Concordance:
    """Kendall's W, corrected for ties: the mean over comparisons with two rankings or more."""
    found, comparisons = [], []
    for k, rows in _by_size(votes):
        places = np.stack([_places(vote, k) for vote in votes.distinct])
        of, place, number = np.unique(votes.comparison[rows], return_inverse=True, return_counts=True)
        order = np.argsort(place, kind="stable")
        start = np.cumsum(number) - number
        w = kendalls_w(places[votes.code[rows]][order], start)
        w[number < 2] = np.nan
        known = np.isfinite(w)
        found.append(w[known])
        comparisons.append(of[known])
    return _mean(found, comparisons)


def kendalls_w(places: Floats, start: Ints) -> Floats:
    """Kendall's W of each block of rankings, corrected for ties (Siegel and Castellan 1988, 9.7).

    `places` is (rankings x items), tied items sharing the middle of their places; a block begins at each
    element of `start`. nan where every ranking ties everything.
    """
    items = places.shape[1]
    rankings = np.diff(np.append(start, len(places)))
    total = np.add.reduceat(places, start, axis=0)
    spread = np.square(total - total.mean(axis=1, keepdims=True)).sum(axis=1)
    # A ranking's sum of squared places falls by (t³ - t) / 12 for every t tied items.
    full = (items**3 - items) / 12
    ties = full - np.square(places - places.mean(axis=1, keepdims=True)).sum(axis=1)
    whole = rankings**2 * full - rankings * np.add.reduceat(ties, start)
    return np.divide(spread, whole, out=np.full(len(start), np.nan), where=whole > 1e-9)


def middle_places(ranking: Ranking, k: int) -> list[float]:
    """The place of each of k letters, 1 best; those of a tier share the middle of theirs."""
    if ranking.both_bad:
        return [(k + 1) / 2] * k
    place, before = {}, 0
    for tier in ranking.tiers:
        place.update(dict.fromkeys(tier, before + (len(tier) + 1) / 2))
        before += len(tier)
    return [place[letter] for letter in letters(k)]


def _by_size(votes: Votes) -> list[tuple[int, Ints]]:
    """(k, indexes of its votes) for every k above 2."""
    k = np.array([vote.k for vote in votes.distinct], dtype=np.int64)
    return [(int(size), np.flatnonzero(k[votes.code] == size)) for size in np.unique(k[k > 2])]


def _signs(vote: Vote, k: int) -> Floats:
    """What a vote says of every pair of k letters, nan where it compares none."""
    place = {pair: index for index, pair in enumerate(_every_pair(k))}
    signs = np.full(len(place), np.nan)
    if vote.k == k:
        for one, two, sign in pairs(vote.parsed, k):
            signs[place[one, two]] = sign
    return signs


def _places(vote: Vote, k: int) -> Floats:
    return np.array(middle_places(vote.parsed, k) if vote.k == k else [np.nan] * k)


def _every_pair(k: int) -> list[tuple[str, str]]:
    return [(one, two) for one, two, _ in pairs(Ranking((), both_bad=True), k)]


def _couples(comparison: Ints) -> tuple[Ints, Ints]:
    """Indexes of every two votes on the same comparison; votes are ordered by comparison."""
    start = np.flatnonzero(np.diff(comparison, prepend=-1))
    number = np.diff(np.append(start, len(comparison)))
    later = np.repeat(start + number, number) - np.arange(len(comparison)) - 1
    one = np.repeat(np.arange(len(comparison)), later)
    within = np.arange(len(one)) - np.repeat(np.cumsum(later) - later, later)
    return one, one + 1 + within


def _mean(values: list[Floats], comparisons: list[Ints]) -> Concordance:
    every = np.concatenate(values) if values else np.zeros(0)
    if not len(every):
        return Concordance(None, Interval(None, NO_RANKINGS), 0)
    rows = np.stack([every, np.ones(len(every))], axis=1)
    at = np.arange(len(every))
    sums = Sums(rows, at, np.concatenate(comparisons), lambda added: added[..., 0] / added[..., 1])
    return Concordance(float(every.mean()), jackknife(sums, sums.number), len(every))
