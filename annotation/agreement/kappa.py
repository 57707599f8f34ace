"""Cohen's kappa: of one table, and of every pair of annotators. Pure."""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.special import ndtri

from ..votes import Ints, Judgements
from .groups import CLASSES, Floats

FEWEST_SHARED = 30


class Pairwise(NamedTuple):
    """Cohen's kappa of every pair of some annotators over the three classes (voters x voters).

    `voters` are indexes of voters; `shared` counts comparisons that both judged; `kappa` is nan below
    FEWEST_SHARED and where not defined; `error` its standard error.
    """

    voters: Ints
    kappa: Floats
    error: Floats
    shared: Ints


def cohens_kappa(table: Ints, weight: Floats | None = None) -> float | None:
    """Cohen's kappa (1960; weighted 1968) of a square table of counts, `weight` being agreement by cell.

    None when the table is empty or chance agreement is 1.
    """
    value = float(kappas(np.asarray(table, dtype=float)[None], _weight(table, weight))[0][0])
    return value if np.isfinite(value) else None


def kappa_error(table: Ints, weight: Floats | None = None) -> float | None:
    """The asymptotic standard error of `cohens_kappa` (Fleiss, Cohen and Everitt 1969)."""
    value = float(kappas(np.asarray(table, dtype=float)[None], _weight(table, weight))[1][0])
    return value if np.isfinite(value) else None


def kappas(tables: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """(kappa, standard error) of each table in (tables x values x values), `weight` being agreement by cell;
    nan where not defined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        number = tables.sum(axis=(1, 2))
        share = tables / number[:, None, None]
        one, two = share.sum(axis=2), share.sum(axis=1)
        observed = (share * weight).sum(axis=(1, 2))
        by_one, by_two = two @ weight.T, one @ weight
        expected = (one * by_one).sum(axis=1)
        left = np.where(1 - expected > 1e-12, 1 - expected, np.nan)
        kappa = (observed - expected) / left
        lean = (by_one[:, :, None] + by_two[:, None, :]) * (1 - kappa)[:, None, None]
        spread = (share * np.square(weight - lean)).sum(axis=(1, 2))
        around = np.square(kappa - expected * (1 - kappa))
        error = np.sqrt(np.maximum(spread - around, 0) / number) / left
    return kappa, error


def pairwise_kappa(judgements: Judgements, voters: Ints, fewest: int = FEWEST_SHARED) -> Pairwise:
    """Kappa of every pair of the annotators at these indexes, from one sparse product.

    With more than two responses the table counts pairs of responses, and the standard error treats those of
    one comparison as a single observation.
    """
    size, classes = len(voters), len(CLASSES)
    row = np.full(int(judgements.voter.max(initial=-1)) + 1, -1)
    row[voters[voters < len(row)]] = np.flatnonzero(voters < len(row))
    at = row[judgements.voter] >= 0
    voter, unit = row[judgements.voter[at]], judgements.unit[at]
    said = np.sign(judgements.value[at]) + 1
    comparison = judgements.comparison[unit]
    met = _indicator(voter, comparison, size, int(comparison.max(initial=-1)) + 1)
    met.data = np.ones_like(met.data)
    shared = (met @ met.T).toarray().astype(np.int64)
    one, two = np.nonzero(np.triu(shared >= fewest, k=1))
    votes = _indicator(voter * classes + said, unit, size * classes, len(judgements.comparison))
    every = (votes @ votes.T).toarray().reshape(size, classes, size, classes)
    tables = every[one, :, two, :]
    found, spread = kappas(tables, np.eye(classes))
    spread = spread * np.sqrt(tables.sum(axis=(1, 2)) / shared[one, two])
    kappa, error = np.full((size, size), np.nan), np.full((size, size), np.nan)
    for table, values in ((kappa, found), (error, spread)):
        table[one, two] = table[two, one] = values
    return Pairwise(voters, kappa, error, shared)


def by_likeness(pairwise: Pairwise) -> Ints:
    """An order of the annotators that puts those who agree side by side, strangers last."""
    known = np.nan_to_num(pairwise.kappa)
    met = np.isfinite(pairwise.kappa).any(axis=1)
    if met.sum() < 3:
        return np.lexsort((-known.sum(axis=1), ~met))
    centred = known - known[known != 0].mean() * (known != 0)
    _, vectors = np.linalg.eigh(centred)
    leading = vectors[:, -1]
    # An eigenvector has no sign of its own: who agrees more comes first.
    if leading[met] @ known[met].sum(axis=1) < 0:
        leading = -leading
    return np.lexsort((-leading, ~met))


def interval_of(kappa: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Ends of the 95 % interval, element by element."""
    reach = float(ndtri(0.975)) * error
    return np.maximum(kappa - reach, -1.0), np.minimum(kappa + reach, 1.0)


def _weight(table: Ints, weight: Floats | None) -> Floats:
    return np.eye(len(table)) if weight is None else weight


def _indicator(row: Ints, column: Ints, rows: int, columns: int) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(rows, columns))
