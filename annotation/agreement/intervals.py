"""95 % intervals of figures that are functions of sums over comparisons. Pure.

They answer "the same annotators, other comparisons"; for other annotators see `influence`. All units of a
comparison stay together. A percentile bootstrap of comparisons from FEWEST_FOR_BOOTSTRAP on, a jackknife
with Student's t below (Hughes 2022), where the bootstrap is too narrow. The bootstrap of pairs of votes that
KALPHA and evalica use covers 60 to 70 % instead of 95 with five votes a unit (Zapf et al. 2016).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from ..votes import Ints
from .alpha import (
    alpha_of_sums,
    corrected_of_sums,
    corrected_sums,
    cross_sums,
    kappa_x_of_sums,
    within_sums,
)
from .groups import NO_PAIR, Floats, Group, Interval, Level, profiles_of

RESAMPLES = 1000
SEED = 1979
FEWEST = 2
FEWEST_FOR_BOOTSTRAP = 50
# Beyond this draws get slow, and so many different comparisons make the jackknife as good.
MOST_PROFILES = 200
_BATCH = 4_000_000  # numbers held at once

ONE_COMPARISON = "an interval needs at least two comparisons with votes to compare"
UNSTABLE = "too little variety: without some comparisons every vote says the same"

Statistic = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Sums:
    """What each comparison adds to a figure's sums; those that add the same share a row.

    `rows` is (rows x sums), `row` one element a comparison, `comparison` the index each has among the votes.
    `statistic` maps added-up sums, one a row, to figures, nan where undefined.
    """

    rows: Floats
    row: Ints
    comparison: Ints
    statistic: Statistic

    @property
    def number(self) -> Ints:
        """How many comparisons each row stands for."""
        return np.bincount(self.row, minlength=len(self.rows))


def sums_of(group: Group, add: Callable[[Group], Floats], statistic: Statistic) -> Sums:
    """The sums that the paired units of a group add up to, by comparison; `add` gives them by unit."""
    kept = group.kept()
    first, profile = profiles_of(
        kept.counts if kept.others is None else np.concatenate([kept.counts, kept.others], axis=1)
    )
    rows, row = add(kept.where(first)), profile
    start = np.flatnonzero(np.diff(kept.comparison, prepend=-1))
    if len(start) == len(row):
        return Sums(rows, row, kept.comparison, statistic)
    added = np.add.reduceat(rows[row], start, axis=0)
    return Sums(added, np.arange(len(start)), kept.comparison[start], statistic)


def clustered_sums(rows: Ints | Floats, cluster: Ints, statistic: Statistic) -> Sums:
    """Sums in which whole clusters (such as the comparisons of one prompt) stay or go together.

    `rows` is (observations x sums), `cluster` one number an observation.
    """
    order = np.argsort(cluster, kind="stable")
    start = np.flatnonzero(np.diff(cluster[order], prepend=-1))
    added = np.add.reduceat(rows[order], start, axis=0, dtype=float) if len(start) else rows.astype(float)
    first, row = np.arange(len(added)), np.arange(len(added))
    if np.issubdtype(rows.dtype, np.integer):  # counts: many clusters add the same
        first, row = profiles_of(added.astype(np.int64))
    return Sums(added[first], row, np.arange(len(added)), statistic)


def together(sums: Sums, cluster: Ints) -> Sums:
    """The same sums with whole clusters of comparisons in place of single ones; `cluster` has one number for
    each comparison of the votes."""
    return clustered_sums(sums.rows[sums.row], cluster[sums.comparison], sums.statistic)


def alpha_sums(group: Group, level: Level) -> Sums:
    """The sums of alpha, within a kind or across two; units of a comparison must follow each other."""
    if group.others is None:
        return sums_of(
            group.at(level), lambda of: within_sums(of.counts), lambda sums: alpha_of_sums(sums, level)
        )
    return sums_of(
        group.at(level),
        lambda of: cross_sums(of.counts, of.across),
        lambda sums: kappa_x_of_sums(sums, level),
    )


def corrected_alpha_sums(group: Group, level: Level) -> Sums:
    """The sums of `alpha.corrected`."""
    return sums_of(
        group.at(level),
        lambda of: corrected_sums(of.counts, of.across),
        lambda sums: corrected_of_sums(sums, level),
    )


def raw_sums(group: Group) -> Sums:
    """The sums of raw agreement: agreeing pairs of votes and all pairs, over the three classes."""
    return sums_of(group.classes(), pairs_of_votes, lambda sums: sums[..., 0] / np.maximum(sums[..., 1], 1))


def pairs_of_votes(of: Group) -> Floats:
    """(units x 2): pairs of votes that say the same, and all pairs."""
    if of.others is None:
        total = of.counts.sum(axis=1)
        agreeing, every = (of.counts * (of.counts - 1)).sum(axis=1) / 2, total * (total - 1) / 2
    else:
        agreeing, every = (of.counts * of.others).sum(axis=1), of.counts.sum(axis=1) * of.others.sum(axis=1)
    return np.stack([agreeing, every], axis=1).astype(float)


def interval(sums: Sums, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The 95 % interval, by bootstrap where it holds and by jackknife elsewhere.

    The same votes give the same interval, in whatever order.
    """
    if len(sums.row) >= FEWEST_FOR_BOOTSTRAP and len(sums.rows) <= MOST_PROFILES:
        return bootstrap(sums, resamples, seed)
    return jackknife(sums, sums.number)


