"""Ratings written as published tables, as the counts that agreement is computed from."""

from typing import Any

import numpy as np

from annotation.agreement.groups import Group
from annotation.votes import Judgements


def counts_of(observers: tuple[str, ...], values: str = "") -> Any:
    """(units x values) from one text an observer, one character a unit; a dot is a missing rating."""
    domain = values or "".join(sorted(set("".join(observers)) - {"."}))
    return np.array([[unit.count(value) for value in domain] for unit in zip(*observers, strict=True)])


def counts_by_unit(units: str, values: str) -> Any:
    """The same from one text a unit, which holds the ratings of all observers."""
    return np.array([[unit.count(value) for value in values] for unit in units.split()])


def ratings_of(observers: tuple[str, ...], values: str) -> tuple[Judgements, Any]:
    """The ratings of `counts_of` one by one, and the index of each one's value; gaps are left out."""
    rows = [
        (unit, observer, values.index(value))
        for unit, ratings in enumerate(zip(*observers, strict=True))
        for observer, value in enumerate(ratings)
        if value != "."
    ]
    unit, observer, said = np.array(rows, dtype=np.int64).T
    return Judgements(unit, observer, said, np.arange(len(observers[0]))), said


def group_of(counts: Any, others: Any = None) -> Group:
    return Group(np.asarray(counts), np.arange(len(counts)), None if others is None else np.asarray(others))


def table_of(one: str, two: str, values: str) -> Any:
    """(first rater's value x second rater's value)."""
    table = np.zeros((len(values), len(values)), dtype=np.int64)
    for first, second in zip(one, two, strict=True):
        table[values.index(first), values.index(second)] += 1
    return table


def judgements_of(rows: list[tuple[int, int, int]]) -> Judgements:
    """From (unit, voter, value); every unit is a comparison."""
    unit, voter, value = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3).T
    return Judgements(unit, voter, value, np.arange(int(unit.max(initial=-1)) + 1))
