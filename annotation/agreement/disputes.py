"""Comparisons on which votes differ most, to be read one by one. Pure."""

from typing import NamedTuple

import numpy as np

from ..votes import Ints
from .groups import Floats, Group


class Disputes(NamedTuple):
    """Units in order of dispute, the most disputed first; one element a unit.

    `unit` indexes the group's units. `heat` is the mean distance of two votes that are compared: 0 where
    all say the same, 1/2 a side against a tie, 1 a side against the other. `tally` is (units x CLASSES).
    Across kinds `tally` is the people's and `others` the judges'.
    """

    unit: Ints
    heat: Floats
    tally: Ints
    others: Ints | None


def disputes(group: Group) -> Disputes:
    """The units with votes that differ; equal heat is ordered by more votes, then by unit."""
    kept = np.flatnonzero(group.paired)
    classes = group.where(kept).classes()
    apart = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) / 2
    one = classes.counts
    two = one if classes.others is None else classes.others
    distance = ((one @ apart) * two).sum(axis=1)
    number = one.sum(axis=1)
    couples = number * (number - 1) if classes.others is None else number * two.sum(axis=1)
    heat = distance / couples
    votes = number if classes.others is None else number + two.sum(axis=1)
    hot = np.flatnonzero(heat > 0)
    order = hot[np.lexsort((kept[hot], -votes[hot], -heat[hot]))]
    others = None if classes.others is None else two[order]
    return Disputes(kept[order], heat[order], one[order], others)
