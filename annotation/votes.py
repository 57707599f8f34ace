"""Independent votes on one criterion as flat arrays: what agreement and consensus are computed from. Pure.

A vote is one annotator's answer on one comparison. There are few distinct answers and many votes, so each
vote is a code into a short table, and whatever depends on the answer alone is worked out once per code.
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .ranking import BOTH_BAD, MAX_K, Ranking, pairs, parse, signed

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

HUMAN = "human"
JUDGE = "judge"
MAX_STEPS = 3  # the finest scale, seven points, runs from -3 to +3
PAIRS = MAX_K * (MAX_K - 1) // 2


@dataclass(frozen=True, slots=True)
class Voter:
    """An annotator as agreement and consensus see one. A panel has `members`: the ids of the judges whose
    votes its own are made of."""

    id: int
    kind: str
    name: str
    members: frozenset[int] = frozenset()


class Vote(NamedTuple):
    """What a vote says: a canonical ranking of k responses, with a strength where the source has one."""

    ranking: str
    k: int
    strength: int | None = None

    @property
    def parsed(self) -> Ranking:
        return parse(self.ranking, self.k)


class Judgements(NamedTuple):
    """Votes as judgements of pairs of responses: one a vote where k = 2, one per implied pair above.

    All arrays have one element a judgement, but `comparison`, which says for each unit (a pair of responses
    of one comparison) which comparison it belongs to. `value` is the signed preference, -3 to +3.
    """

    unit: Ints
    voter: Ints
    value: Ints
    comparison: Ints


@dataclass(frozen=True)
class Votes:
    """Votes ordered by comparison and voter, so that nothing depends on the order they came in.

    `comparison`, `voter` and `code` have one element a vote and index `comparison_ids` (ascending), `voters`
    and `distinct`.
    """

    comparison_ids: Ints
    voters: tuple[Voter, ...]
    distinct: tuple[Vote, ...]
    comparison: Ints
    voter: Ints
    code: Ints

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, Vote]], voters: Mapping[int, Voter]) -> "Votes":
        """From (comparison id, annotator id, vote); of `voters` (by annotator id) only those who vote stay.

        Raises ValueError when an annotator votes twice on a comparison: such votes are not independent.
        """
        comparisons, annotators, codes = array("q"), array("q"), array("q")
        table: dict[Vote, int] = {}
        for comparison_id, annotator_id, vote in rows:
            comparisons.append(comparison_id)
            annotators.append(annotator_id)
            codes.append(table.setdefault(vote, len(table)))
        return cls.from_columns(_ints(comparisons), _ints(annotators), _ints(codes), tuple(table), voters)

    @classmethod
    def from_columns(
        cls,
        comparison_ids: Ints,
        annotator_ids: Ints,
        code: Ints,
        distinct: tuple[Vote, ...],
        voters: Mapping[int, Voter],
    ) -> "Votes":
        """The same from columns with one element a vote; `code` indexes `distinct`. Raises ValueError."""
        known_comparisons, comparison = np.unique(comparison_ids, return_inverse=True)
        known_annotators, voter = np.unique(annotator_ids, return_inverse=True)
        order = np.lexsort((voter, comparison))
        comparison, voter, code = comparison[order], voter[order], code[order]
        if np.any((np.diff(comparison) == 0) & (np.diff(voter) == 0)):
            raise ValueError("an annotator has two votes on one comparison")
        named = tuple(voters[int(pk)] for pk in known_annotators)
        return cls(known_comparisons, named, distinct, comparison, voter, code)

    def __len__(self) -> int:
        return len(self.code)

    @cached_property
    def people(self) -> Mask:
        """Which voters are people (one element a voter)."""
        return np.array([voter.kind == HUMAN for voter in self.voters], dtype=bool)

    @cached_property
    def panels(self) -> Mask:
        """Which voters are panels (one element a voter)."""
        return np.array([bool(voter.members) for voter in self.voters], dtype=bool)

    @cached_property
    def judges(self) -> Mask:
        """Which voters are judges that speak for themselves alone (one element a voter)."""
        return ~self.people & ~self.panels

    @cached_property
    def human(self) -> Mask:
        """Which votes are people's (one element a vote)."""
        return self.people[self.voter]

    def where(self, mask: Mask) -> "Votes":
        """The votes that `mask` (one element a vote) picks, over the comparisons that still have any."""
        kept, comparison = np.unique(self.comparison[mask], return_inverse=True)
        return replace(
            self,
            comparison_ids=self.comparison_ids[kept],
            comparison=comparison,
            voter=self.voter[mask],
            code=self.code[mask],
        )

    def judgements(self) -> Judgements:
        """Every vote as the pairs of responses it implies (`ranking.pairs`); pairs not compared yield none.

        A pair's value carries the strength where the source has one, else its sign; both bad is 0.
        """
        places, values, sizes = [], [], []
        for vote in self.distinct:
            implied = _implied(vote)
            places += [place for place, _ in implied]
            values += [value for _, value in implied]
            sizes.append(len(implied))
        size = np.array(sizes, dtype=np.int64)
        start = np.concatenate(([0], np.cumsum(size)[:-1])) if sizes else size
        number = size[self.code]
        # Position of each judgement in the table: its vote's start, then 0, 1, 2 … within the vote.
        within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        at = np.repeat(start[self.code], number) + within
        key = np.repeat(self.comparison, number) * PAIRS + np.array(places, dtype=np.int64)[at]
        keys, unit = np.unique(key, return_inverse=True)
        return Judgements(
            unit, np.repeat(self.voter, number), np.array(values, dtype=np.int64)[at], keys // PAIRS
        )


def responses_in(ranking: str) -> int | None:
    """How many responses a canonical ranking names; None for both_bad, which names none."""
    return None if ranking == BOTH_BAD else 1 + sum(ranking.count(mark) for mark in ">=~")


def _implied(vote: Vote) -> list[tuple[int, int]]:
    """(place of the pair among all pairs of k letters, signed value) of each pair a vote compares."""
    if vote.k == 2:
        return [(0, signed(vote.parsed, vote.strength)) for _ in pairs(vote.parsed, 2)]
    place = {(x, y): index for index, (x, y) in enumerate(_all_pairs(vote.k))}
    return [(place[x, y], sign) for x, y, sign in pairs(vote.parsed, vote.k)]


def _all_pairs(k: int) -> list[tuple[str, str]]:
    return [(x, y) for x, y, _ in pairs(Ranking((), both_bad=True), k)]


def _ints(values: "array[int]") -> Ints:
    return np.frombuffer(values, dtype=np.int64) if values else np.zeros(0, dtype=np.int64)
