"""The estimated preference on each comparison, from the votes that stand. Pure.

Whose votes stand (`standing`):
- People's, wherever people have labelled: routing's audit slice is labelled by both, and people decide.
- Elsewhere, if routing sent the comparison to a judge, that judge's alone (any judge's if it named none).
- Elsewhere, if routing sent it to people, nobody's: it waits for a person.
- Elsewhere, without a Decision, every judge's.

A method turns votes into estimates; `METHODS` holds what there is. A tied vote is `unresolved`: no method
ever falls back on the first response.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .ranking import BOTH_BAD, from_tiers, letters
from .votes import Mask, Vote, Votes

TIE = "tie"
UNRESOLVED = "unresolved"

Method = Callable[[Votes], Iterator[tuple[int, "Estimate"]]]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The preference on one comparison.

    `probabilities` sum to 1: each letter (it alone is best), `tie` (no single best), and `both_bad` where a
    vote said so. `winner` is the most probable of these, or `unresolved` when several are. `ranking` is
    canonical, empty where a pair is unresolved. `votes` is what it rests on, `support` of them.
    """

    k: int
    probabilities: dict[str, float]
    winner: str
    ranking: str
    support: int
    votes: tuple[tuple[Vote, int], ...]


def standing(votes: Votes, decisions: Iterable[tuple[int, bool, int | None]]) -> Mask:
    """Which votes stand (one element a vote). Decisions are (comparison id, sent to people, judge's id)."""
    by_person = votes.human
    labelled = np.zeros(len(votes.comparison_ids), dtype=bool)
    labelled[votes.comparison[by_person]] = True
    voter_ids = np.array([voter.id for voter in votes.voters], dtype=np.int64)
    anyone = np.ones(len(votes.comparison_ids), dtype=bool)
    only = np.zeros(len(votes.comparison_ids), dtype=np.int64)
    decided = np.array([(c, human, judge or 0) for c, human, judge in decisions], dtype=np.int64).reshape(
        -1, 3
    )
    decided = decided[np.isin(decided[:, 0], votes.comparison_ids)]
    at = np.searchsorted(votes.comparison_ids, decided[:, 0])
    anyone[at] = (decided[:, 1] == 0) & (decided[:, 2] == 0)
    # Sent to people: no judge's vote stands, and no annotator has the id -1.
    only[at] = np.where(decided[:, 1] == 1, -1, decided[:, 2])
    named = only[votes.comparison] == voter_ids[votes.voter]
    return by_person | (~labelled[votes.comparison] & (anyone[votes.comparison] | named))


def majority(votes: Votes) -> Iterator[tuple[int, Estimate]]:
    """(comparison id, estimate) in order of id; one vote an annotator, all votes alike."""
    order = np.lexsort((votes.code, votes.comparison))
    codes = votes.code[order]
    ends = np.searchsorted(votes.comparison[order], np.arange(len(votes.comparison_ids) + 1))
    known: dict[bytes, Estimate] = {}
    for comparison_id, (start, end) in zip(votes.comparison_ids, pairwise(ends), strict=True):
        said = codes[start:end]
        estimate = known.get(key := said.tobytes())
        if estimate is None:
            estimate = known[key] = majority_of([votes.distinct[code] for code in said])
        yield int(comparison_id), estimate


METHODS: dict[str, Method] = {"majority": majority}


def majority_of(votes: Sequence[Vote]) -> Estimate:
    """The majority's estimate from the votes on one comparison; ValueError when there is none.

    A probability is the share of votes that put this letter alone on top (`tie`: several share the top). With
    more than two responses the ranking is by mean place (Borda), equal means tied, so its first letter may
    differ from the winner, which is first most often.
    """
    if not votes:
        raise ValueError("no vote to take a majority of")
    k = votes[0].k
    tops = Counter(_top(vote) for vote in votes)
    classes = [*letters(k), TIE, *([BOTH_BAD] if tops[BOTH_BAD] else [])]
    most = max(tops.values())
    winners = [name for name in classes if tops[name] == most]
    winner = winners[0] if len(winners) == 1 else UNRESOLVED
    counted = Counter(votes)
    return Estimate(
        k=k,
        probabilities={name: tops[name] / len(votes) for name in classes},
        winner=winner,
        ranking=_ranking(votes, k, winner),
        support=len(votes),
        votes=tuple(sorted(counted.items(), key=lambda item: (item[0].ranking, item[0].strength or 0))),
    )


def _top(vote: Vote) -> str:
    return BOTH_BAD if vote.ranking == BOTH_BAD else vote.parsed.winner or TIE


def _ranking(votes: Sequence[Vote], k: int, winner: str) -> str:
    if winner == BOTH_BAD:
        return BOTH_BAD
    if k > 2:
        return _by_mean_place([vote for vote in votes if vote.ranking != BOTH_BAD])
    if winner == UNRESOLVED:
        return ""
    return "a=b" if winner == TIE else f"{winner}>{'b' if winner == 'a' else 'a'}"


def _by_mean_place(votes: Sequence[Vote]) -> str:
    """Letters by the sum of their places over votes; tied letters share the middle of their places."""
    total: Counter[str] = Counter()
    for vote in votes:
        before = 0
        for tier in vote.parsed.tiers:
            for letter in tier:
                total[letter] += 2 * before + len(tier) - 1  # doubled, to stay whole and compare exactly
            before += len(tier)
    tiers: dict[int, list[str]] = {}
    for letter in sorted(total):
        tiers.setdefault(total[letter], []).append(letter)
    return str(from_tiers(tiers[place] for place in sorted(tiers)))
