"""Bradley & Terry 1952 by Newton's method; ties as half wins, or as Davidson 1970 has them. Pure.

With half wins a tie counts for both sides. Davidson's model gives ties a probability of their own, the larger
the more alike the models are. Both, and effects of covariates, are one exponential family: the residual of a
battle is its score minus the expected one, so one function fits them all.

Intervals are from the sandwich estimator, clustered by prompt: votes on one prompt are not independent, and a
model's variance would be too small by as much.
"""

from typing import NamedTuple

import numpy as np

from ..votes import Ints
from .battles import Battles, Cells, cell_of, cells
from .strengths import Floats, Point, Strengths, climbed, clustered, correction, groups, inverse, totals


class _State(NamedTuple):
    """At some parameters: residuals of the score and of ties by cell, their variances and covariance for one
    battle, and the log likelihood."""

    score: Floats
    tie: Floats
    vary: Floats
    vary_tie: Floats
    covary: Floats
    likelihood: float


def fit(battles: Battles, davidson: bool = False) -> Strengths:
    """Strengths of the models. Battles of a model with itself must not be among them.

    Raises ValueError where there is no battle.
    """
    if not len(battles):
        raise ValueError("no two models have met")
    m, q = battles.models, battles.covariates.shape[1] if battles.covariates.size else 0
    table = cells(battles, davidson)
    group, unbeaten = groups(table.wins(m))
    if unbeaten:
        table = _with_half_wins(table, m)

    def at(parameters: Floats) -> Point:
        state = _state(table, parameters, m, q, davidson)
        return Point(
            state.likelihood,
            _gradient(table, state, m, q, davidson),
            _information(table, state, m, q, davidson),
        )

    parameters, point, steps, converged = climbed(at, m + q + davidson, group, len(battles))
    bread = inverse(point.information, group)
    meat = _meat(battles, table, _state(table, parameters, m, q, davidson), m, q, davidson)
    covariance = bread @ meat @ bread
    return Strengths(
        strength=parameters[:m],
        covariance=covariance[:m, :m],
        model_covariance=bread[:m, :m],
        group=group,
        unbeaten=unbeaten,
        extra=parameters[m:],
        extra_error=np.sqrt(np.maximum(np.diag(covariance)[m:], 0)),
        likelihood=point.likelihood,
        iterations=steps,
        converged=converged,
    )


