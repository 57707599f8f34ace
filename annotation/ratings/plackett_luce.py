"""Plackett-Luce: a ranking is a choice of the best, then of the best of the rest, and so on. Pure.

Fitted by Newton's method (Hunter 2004 has the likelihood). All sums over orderings are array operations; the
sandwich is clustered like Bradley-Terry's.
"""

import numpy as np

from .orderings import Orderings
from .strengths import Floats, Point, Strengths, climbed, clustered, groups, inverse, totals

RIDGE = 0.5  # pseudo-wins each way between models that met, where somebody was never beaten


def fit(orderings: Orderings) -> Strengths:
    """Strengths of the models. Raises ValueError where nothing was ordered."""
    if not len(orderings.order) or not orderings.depth.any():
        raise ValueError("no ranking puts one model before another")
    m = orderings.models
    met = _met(orderings)
    group, unbeaten = groups(met)
    pairs = np.triu(met + met.T > 0, 1) if unbeaten else np.zeros((m, m), dtype=bool)

    def at(strength: Floats) -> Point:
        score, information, likelihood = _at(orderings, strength, pairs)
        return Point(likelihood, _by_model(orderings, score) + _pull(strength, pairs), information)

    strength, point, steps, converged = climbed(at, m, group, len(orderings.order))
    score = _at(orderings, strength, pairs)[0]
    bread = inverse(point.information, group)
    by_cluster = np.argsort(orderings.cluster, kind="stable")
    # Where there is no model the score is 0, so it may count with any.
    places = zip(np.maximum(orderings.order, 0)[by_cluster].T, score[by_cluster].T, strict=True)
    meat = clustered(orderings.cluster[by_cluster], list(places), m)
    none = np.zeros(0)
    return Strengths(
        strength=strength,
        covariance=bread @ meat @ bread,
        model_covariance=bread,
        group=group,
        unbeaten=unbeaten,
        extra=none,
        extra_error=none,
        likelihood=point.likelihood - _prior(strength, pairs),
        iterations=steps,
        converged=converged,
    )


def _at(orderings: Orderings, strength: Floats, pairs: np.ndarray) -> tuple[Floats, Floats, float]:
    """At these strengths: the score of each place of each ordering (its part of the gradient), the
    information, and the log likelihood with its prior."""
    order, m = orderings.order, orderings.models
    k = order.shape[1]
    behind = strength - strength.max()
    exp = np.where(order >= 0, np.exp(behind)[order], 0.0)
    # Who is left at each place: that place and all after it.
    left = np.maximum(np.cumsum(exp[:, ::-1], axis=1)[:, ::-1], 1e-150)
    chosen = np.arange(k) < orderings.depth[:, None]
    part = np.where(chosen, orderings.weight[:, None], 0.0)
    once = np.cumsum(part / left, axis=1)
    twice = np.cumsum(part / left**2, axis=1)
    score = part - exp * once
    logs = float((part * (np.where(order >= 0, behind[order], 0.0) - np.log(left))).sum())
    flat = np.zeros(m * m)
    for a in range(k):
        for b in range(a, k):
            both = order[:, b] >= 0
            value = (exp[:, a] * exp[:, b] * twice[:, a])[both]
            x, y = order[both, a], order[both, b]
            flat -= totals(x * m + y, value, m * m)
            if a != b:
                flat -= totals(y * m + x, value, m * m)
    information = flat.reshape(m, m)
    information[np.diag_indices(m)] += _by_model(orderings, exp * once)
    first, second = np.nonzero(pairs)
    p = 1 / (1 + np.exp(strength[second] - strength[first]))
    pull = 2 * RIDGE * p * (1 - p)
    np.add.at(information, (first, first), pull)
    np.add.at(information, (second, second), pull)
    np.add.at(information, (first, second), -pull)
    np.add.at(information, (second, first), -pull)
    return score, information, logs + _prior(strength, pairs)


def _by_model(orderings: Orderings, values: Floats) -> Floats:
    seen = orderings.order >= 0
    return totals(orderings.order[seen], values[seen], orderings.models)


def _prior(strength: Floats, pairs: np.ndarray) -> float:
    first, second = np.nonzero(pairs)
    ahead = strength[first] - strength[second]
    return -RIDGE * float((np.logaddexp(0, -ahead) + np.logaddexp(0, ahead)).sum())


def _pull(strength: Floats, pairs: np.ndarray) -> Floats:
    first, second = np.nonzero(pairs)
    p = 1 / (1 + np.exp(strength[second] - strength[first]))
    pull = RIDGE * (1 - 2 * p)
    m = len(strength)
    return totals(first, pull, m) - totals(second, pull, m)


def _met(orderings: Orderings) -> Floats:
    """(models, models): how often row was placed before column."""
    order, m = orderings.order, orderings.models
    before = np.zeros(m * m)
    for a in range(order.shape[1]):
        for b in range(a + 1, order.shape[1]):
            both = (order[:, b] >= 0) & (a < orderings.depth)
            before += totals(order[both, a] * m + order[both, b], np.ones(int(both.sum())), m * m)
    return before.reshape(m, m)
