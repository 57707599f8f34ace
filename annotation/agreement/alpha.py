"""Krippendorff's alpha from counts, within one kind of annotator or across two. Pure.

Every figure here is a function of sums over units, so that a resample, a comparison left out or an annotator
left out costs a subtraction and not a second pass (`intervals`, `influence`).
"""

from typing import Literal

import krippendorff
import numpy as np

from ..votes import Ints
from .groups import ALL_EQUAL, NO_PAIR, Figure, Floats, Group, Level, votes_by_unit

NO_CEILING = "not computable: both kinds must agree among themselves on the comparisons they share"


def alpha(group: Group, level: Level) -> Figure:
    """Krippendorff's alpha (2011): nominal over the three classes, ordinal over signed preferences.

    An ordinal value carries the strength where its source gives one and is the bare sign elsewhere. Across
    kinds it is the cross-replication reliability kappa_x of Wong, Paritosh and Aroyo (2021): observed
    disagreement over cross pairs only, each unit weighted by its votes; expected disagreement from the two
    margins. How far a kind agrees with itself plays no part.

    None, never 0 or 1, where there is no pair of votes, and where all votes are equal: chance agreement is
    then 1 and alpha is 0/0.
    """
    at = group.at(level)
    if at.others is None:
        return alpha_of_counts(at.counts, level)
    kept = at.kept()
    sums = cross_sums(kept.counts, kept.across).sum(axis=0)
    return figure_of(kappa_x_of_sums(sums, level), len(kept.counts))


def alpha_of_counts(
    counts: Ints, level: Level | Literal["interval", "ratio"], values: Floats | None = None
) -> Figure:
    """Krippendorff's alpha of any (units x values) counts; values are in order. See `alpha` for None.

    `values` are the numbers that interval and ratio distances need; without them, 0, 1, 2 …
    """
    paired = votes_by_unit(counts) > 1
    if not paired.any():
        return Figure(None, NO_PAIR)
    if not paired.all():
        counts = counts[paired]
    used = counts.any(axis=0)
    if used.sum() < 2:
        return Figure(None, ALL_EQUAL)
    domain = np.arange(counts.shape[1]) if values is None else np.asarray(values)
    value = krippendorff.alpha(
        value_counts=counts[:, used], value_domain=domain[used], level_of_measurement=level
    )
    return figure_of(value, len(counts))


def corrected(group: Group, level: Level) -> Figure:
    """kappa_x over the geometric mean of both kinds' own alpha on the same units: what people and judges
    would agree without each side's own noise (Wong et al. 2021, normalised kappa_x).

    None where one kind has no two votes on these units, or does not agree with itself beyond chance.
    """
    kept = group.kept().at(level)
    value = corrected_of_sums(corrected_sums(kept.counts, kept.across).sum(axis=0), level)
    return Figure(float(value)) if np.isfinite(value) else Figure(None, NO_CEILING)


def figure_of(value: float | Floats, units: int) -> Figure:
    """The figure that a number is, 0/0 being "all equal" where there is something to compare."""
    if not units:
        return Figure(None, NO_PAIR)
    return Figure(float(value)) if np.isfinite(value) else Figure(None, ALL_EQUAL)


def within_sums(counts: Ints) -> Floats:
    """What each unit adds to the coincidence matrix, flattened: (units x values²); single votes add 0."""
    values = counts.shape[1]
    both = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(values)
    others = counts.sum(axis=1) - 1
    return (both / np.maximum(others, 1)[:, None, None]).reshape(len(counts), values**2)


def alpha_of_sums(sums: Floats, level: Level) -> Floats:
    """Alpha of added-up `within_sums`, one a row (last axis); nan where all votes are equal."""
    size = round(sums.shape[-1] ** 0.5)
    margin = sums.reshape(*sums.shape[:-1], size, size).sum(axis=-1)
    total = margin.sum(axis=-1)
    if level == "nominal":
        agreeing = sums[..., :: size + 1].sum(axis=-1)
        return _one_minus(total - agreeing, (total**2 - np.square(margin).sum(axis=-1)) / (total - 1))
    delta = distances(margin, level)
    observed = (sums * delta.reshape(*delta.shape[:-2], -1)).sum(axis=-1)
    expected = np.einsum("...i,...ij,...j->...", margin, delta, margin) / (total - 1)
    return _one_minus(observed, expected)


def cross_sums(one: Ints, two: Ints) -> Floats:
    """Each unit's weighted cross pairs, flattened, then both margins: (units x (values² + 2 values))."""
    n, m = one.sum(axis=1), two.sum(axis=1)
    both = one[:, :, None] * two[:, None, :] * ((n + m) / np.maximum(n * m, 1))[:, None, None]
    return np.concatenate([both.reshape(len(one), one.shape[1] ** 2), one, two], axis=1)


def kappa_x_of_sums(sums: Floats, level: Level) -> Floats:
    """Cross-replication reliability of added-up `cross_sums`, one a row; nan where all votes are equal."""
    size = round((sums.shape[-1] + 1) ** 0.5) - 1
    both, one, two = np.split(sums, [size**2, size**2 + size], axis=-1)
    delta = distances(one + two, level)
    total = both.sum(axis=-1)
    observed = (both * delta.reshape(*delta.shape[:-2], -1)).sum(axis=-1)
    expected = np.einsum("...i,...ij,...j->...", one, delta, two)
    # The mean observed over the mean expected; products in place of quotients keep 0/0 in one place.
    return _one_minus(observed * one.sum(axis=-1) * two.sum(axis=-1), expected * total)


def corrected_sums(one: Ints, two: Ints) -> Floats:
    """Each unit's `cross_sums`, then both kinds' `within_sums`."""
    return np.concatenate([cross_sums(one, two), within_sums(one), within_sums(two)], axis=1)


def corrected_of_sums(sums: Floats, level: Level) -> Floats:
    """Normalised kappa_x of added-up `corrected_sums`, one a row; nan where it is not defined."""
    size = round((np.sqrt(4 + 12 * sums.shape[-1]) - 2) / 6)  # 3 size² + 2 size columns
    cross, one, two = np.split(sums, [size**2 + 2 * size, 2 * size**2 + 2 * size], axis=-1)
    own = (alpha_of_sums(part, level) for part in (one, two))
    with np.errstate(invalid="ignore", divide="ignore"):
        ceiling = np.sqrt(np.prod([np.where(value > 0, value, np.nan) for value in own], axis=0))
        return kappa_x_of_sums(cross, level) / ceiling


def distances(margin: Floats, level: Level) -> Floats:
    """Krippendorff's squared differences between values, (… x values x values) from margins (… x values).

    Ordinal distances are those of the values' mid-ranks in the margin.
    """
    if level == "nominal":
        return np.broadcast_to(1.0 - np.eye(margin.shape[-1]), (*margin.shape, margin.shape[-1]))
    rank = np.cumsum(margin, axis=-1) - margin / 2
    return np.square(rank[..., :, None] - rank[..., None, :])


def _one_minus(observed: Floats, expected: Floats) -> Floats:
    # Sums that were subtracted leave rounding where nothing is; one vote that differs adds far more.
    whole = np.isfinite(expected) & (expected > 1e-6)
    return 1 - np.divide(observed, expected, out=np.full(np.shape(expected), np.nan), where=whole)
