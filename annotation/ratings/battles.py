"""Who met whom, and how it went, as flat arrays. Pure."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..votes import Ints
from .strengths import Floats, totals


@dataclass(frozen=True)
class Battles:
    """One element a battle: `first` and `second` are models, `score` 1 where the first won, 0 where the
    second did, 0.5 for a tie. `cluster` numbers what is not independent (prompts), from 0 on; default each
    battle by itself. `covariates` is (battles, q): what favours the first, such as a difference of lengths.
    """

    models: int
    first: Ints
    second: Ints
    score: Floats
    cluster: Ints | None = None
    covariates: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def __len__(self) -> int:
        return len(self.score)

    def where(self, mask: np.ndarray) -> "Battles":
        """The battles that `mask` picks."""
        return replace(
            self,
            first=self.first[mask],
            second=self.second[mask],
            score=self.score[mask],
            cluster=None if self.cluster is None else self.cluster[mask],
            covariates=self.covariates[mask] if len(self.covariates) else self.covariates,
        )

    @cached_property
    def pair(self) -> Ints:
        """Which ordered pair of models met: first x models + second."""
        return self.first * self.models + self.second


@dataclass(frozen=True)
class Cells:
    """Battles that a model cannot tell apart, together: `number` of them, sums of scores and of ties.

    `covariates` is (cells, q).
    """

    first: Ints
    second: Ints
    number: Floats
    score: Floats
    ties: Floats
    covariates: Floats

    def wins(self, models: int) -> Floats:
        """(models, models): how often row beat column, ties as half."""
        won = totals(self.first * models + self.second, self.score, models**2)
        lost = totals(self.second * models + self.first, self.number - self.score, models**2)
        return (won + lost).reshape(models, models)


def cells(battles: Battles, davidson: bool) -> Cells:
    """One cell for every ordered pair of models that met; with covariates one for every battle.

    Ties are counted only where they are asked for: passes over millions of battles are what a fit takes.
    """
    if battles.covariates.size:
        ties = (battles.score == 0.5).astype(float)
        number = np.ones(len(battles))
        return Cells(battles.first, battles.second, number, battles.score, ties, battles.covariates)
    m = battles.models
    number = np.bincount(battles.pair, minlength=m * m).astype(float)
    met = np.flatnonzero(number)
    score = totals(battles.pair, battles.score, m * m)[met]
    ties = totals(battles.pair, battles.score == 0.5, m * m)[met] if davidson else np.zeros(len(met))
    return Cells(met // m, met % m, number[met], score, ties, np.zeros((len(met), 0)))


def cell_of(battles: Battles, table: Cells) -> Ints:
    """For each battle, its place in `cells`, to which others may have been added at the end."""
    if battles.covariates.size:
        return np.arange(len(battles))
    place = np.zeros(battles.models**2, dtype=np.int64)
    pair = table.first * battles.models + table.second
    place[pair[::-1]] = np.arange(len(pair))[::-1]  # the last to write stays: the first of a pair's cells
    return place[battles.pair]
