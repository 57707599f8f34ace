"""Logistic regression without an intercept, for choices between two that carry no names of their own. Pure.

Every explaining value is a difference (first minus second), so that swapping the two turns all signs and
changes no coefficient. Errors are the sandwich's, clustered by group: comparisons of one prompt are alike.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, stdtrit

from annotation.agreement.groups import Floats
from annotation.ratings.strengths import Point, climbed, correction
from annotation.votes import Ints

from .figures import Figure, missing

FEWEST = 50  # choices
FEWEST_GROUPS = 10
STEEPEST = 25.0  # log odds; beyond it the likelihood has no maximum
SEPARATED = "not computable: it tells the choices apart without exception"
_NO_MODELS = np.zeros(0, dtype=np.int64)


class Fitted(NamedTuple):
    """Coefficients and their standard errors; `groups` is the number of clusters."""

    slope: Floats
    error: Floats
    n: int
    groups: int

    def figure(self, at: int) -> Figure:
        """A coefficient with its interval: Student's t with a degree of freedom less than groups."""
        reach = float(stdtrit(self.groups - 1, 0.975) * self.error[at])
        value = float(self.slope[at])
        return Figure(value, [value - reach, value + reach], self.n)


def logistic(x: Floats, chosen: Ints, group: Ints) -> Fitted | str:
    """Of (choices x differences) and 1 where the first was chosen, else 0; a text says why there is none."""
    n, columns = x.shape
    numbers, cluster = np.unique(group, return_inverse=True)
    if n < FEWEST or len(numbers) < FEWEST_GROUPS:
        return (
            f"too few: {n} choices in {len(numbers)} groups, a regression needs {FEWEST} in {FEWEST_GROUPS}"
        )
    if np.linalg.matrix_rank(x) < columns:
        return "not computable: some differences never occur, or always together"
    y = chosen.astype(float)

    def at(slope: Floats) -> Point:
        z = x @ slope
        p = expit(z)
        likelihood = float((y * z - np.logaddexp(0, z)).sum())
        return Point(likelihood, x.T @ (y - p), (x * (p * (1 - p))[:, None]).T @ x)

    try:
        slope, point, _, converged = climbed(at, columns, _NO_MODELS, n)
        bread = np.linalg.inv(point.information)
    except np.linalg.LinAlgError:
        return SEPARATED
    if not converged or np.abs(x @ slope).max() > STEEPEST:
        return SEPARATED
    scores = (y - expit(x @ slope))[:, None] * x
    summed = np.stack([np.bincount(cluster, weights=column) for column in scores.T], axis=1)
    covariance = bread @ (summed.T @ summed * correction(len(numbers))) @ bread
    return Fitted(slope, np.sqrt(np.maximum(np.diag(covariance), 0)), n, len(numbers))


def figure_at(found: Fitted | str, at: int, n: int) -> Figure:
    """One coefficient's figure, or the reason in its place."""
    return missing(found, n) if isinstance(found, str) else found.figure(at)