def bootstrap(sums: Sums, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """Percentile interval over resampled comparisons.

    Comparisons that add the same are one category of a multinomial draw, so that a resample costs the same
    for a hundred comparisons or a million.
    """
    order = np.lexsort(sums.rows.T)
    rows, number = sums.rows[order], sums.number[order]
    rng = np.random.default_rng(seed)
    size = max(1, min(resamples, _BATCH // max(rows.size, 1)))
    found = []
    for start in range(0, resamples, size):
        drawn = rng.multinomial(number.sum(), number / number.sum(), min(size, resamples - start))
        found.append(sums.statistic(drawn @ rows))
    figures = np.concatenate(found)
    figures = figures[np.isfinite(figures)]
    if len(figures) < 0.95 * resamples:
        return Interval(None, UNSTABLE)
    low, high = np.quantile(figures, [0.025, 0.975])
    return Interval([float(low), float(high)])


def jackknife(sums: Sums, number: Ints) -> Interval:
    """Student's t around the figure with the jackknife's standard error over comparisons, within -1 to 1.

    `number` says how many comparisons of each row count: all of them, or those of one category.
    """
    clusters = int(number.sum())
    if not clusters:
        return Interval(None, NO_PAIR)
    if clusters < FEWEST:
        return Interval(None, ONE_COMPARISON)
    at = np.flatnonzero(number)
    rows, weight = sums.rows[at], number[at]
    total = weight @ rows
    size = max(1, _BATCH // rows.shape[1])
    left_out = np.concatenate(
        [sums.statistic(total - rows[start : start + size]) for start in range(0, len(rows), size)]
    )
    centre = float(sums.statistic(total))
    if not (np.isfinite(centre) and np.isfinite(left_out).all()):
        return Interval(None, UNSTABLE)
    around = left_out - weight @ left_out / clusters
    error = float(np.sqrt((clusters - 1) / clusters * (weight @ np.square(around))))
    reach = float(stdtrit(clusters - 1, 0.975)) * error
    return Interval([max(centre - reach, -1.0), min(centre + reach, 1.0)])


def wilson(successes: Floats, number: Floats) -> tuple[Floats, Floats]:
    """Wilson's (1927) 95 % interval of shares, element by element; nan where `number` is 0."""
    z = float(ndtri(0.975))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = successes / number
        middle = (share + z**2 / (2 * number)) / (1 + z**2 / number)
        reach = z / (1 + z**2 / number) * np.sqrt(share * (1 - share) / number + z**2 / (4 * number**2))
    return np.maximum(middle - reach, 0.0), np.minimum(middle + reach, 1.0)
