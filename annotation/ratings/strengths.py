"""What every fit gives: strengths with their covariance, and what may be read off them. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ..votes import Ints

Floats = NDArray[np.float64]

ELO = 400 / np.log(10)
ELO_MEAN = 1000.0
Z95 = 1.959964

MOST_STEPS = 100
LONGEST_STEP = 3.0  # further out a Newton step says little
TOLERANCE = 1e-9  # of the gradient, an observation

# A cell of a full table costs about a 170th of a pair of entries of a sparse one: measured from 20 to 1,000
# models. Full is quicker up to this many parameters for each entry of a cluster.
DENSE = 13
_CACHED = 1 << 18


@dataclass(frozen=True)
class Strengths:
    """Log strengths of models, mean 0 in each group; P(i beats j) is the logistic function of the difference.

    `covariance` is (models, models): the sandwich, clustered as the data were; `model_covariance` trusts the
    model. `group` numbers the groups of models that met, directly or by way of others: strengths of different
    groups cannot be compared. `unbeaten`: some models never lost to the others of their group, or never won,
    so that half a win each way was added to every pair that met to keep their strengths finite.
    `extra` are further parameters: effects of covariates, then the log of Davidson's tie parameter.
    """

    strength: Floats
    covariance: Floats
    model_covariance: Floats
    group: Ints
    unbeaten: bool
    extra: Floats
    extra_error: Floats
    likelihood: float
    iterations: int
    converged: bool

    @property
    def error(self) -> Floats:
        """Standard errors of the strengths."""
        result: Floats = np.sqrt(np.maximum(np.diag(self.covariance), 0))
        return result


def totals(at: Ints, value: Floats, size: int) -> Floats:
    """Sums of the values at each of `size` places."""
    return np.asarray(np.bincount(at, value, size), dtype=np.float64)


def elo(strength: Floats) -> Floats:
    """Strengths on the scale of chess ratings: 400 points are odds of ten to one, the mean is 1000."""
    result: Floats = ELO_MEAN + ELO * strength
    return result


def rank_intervals(strengths: Strengths, draws: int = 2000, seed: int = 0) -> Ints:
    """(models, 2): the 95 % interval of each model's rank within its group, 1 best, from joint draws.

    Overlapping intervals of strengths do not say that ranks may be swapped; draws of all of them do.
    """
    values, vectors = np.linalg.eigh(strengths.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    normal = np.random.default_rng(seed).standard_normal((draws, len(values)))
    drawn = strengths.strength + normal @ root.T
    ends = np.empty((len(values), 2), dtype=np.int64)
    for number in np.unique(strengths.group):
        members = np.flatnonzero(strengths.group == number)
        ranks = np.argsort(np.argsort(-drawn[:, members], axis=1), axis=1) + 1
        low, high = np.percentile(ranks, (2.5, 97.5), axis=0, method="closest_observation")
        ends[members, 0], ends[members, 1] = low, high
    return ends


def groups(wins: Floats) -> tuple[Ints, bool]:
    """From (models, models), how often row beat column: the group of each model, and whether in some group
    not everybody has beaten everybody by way of others (then the likelihood has no maximum)."""
    graph = csr_array(wins > 0)
    together, number = connected_components(graph, directed=False)
    strong, _ = connected_components(graph, directed=True, connection="strong")
    return number.astype(np.int64), bool(strong > together)


def inverse(information: Floats, group: Ints) -> Floats:
    """The inverse of an information matrix (models first, further parameters after) on the space where the
    strengths of every group sum to 0."""
    models = len(group)
    padded: Floats = information.copy()
    same = group[:, None] == group[None, :]
    scale = max(float(np.abs(np.diag(information)).max()), 1e-12)
    projector = same / same.sum(1, keepdims=True)
    padded[:models, :models] += scale * projector
    try:
        found = np.asarray(np.linalg.inv(padded), dtype=np.float64)
    except np.linalg.LinAlgError:  # the votes say nothing of a parameter: it stays where it is
        found = np.asarray(np.linalg.pinv(padded, hermitian=True), dtype=np.float64)
    found[:models, :models] -= projector / scale
    return found


class Point(NamedTuple):
    """Where a climb has come to: the log likelihood, its gradient and minus its second derivatives."""

    likelihood: float
    gradient: Floats
    information: Floats


def climbed(
    at: Callable[[Floats], Point], size: int, group: Ints, observations: int
) -> tuple[Floats, Point, int, bool]:
    """The maximum by Newton's method from 0 on, steps halved until they climb.

    Gives the parameters, what is there, the number of steps, and whether the gradient vanished.
    """
    parameters = np.zeros(size)
    point = at(parameters)
    for step in range(MOST_STEPS):
        if float(np.abs(point.gradient).max()) < TOLERANCE * observations:
            return parameters, point, step, True
        direction = inverse(point.information, group) @ point.gradient
        length = min(1.0, LONGEST_STEP / float(np.abs(direction).max()))
        for _ in range(20):  # at the optimum rounding may keep it from climbing
            new = at(parameters + length * direction)
            if new.likelihood >= point.likelihood - 1e-12 * abs(point.likelihood):
                break
            length /= 2
        parameters, point = parameters + length * direction, new
    return parameters, point, MOST_STEPS, False


def clustered(cluster: Ints, parts: Sequence[tuple[Ints, Floats]], size: int) -> Floats:
    """The meat of a sandwich: scores are summed in clusters; gives the sum over clusters of the sums' outer
    products, (size, size), with the usual correction for few clusters.

    A part is (parameter, score), one element for each of `cluster`, which numbers the clusters from 0 on, in
    order.
    """
    clusters = int(cluster[-1]) + 1
    if size > DENSE * len(cluster) * len(parts) / clusters:
        columns, scores = (np.stack(each, axis=1).ravel() for each in zip(*parts, strict=True))
        ends = np.searchsorted(cluster, np.arange(clusters + 1)) * len(parts)
        summed = csr_array((scores, columns, ends), shape=(clusters, size))
        return np.asarray((summed.T @ summed).toarray()) * correction(clusters)
    # What stays in the processor's cache is added and multiplied several times as fast.
    meat = np.zeros((size, size))
    step = max(1, _CACHED // size)
    edges = np.searchsorted(cluster, np.arange(0, clusters + step, step))
    for number, (start, end) in enumerate(pairwise(edges.tolist())):
        row = (cluster[start:end] - number * step) * size
        table = sum(np.bincount(row + at[start:end], score[start:end], step * size) for at, score in parts)
        table = np.reshape(table, (step, size))
        meat += table.T @ table
    return meat * correction(clusters)


def correction(clusters: int) -> float:
    """Clusters' scores sum to 0, which costs one of them."""
    return clusters / max(clusters - 1, 1)
