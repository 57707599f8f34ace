"""How likely the judge's label is wrong, learned where people labelled too. Pure: no Django.

A penalised logistic regression on what the judges said (nearly unpenalised, so that the model contains the
`disagreement` policy, with whatever sign the data give it) and on what the comparison looks like (penalised;
how much is chosen by cross-validated log loss over groups). `wrong` is a share: of the people who labelled a
comparison, those whose answer is not the judge's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .policy import Floats

VERSION = "1"
STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1)  # inverse penalty of the texts' columns
FREE = 10.0  # judges' columns are scaled up by this: a penalty a hundred times smaller
FOLDS = 5
SEARCHED = 5000  # labelled comparisons that the penalty is chosen on at most; more do not change it
LEAST = 40  # comparisons with both labels
LEAST_EACH = 8  # of them, worth of right and of wrong labels of the judge
STEPS = 50  # of Newton's method at most; ten are many
TOLERANCE = 1e-12  # of a comparison's log loss
ROWS = 8192  # standardised at a time: they stay in the processor's cache, and memory flat


class TooFew(ValueError):
    """Too little is labelled by both people and the judge to learn from; the message says what is there."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Columns of n comparisons: what judges said (n, j) and what the comparison looks like (n, t).

    NaN says that a value is not known; it then counts as the mean of the comparisons learned from.
    """

    judging: Floats
    looks: NDArray[np.float32] | Floats

    def __len__(self) -> int:
        return len(self.judging)

    def at(self, rows: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Inputs":
        return Inputs(self.judging[rows], self.looks[rows])


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """A fitted model: P(judge wrong) = sigmoid(intercept + ((x - centre) / spread) @ weights).

    Arrays have shape (j + t,). Everything needed to score or explain a comparison is in it, and it can be
    written as JSON (`as_dict`).
    """

    centre: Floats
    spread: Floats
    weights: Floats
    intercept: float
    strength: float
    learned_from: int

    def probability(self, inputs: Inputs) -> Floats:
        """P(judge wrong), shape (n,), each between 0 and 1 and from its own row alone."""
        return sigmoid(self.log_odds(inputs))

    def log_odds(self, inputs: Inputs) -> Floats:
        """Log odds that the judge is wrong, shape (n,)."""
        found = np.empty(len(inputs))
        for at in pieces(len(inputs)):
            found[at] = self.contributions(inputs.at(at)).sum(axis=1)
        return self.intercept + found

    def contributions(self, inputs: Inputs) -> Floats:
        """What each column adds to the log odds, beside the mean comparison: (n, j + t)."""
        return self.standard(inputs) * self.weights

    def standard(self, inputs: Inputs) -> Floats:
        """Columns in units of the model, (n, j + t): 0 is the mean comparison's, and what is not known."""
        return _scaled(_values(inputs), self.centre, self.spread)

    def as_dict(self, columns: Sequence[str]) -> dict[str, Any]:
        """The model by column name, as a Plan keeps it; a constant column has no spread (null)."""
        parts = zip(columns, self.centre, self.spread, self.weights, strict=True)
        return {
            "version": VERSION,
            "intercept": self.intercept,
            "strength": self.strength,
            "learned_from": self.learned_from,
            "columns": {
                name: [float(c), float(s) if np.isfinite(s) else None, float(w)] for name, c, s, w in parts
            },
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any], columns: Sequence[str]) -> "ErrorModel":
        """The model that `as_dict` wrote, with its columns in this order: it gives exactly the same
        probabilities. KeyError for a column that it does not know."""
        parts = [kept["columns"][name] for name in columns]
        return cls(
            centre=np.array([centre for centre, _, _ in parts]),
            spread=np.array([np.inf if spread is None else spread for _, spread, _ in parts]),
            weights=np.array([weight for _, _, weight in parts]),
            intercept=kept["intercept"],
            strength=kept["strength"],
            learned_from=kept["learned_from"],
        )


def fit(inputs: Inputs, wrong: Floats, groups: Sequence[str], seed: int = 0) -> ErrorModel:
    """Learns from comparisons that both people and the judge labelled.

    `wrong` (n,) holds shares, `groups` what must not be split between folds. The same arguments give the same
    model, and swapping rows changes nothing beyond rounding. Raises TooFew.
    """
    enough(wrong)
    some = _some_groups(groups, seed)
    folds = folds_of([groups[row] for row in some.tolist()], FOLDS, seed)
    from threadpoolctl import threadpool_limits

    # Matrices this small gain nothing from threads, and threads that wait for each other lose a lot.
    with threadpool_limits(1):
        losses = sum(
            _losses(inputs.at(some[train]), wrong[some[train]], inputs.at(some[test]), wrong[some[test]])
            for train, test in splits(folds)
        )
        return fit_at(inputs, wrong, STRENGTHS[int(np.argmin(losses))])


def held_out(inputs: Inputs, wrong: Floats, groups: Sequence[str], folds: int = 10, seed: int = 0) -> Floats:
    """P(judge wrong) of every comparison from a model that has not seen its group; (n,). Raises TooFew."""
    enough(wrong)
    probability = np.empty(len(wrong))
    for train, test in splits(folds_of(groups, folds, seed)):
        model = fit(inputs.at(train), wrong[train], list(np.array(groups)[train]), seed)
        probability[test] = model.probability(inputs.at(test))
    return probability


