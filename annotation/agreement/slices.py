"""Alpha by category and over time: the same sums, added up for a part of the comparisons. Pure."""

from typing import NamedTuple

import numpy as np

from ..votes import Ints
from .alpha import figure_of
from .groups import Figure, Interval
from .intervals import Sums, jackknife


class Slice(NamedTuple):
    """Alpha among the `comparisons` with votes to compare of one category or time."""

    code: int
    alpha: Figure
    interval: Interval
    comparisons: int


def by_code(sums: Sums, code: Ints) -> list[Slice]:
    """Alpha by the code that each comparison has (one element a comparison of the votes; below 0: left out).

    Intervals are the jackknife's, because parts are often small. Codes without a comparison to compare are
    left out. Chance agreement is each part's own.
    """
    of = code[sums.comparison]
    codes, place = np.unique(of[of >= 0], return_inverse=True)
    size = len(sums.rows)
    order = np.argsort(place, kind="stable")
    rows = sums.row[of >= 0][order]
    ends = np.searchsorted(place[order], np.arange(len(codes) + 1))
    slices = []
    for index, one in enumerate(codes):
        number = np.bincount(rows[ends[index] : ends[index + 1]], minlength=size)
        comparisons = int(number.sum())
        figure = figure_of(sums.statistic(number @ sums.rows), comparisons)
        interval = jackknife(sums, number) if figure.value is not None else Interval(None, figure.reason)
        slices.append(Slice(int(one), figure, interval, comparisons))
    return slices
