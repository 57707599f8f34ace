"""What people say of each comparison, and what one annotator says of it. Pure.

People's answer is the Reference where there is one, else the unique most frequent answer of at least two
people. `both_bad` counts as a tie, and is told apart in tables only. A unit is a comparison, or with more
than two responses each pair of them that a ranking compares.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from annotation.votes import Ints, Mask, Votes

CLASSES = ("a", "tie", "b", "both_bad")
A, TIE, B, BOTH_BAD = range(4)
UNKNOWN = -1
FEWEST_PEOPLE = 2


class Basis(IntEnum):
    """What people's answer on a unit rests on."""

    NONE = 0
    SINGLE = 1  # fewer people than are asked for, who do not contradict each other
    UNDECIDED = 2  # no answer is the most frequent one
    MAJORITY = 3
    REFERENCE = 4


class Answers(NamedTuple):
    """Every judgement of a unit: who says what. `said` indexes CLASSES; `comparison` has one element a
    unit."""

    unit: Ints
    voter: Ints
    said: Ints
    comparison: Ints

    @property
    def units(self) -> int:
        return len(self.comparison)

    def of(self, voter: int) -> Ints:
        """What one voter says of each unit, UNKNOWN where nothing (one element a unit)."""
        found = np.full(self.units, UNKNOWN)
        at = self.voter == voter
        found[self.unit[at]] = self.said[at]
        return found

    def counts(self, voters: Mask) -> Ints:
        """(units x classes): how many of these voters (one element a voter) say what."""
        at = voters[self.voter]
        cell = self.unit[at] * len(CLASSES) + self.said[at]
        return np.bincount(cell, minlength=self.units * len(CLASSES)).reshape(self.units, len(CLASSES))


class Target(NamedTuple):
    """People's answer: `said` indexes CLASSES, UNKNOWN where there is none; `basis` says what it rests on."""

    said: Ints
    basis: Ints

    @property
    def known(self) -> Mask:
        """Where there is a Reference or a majority of enough people."""
        return self.basis >= Basis.MAJORITY


def answers_of(votes: Votes) -> Answers:
    """Votes as judgements of units over the four classes."""
    judgements = votes.judgements()
    said = np.array([B, TIE, A])[np.sign(judgements.value) + 1]
    bad = np.array([vote.parsed.both_bad for vote in votes.distinct], dtype=bool)[votes.code]
    size = len(votes.comparison_ids)
    keys = votes.voter[bad] * size + votes.comparison[bad]
    said[np.isin(judgements.voter * size + judgements.comparison[judgements.unit], keys)] = BOTH_BAD
    return Answers(judgements.unit, judgements.voter, said, judgements.comparison)


def merged(said: Ints) -> Ints:
    """Over three classes: both bad is a tie. UNKNOWN stays."""
    return np.where(said == BOTH_BAD, TIE, said)


def target(counts: Ints, reference: Ints, fewest: int = FEWEST_PEOPLE) -> Target:
    """People's answer from (units x classes) counts of their votes and the Reference's answer by unit."""
    tied = counts[:, TIE] + counts[:, BOTH_BAD]
    three = np.stack([counts[:, A], tied, counts[:, B]], axis=1)
    people, most = three.sum(axis=1), three.max(axis=1, initial=0)
    unique = (most > 0) & ((three == most[:, None]).sum(axis=1) == 1)
    said = three.argmax(axis=1)
    said[(said == TIE) & (counts[:, BOTH_BAD] > counts[:, TIE])] = BOTH_BAD
    basis = np.where(unique, np.where(people >= fewest, Basis.MAJORITY, Basis.SINGLE), Basis.UNDECIDED)
    basis[people == 0] = Basis.NONE
    given = reference != UNKNOWN
    said = np.where(given, reference, np.where(unique, said, UNKNOWN))
    basis[given] = Basis.REFERENCE
    return Target(said, basis)


def without(answers: Answers, counts: Ints, reference: Ints, voter: int, fewest: int) -> tuple[Ints, Target]:
    """(units that this person judged, what the others say of them): their own vote left out."""
    at = answers.voter == voter
    unit = answers.unit[at]
    others = counts[unit].copy()
    others[np.arange(len(unit)), answers.said[at]] -= 1
    return unit, target(others, reference[unit], fewest)