def _with_half_wins(table: Cells, models: int) -> Cells:
    """Half a win each way for every pair that met; the added cells come last."""
    low, high = np.minimum(table.first, table.second), np.maximum(table.first, table.second)
    pair = np.unique(low * models + high)
    one = np.ones(len(pair))
    return Cells(
        np.concatenate((table.first, pair // models)),
        np.concatenate((table.second, pair % models)),
        np.concatenate((table.number, one)),
        np.concatenate((table.score, one / 2)),
        np.concatenate((table.ties, 0 * one)),
        np.vstack((table.covariates, np.zeros((len(pair), table.covariates.shape[1])))),
    )


def _state(table: Cells, parameters: Floats, m: int, q: int, davidson: bool) -> _State:
    ahead = parameters[table.first] - parameters[table.second]
    if q:
        ahead = ahead + table.covariates @ parameters[m : m + q]
    win, lose = ahead / 2, -ahead / 2
    if davidson:
        tie = np.full_like(ahead, parameters[m + q])
        top = np.maximum(np.maximum(win, lose), tie)
        exp_win, exp_lose, exp_tie = np.exp(win - top), np.exp(lose - top), np.exp(tie - top)
    else:
        tie = np.zeros_like(ahead)
        top = np.maximum(win, lose)
        exp_win, exp_lose, exp_tie = np.exp(win - top), np.exp(lose - top), tie
    total = exp_win + exp_lose + exp_tie
    p_win, p_tie = exp_win / total, exp_tie / total
    expected = p_win + p_tie / 2
    # With half wins a tie is half of each outcome; with Davidson's model it is one of its own.
    ties = table.ties if davidson else np.zeros_like(table.ties)
    logs = table.score * win + (table.number - table.score) * lose + ties * tie
    return _State(
        table.score - table.number * expected,
        ties - table.number * p_tie,
        p_win + p_tie / 4 - expected**2,
        p_tie * (1 - p_tie),
        p_tie / 2 - p_tie * expected,
        float((logs - table.number * (top + np.log(total))).sum()),
    )


def _gradient(table: Cells, state: _State, m: int, q: int, davidson: bool) -> Floats:
    by_model = totals(table.first, state.score, m) - totals(table.second, state.score, m)
    parts = [by_model]
    if q:
        parts.append(table.covariates.T @ state.score)
    if davidson:
        parts.append(np.array([state.tie.sum()]))
    return np.concatenate(parts)


def _information(table: Cells, state: _State, m: int, q: int, davidson: bool) -> Floats:
    def by_model(weight: Floats) -> Floats:
        return totals(table.first, weight, m) - totals(table.second, weight, m)

    each = table.number * state.vary
    between = totals(table.first * m + table.second, each, m * m).reshape(m, m)
    between = between + between.T
    information = np.zeros((m + q + davidson,) * 2)
    information[:m, :m] = np.diag(between.sum(1)) - between
    for column in range(q):
        z = table.covariates[:, column]
        information[:m, m + column] = information[m + column, :m] = by_model(each * z)
        information[m + column, m : m + q] = table.covariates.T @ (each * z)
    if davidson:
        both = table.number * state.covary
        information[:m, -1] = information[-1, :m] = by_model(both)
        information[m : m + q, -1] = information[-1, m : m + q] = table.covariates.T @ both
        information[-1, -1] = float((table.number * state.vary_tie).sum())
    return information


def _meat(battles: Battles, table: Cells, state: _State, m: int, q: int, davidson: bool) -> Floats:
    of = cell_of(battles, table)
    score = battles.score - ((table.score - state.score) / table.number)[of]
    scores = [score, *(score * battles.covariates[:, column] for column in range(q))]
    if davidson:
        scores.append((battles.score == 0.5) - ((table.ties - state.tie) / table.number)[of])
    runs, scores = _by_run(battles, scores)
    clusters = int(runs.cluster[-1]) + 1
    if len(runs.cluster) == clusters and len(scores) == 1:  # the same two models met in all of a cluster
        squares = totals(runs.first * m + runs.second, scores[0] ** 2, m * m).reshape(m, m)
        between = squares + squares.T
        return (np.diag(between.sum(1)) - between) * correction(clusters)
    effects = [(np.full(len(runs.cluster), m + at), values) for at, values in enumerate(scores[1:])]
    sides = [(runs.first, scores[0]), (runs.second, -scores[0])]
    return clustered(runs.cluster, [*sides, *effects], m + q + davidson)


class _Runs(NamedTuple):
    """Battles of a cluster that follow each other with the same two models; clusters come in order."""

    cluster: Ints
    first: Ints
    second: Ints


def _by_run(battles: Battles, scores: list[Floats]) -> tuple[_Runs, list[Floats]]:
    """The runs of the battles, and their sums of each of the scores."""
    if battles.cluster is None:
        return _Runs(np.arange(len(battles)), battles.first, battles.second), scores
    runs = _Runs(battles.cluster, battles.first, battles.second)
    if (runs.cluster[1:] < runs.cluster[:-1]).any():
        order = np.argsort(runs.cluster, kind="stable")
        runs, scores = _Runs(*(values[order] for values in runs)), [values[order] for values in scores]
    new = np.ones(len(battles), dtype=bool)
    np.logical_or.reduce([values[1:] != values[:-1] for values in runs], out=new[1:])
    if new.all():
        return runs, scores
    start = np.flatnonzero(new)
    return _Runs(*(values[start] for values in runs)), [np.add.reduceat(values, start) for values in scores]
