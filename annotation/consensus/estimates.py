"""The estimated preference on one comparison, and how votes and probabilities become one. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from ..ranking import BOTH_BAD, Ranking, letters, pairs
from ..votes import Ints, Vote, Votes
from .answers import TIE, Floats, Question

UNRESOLVED = "unresolved"

# Probabilities and mean places that differ by less are equal: a sum's last digits depend on its order.
EQUAL = 1e-9

Tally = tuple[tuple[Vote, int], ...]


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
    votes: Tally

    @property
    def top_two(self) -> tuple[tuple[str, float], tuple[str, float]]:
        """The two most plausible answers with their probabilities, in order; equal ones in stored order."""
        first, second = sorted(self.probabilities.items(), key=lambda item: -item[1])[:2]
        return first, second

    @property
    def confidence(self) -> float:
        """The probability of the most plausible answer."""
        return self.top_two[0][1]

    @property
    def confusion(self) -> float:
        """The chance that the second most plausible answer is meant where one of the two is: 0 to 0.5."""
        (_, first), (_, second) = self.top_two
        return second / (first + second)


def winner_of(probabilities: dict[str, float]) -> str:
    """The most probable class, or `unresolved` where several are equally so."""
    most = max(probabilities.values())
    winners = [name for name, p in probabilities.items() if p >= most - EQUAL]
    return winners[0] if len(winners) == 1 else UNRESOLVED


def tally(votes: Iterable[Vote]) -> Tally:
    """Different votes in a fixed order, with how often each was given."""
    counted = Counter(votes)
    return tuple(sorted(counted.items(), key=lambda item: (item[0].ranking, item[0].strength or 0)))


def estimates(question: Question, probabilities: Floats, weight: Floats) -> Iterator[tuple[int, Estimate]]:
    """(comparison id, estimate) in order of id.

    `probabilities` are (classes, items) over `question.names`; `weight` is each annotator's in the merging of
    rankings of more than two responses.
    """
    k, votes = question.k, question.votes
    names = [*letters(k), TIE, *([BOTH_BAD] if BOTH_BAD in question.names else [])]
    columns = np.zeros((len(votes.comparison_ids), len(names)))
    for row, name in enumerate(question.names):
        columns[:, names.index(name)] = probabilities[row]
    orders = merged(question, weight) if k > 2 else None
    groups = zip(votes.comparison_ids.tolist(), columns, codes_by_comparison(votes), strict=True)
    known: dict[bytes, Tally] = {}
    for index, (pk, chance, codes) in enumerate(groups):
        chances = dict(zip(names, chance.tolist(), strict=True))
        winner = winner_of(chances)
        said = known.get(key := codes.tobytes())
        if said is None:
            said = known[key] = tally(votes.distinct[code] for code in codes)
        ranking = (
            BOTH_BAD if winner == BOTH_BAD else orders[index] if orders is not None else of_a_pair(winner)
        )
        yield pk, Estimate(k, chances, winner, ranking, len(codes), said)


def codes_by_comparison(votes: Votes) -> Iterator[Ints]:
    """The votes' codes of one comparison after the other, each in ascending order."""
    codes = votes.code[np.lexsort((votes.code, votes.comparison))]
    ends = np.searchsorted(votes.comparison, np.arange(len(votes.comparison_ids) + 1))
    return (codes[start:end] for start, end in pairwise(ends))


def of_a_pair(winner: str) -> str:
    """The ranking of two responses that has this winner; empty where that is unresolved."""
    return {"a": "a>b", "b": "b>a", TIE: "a=b", BOTH_BAD: BOTH_BAD, UNRESOLVED: ""}[winner]


def merged(question: Question, weight: Floats) -> list[str]:
    """A ranking for each comparison by the mean of its places in the votes, weighed by annotator."""
    votes, k = question.votes, question.k
    table = np.array(
        [doubled_places(v) if v.k == k and v.ranking != BOTH_BAD else [0] * k for v in votes.distinct]
    )
    ranked = np.array([v.ranking != BOTH_BAD for v in votes.distinct])[votes.code]
    each = np.where(ranked, weight[question.answers.annotator], 0.0)
    items = len(votes.comparison_ids)
    total = np.maximum(np.bincount(votes.comparison, each, items), EQUAL)
    places = np.stack(
        [np.bincount(votes.comparison, each * table[votes.code, at], items) / total for at in range(k)],
        axis=1,
    )
    return [
        in_tiers(row, [votes.distinct[code] for code in codes])
        for row, codes in zip(places.tolist(), codes_by_comparison(votes), strict=True)
    ]


def in_tiers(places: Sequence[float], votes: Sequence[Vote]) -> str:
    """Letters by their places, lowest best; equal places share a tier.

    A tier of which no vote compared two members is joined by ``~``: nobody said that they tie. So a ranking
    that everybody gave comes out as it went in.
    """
    order = sorted(range(len(places)), key=lambda at: places[at])
    tiers: list[list[int]] = []
    for before, at in zip([None, *order], order, strict=False):
        if before is None or places[at] - places[before] > EQUAL:
            tiers.append([])
        tiers[-1].append(at)
    named = tuple(tuple("abcdefghijklmnopqrstuvwxyz"[at] for at in sorted(tier)) for tier in tiers)
    apart = frozenset(
        index
        for index, tier in enumerate(named)
        if len(tier) > 1 and not any(_compares(vote, frozenset(tier)) for vote in set(votes))
    )
    return str(Ranking(named, apart))


@lru_cache(maxsize=4096)
def doubled_places(vote: Vote) -> list[int]:
    """Twice the place of each letter, 0 best; members of a tier share the middle of their places."""
    place: dict[str, int] = {}
    for tier in vote.parsed.tiers:
        place |= dict.fromkeys(tier, 2 * len(place) + len(tier) - 1)
    return [place[letter] for letter in letters(vote.k)]


@lru_cache(maxsize=65536)
def _compares(vote: Vote, tier: frozenset[str]) -> bool:
    if vote.ranking == BOTH_BAD:
        return False
    return any(x in tier and y in tier for x, y, _ in pairs(vote.parsed, vote.k))
