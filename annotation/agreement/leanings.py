"""What annotators lean to whatever the responses say: a side, a tie, the longer one; and whether they stay
with what they said. Pure."""

from typing import NamedTuple

import numpy as np

from ..votes import MAX_STEPS, Ints, Mask, Vote
from .alpha import alpha
from .groups import VALUES, Figure, Group
from .intervals import alpha_sums, interval, wilson

FIRST, TIED, SECOND = 0, 1, 2


class Share(NamedTuple):
    """A share with its 95 % Wilson interval and the number that it is a share of; None where that is 0."""

    value: float | None
    ends: list[float] | None
    n: int


class Strategy(NamedTuple):
    """How often an annotator answers with the response shown first, a tie, or the one shown second."""

    first: float
    tie: float
    second: float
    n: int


def share(successes: int, number: int) -> Share:
    """A share of `number` with its Wilson interval."""
    if not number:
        return Share(None, None, 0)
    low, high = wilson(np.array([float(successes)]), np.array([float(number)]))
    return Share(successes / number, [float(low[0]), float(high[0])], number)


def sign_of(vote: Vote) -> int:
    """Of a vote on a pair, 1 for response a, -1 for b, 0 for neither; 0 for rankings of more."""
    return {"a": 1, "b": -1}.get(vote.parsed.winner or "", 0) if vote.k == 2 else 0


def sides(value: Ints, reversed_: Mask) -> Ints:
    """Signed preferences of pairs (above 0: the stored first) as FIRST, TIED, SECOND of the order shown."""
    shown = np.where(reversed_, -value, value)
    return 1 - np.sign(shown)


def strategies(side: Ints, voter: Ints, voters: int) -> list[Strategy | None]:
    """Every voter's strategy; None for who has no pair in a known order."""
    counts = np.bincount(voter * 3 + side, minlength=voters * 3).reshape(voters, 3)
    return [_strategy(row) for row in counts]


def prefers_first(side: Ints) -> Share:
    """The share of answers other than a tie that chose the response shown first; 0.5 is no leaning, because
    the order is drawn."""
    return share(int((side == FIRST).sum()), int((side != TIED).sum()))


def prefers_longer(value: Ints, longer: Ints) -> Share:
    """The share of answers other than a tie that chose the longer response.

    `longer` is +1 where the stored first is longer, -1 where the second is, 0 where neither is (left out).
    """
    decided = (np.sign(value) != 0) & (longer != 0)
    return share(int((np.sign(value) == longer)[decided].sum()), int(decided.sum()))


class Repeated(NamedTuple):
    """How an annotator answers the same comparison again: `same` share, and alpha with its interval."""

    same: Share
    alpha: Figure
    ends: list[float] | None


def repeated(before: Ints, after: Ints) -> Repeated:
    """Self-consistency from signed preferences given before and after, one element a comparison.

    Alpha is nominal over the three classes.
    """
    counts = np.zeros((len(before), VALUES), dtype=np.int64)
    for said in (before, after):
        np.add.at(counts, (np.arange(len(said)), said + MAX_STEPS), 1)
    group = Group(counts, np.arange(len(counts)))
    figure = alpha(group, "nominal")
    ends = None if figure.value is None else interval(alpha_sums(group, "nominal")).ends
    same = np.sign(before) == np.sign(after)
    return Repeated(share(int(same.sum()), len(same)), figure, ends)


class Mirrored(NamedTuple):
    """Answers to the same comparison in both orders.

    `changes` is the share whose answer differs once the order is swapped; `to_first` the share of those that
    went from one side to the other (ties left out) by choosing what was shown first both times.
    """

    changes: Share
    to_first: Share


def mirrored(one: Ints, two: Ints) -> Mirrored:
    """From the sides (FIRST, TIED, SECOND) chosen in the one order and in the other."""
    same = one == 2 - two
    stuck = (one == two) & (one != TIED)
    return Mirrored(
        share(int((~same).sum()), len(one)), share(int((stuck & (one == FIRST)).sum()), int(stuck.sum()))
    )


def _strategy(row: Ints) -> Strategy | None:
    number = int(row.sum())
    if not number:
        return None
    first, tie, second = (float(part / number) for part in row)
    return Strategy(first, tie, second, number)