def enough(wrong: Floats) -> None:
    """Raises TooFew where a model would be made of chance."""
    right, bad = float((1 - wrong).sum()), float(wrong.sum())
    if len(wrong) < LEAST or min(right, bad) < LEAST_EACH:
        raise TooFew(
            f"{len(wrong)} comparisons have labels of people and of the judge, worth {right:.0f} right and "
            f"{bad:.0f} wrong ones; {LEAST} comparisons with at least {LEAST_EACH} of each are needed"
        )


def folds_of(groups: Sequence[str], folds: int, seed: int) -> list[int]:
    """A fold for each row: groups are dealt out whole, in an order that only seed and names decide."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    fold = {names[place]: index % folds for index, place in enumerate(order)}
    return [fold[group] for group in groups]


def splits(folds: Sequence[int]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """(train, test) masks, one pair a fold that has rows on both sides."""
    at = np.array(folds)
    for fold in np.unique(at):
        if not (at == fold).all():
            yield at != fold, at == fold


def _some_groups(groups: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Rows to choose the penalty on: all, or whole groups drawn by lot until there are enough."""
    if len(groups) <= SEARCHED:
        return np.arange(len(groups))
    dealt = np.array(folds_of(groups, len(groups), seed))  # a number of its own for every group
    return np.flatnonzero(dealt <= np.sort(dealt)[SEARCHED])


def _losses(known: Inputs, wrong: Floats, asked: Inputs, answers: Floats) -> Floats:
    """Log loss on `asked` of models learned from `known`, one for each of STRENGTHS."""
    values = _values(known)
    centre, spread = _scale(values, known.judging.shape[1])
    rows, others = _scaled(values, centre, spread), _scaled(_values(asked), centre, spread)
    line: Floats | None = None
    found = []
    for strength in STRENGTHS:  # each begins where the one before ended
        line = newton(rows, wrong, strength, line)
        p = np.clip(sigmoid(line[0] + others @ line[1:]), 1e-6, 1 - 1e-6)
        found.append(-float((answers * np.log(p) + (1 - answers) * np.log(1 - p)).sum()))
    return np.array(found)


def fit_at(inputs: Inputs, wrong: Floats, strength: float) -> ErrorModel:
    """Learns with a given inverse penalty of the texts' columns; see `fit`."""
    values = _values(inputs)
    centre, spread = _scale(values, inputs.judging.shape[1])
    line = newton(_scaled(values, centre, spread), wrong, strength)
    return ErrorModel(centre, spread, line[1:], float(line[0]), strength, len(wrong))


def newton(rows: Floats, wrong: Floats, strength: float, start: Floats | None = None) -> Floats:
    """Intercept and weights (1 + f,) of a logistic regression of shares `wrong` (n,) on `rows` (n, f).

    Least log loss plus |weights|^2 / (2 strength), the intercept free, by Newton's method with halved steps.
    """
    n, number = rows.shape
    at = np.column_stack([np.ones(n), rows])
    ridge = np.append(1e-9, np.full(number, 1 / strength))  # an intercept alone must have an end too
    line = np.zeros(number + 1) if start is None else start
    loss = _penalised(at @ line, wrong, ridge, line)
    for _ in range(STEPS):
        p = sigmoid(at @ line)
        slope = at.T @ (p - wrong) + ridge * line
        weighted = at * np.sqrt(p * (1 - p))[:, None]
        step = np.linalg.solve(weighted.T @ weighted + np.diag(ridge), slope)
        if slope @ step < TOLERANCE * n:  # twice what is left to be gained
            return line - step
        size = 1.0
        while (new := _penalised(at @ (line - size * step), wrong, ridge, line - size * step)) > loss:
            size /= 2
            if size < 1e-6:
                return line
        line, loss = line - size * step, new
    return line


def sigmoid(log_odds: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def pieces(n: int) -> Iterator[slice]:
    """Slices of at most ROWS that cover n rows."""
    return (slice(start, start + ROWS) for start in range(0, n, ROWS))


def _penalised(log_odds: Floats, wrong: Floats, ridge: Floats, line: Floats) -> float:
    loss = np.logaddexp(0.0, log_odds).sum() - wrong @ log_odds
    return float(loss + (ridge * line**2).sum() / 2)


def _values(inputs: Inputs) -> Floats:
    return np.hstack([inputs.judging, inputs.looks])


def _scale(values: Floats, judging: int) -> tuple[Floats, Floats]:
    """Centre and spread of every column; the first `judging` are judges'."""
    known = ~np.isnan(values)
    number = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, values, 0.0).sum(axis=0) / number
    spread = np.sqrt(np.where(known, (values - centre) ** 2, 0.0).sum(axis=0) / number)
    # Judges' columns are shares of one and keep their own scale; a constant column carries nothing.
    own = np.where(np.arange(values.shape[1]) < judging, 1 / FREE, spread)
    return centre, np.where(spread < 1e-9, np.inf, own)


def _scaled(values: Floats, centre: Floats, spread: Floats) -> Floats:
    """Columns in units of the model; what is not known counts as the mean."""
    standard = (values - centre) / spread
    standard[np.isnan(standard)] = 0.0
    return standard
