"""What agreement is computed from: votes counted by unit, and figures that may be missing. Pure.

A unit is a comparison, or with more than two responses every pair of them that a ranking implies. Value
counts are (units x VALUES), columns -3 to +3; class counts are (units x CLASSES), columns b, tie, a.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..ranking import Scale
from ..votes import MAX_STEPS, Ints, Judgements, Mask

Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal"]

VALUES = 2 * MAX_STEPS + 1
CLASSES = ("b", "tie", "a")
DECISIVE = [0, 2]

# Which class each value belongs to, as a matrix that counts are multiplied by.
_CLASS_OF = (np.sign(np.arange(-MAX_STEPS, MAX_STEPS + 1))[:, None] == [-1, 0, 1]).astype(np.int64)

NO_PAIR = "not computable: no comparison has two votes to compare"
ALL_EQUAL = "not defined: every vote says the same"


class Figure(NamedTuple):
    """A number, or None and why there is none."""

    value: float | None
    reason: str | None = None


class Interval(NamedTuple):
    """Lower and upper end of 95 %, or None and why there is none."""

    ends: list[float] | None
    reason: str | None = None


class Group(NamedTuple):
    """Value counts of the votes that are compared with each other, or across kinds with those of `others`.

    `comparison` (one element a unit) is the cluster that a unit belongs to.
    """

    counts: Ints
    comparison: Ints
    others: Ints | None = None

    @property
    def paired(self) -> Mask:
        """The units that hold at least one pair of votes."""
        if self.others is None:
            return votes_by_unit(self.counts) > 1
        return (votes_by_unit(self.counts) > 0) & (votes_by_unit(self.others) > 0)

    @property
    def across(self) -> Ints:
        """The other kind's counts. Raises ValueError where there is only one kind."""
        if self.others is None:
            raise ValueError("this group compares votes within one kind")
        return self.others

    def kept(self) -> "Group":
        """The paired units alone."""
        paired = self.paired
        return self if paired.all() else self.where(paired)

    def where(self, units: Mask | Ints) -> "Group":
        """The units that a mask or indexes pick."""
        others = None if self.others is None else self.others[units]
        return Group(self.counts[units], self.comparison[units], others)

    def classes(self) -> "Group":
        """The same with class counts: strength dropped."""
        others = None if self.others is None else class_counts(self.others)
        return Group(class_counts(self.counts), self.comparison, others)

    def at(self, level: Level) -> "Group":
        """Counts as a level of measurement takes them: the three classes, or the values in order that occur.

        Values that nobody gave change no ordinal figure, and sums over fewer are quicker.
        """
        if level == "nominal":
            return self.classes()
        every = self.counts if self.others is None else np.concatenate([self.counts, self.others])
        used = every.any(axis=0)
        if not used.any():
            return self
        others = None if self.others is None else self.others[:, used]
        return Group(self.counts[:, used], self.comparison, others)


def level_of(scale: Scale) -> Level:
    """The level of measurement that answers on a scale have: graded preferences are in order."""
    return "ordinal" if scale.graded else "nominal"


def value_counts(judgements: Judgements, mask: Mask) -> Ints:
    """(units x VALUES): how many of the judgements that `mask` picks gave each unit each value, -3 to +3."""
    units = len(judgements.comparison)
    cell = judgements.unit[mask] * VALUES + judgements.value[mask] + MAX_STEPS
    return np.bincount(cell, minlength=units * VALUES).reshape(units, VALUES)


def class_counts(counts: Ints) -> Ints:
    """(units x CLASSES) from value counts."""
    return counts @ _CLASS_OF


def votes_by_unit(counts: Ints) -> Ints:
    """The number of votes of each unit: a product, over such short rows four times as fast as a sum."""
    return counts @ np.ones(counts.shape[1], dtype=counts.dtype)


def profiles_of(rows: Ints) -> tuple[Ints, Ints]:
    """(first, profile): rows that are equal share a profile; `first` is a row of each, `profile` one a row.

    Rows hold small counts, so a row is one number in mixed radix; there are few distinct ones however many
    rows. Numbers too large for that are ranked on the way.
    """
    key = np.zeros(len(rows), dtype=np.int64)
    reach = 1
    for column in rows.T:
        radix = int(column.max(initial=0)) + 1
        if reach * radix > _SAFE:
            _, key = np.unique(key, return_inverse=True)
            reach = int(key.max(initial=0)) + 1
        key = key * radix + column
        reach *= radix
    if reach > 4 * len(rows) + _DENSE:
        _, first, profile = np.unique(key, return_index=True, return_inverse=True)
        return first, profile
    seen = np.full(reach, -1, dtype=np.int64)
    seen[key[::-1]] = np.arange(len(rows))[::-1]  # the last to write stays: the first row of its kind
    used = np.flatnonzero(seen >= 0)
    place = np.empty(reach, dtype=np.int64)
    place[used] = np.arange(len(used))
    return seen[used], place[key]


_SAFE = 2**40
_DENSE = 1 << 20
