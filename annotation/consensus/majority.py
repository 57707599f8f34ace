"""Votes counted: all alike, or weighed by how often their giver is with the majority. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from ..ranking import BOTH_BAD, letters
from ..votes import Vote, Votes
from .answers import TIE, Answers, Floats, top_of
from .estimates import (
    Estimate,
    codes_by_comparison,
    doubled_places,
    in_tiers,
    of_a_pair,
    tally,
    winner_of,
)


def majority(votes: Votes) -> Iterator[tuple[int, Estimate]]:
    """(comparison id, estimate) in order of id; one vote an annotator, all votes alike."""
    known: dict[bytes, Estimate] = {}
    for comparison_id, said in zip(votes.comparison_ids.tolist(), codes_by_comparison(votes), strict=True):
        estimate = known.get(key := said.tobytes())
        if estimate is None:
            estimate = known[key] = majority_of([votes.distinct[code] for code in said])
        yield comparison_id, estimate


def majority_of(votes: Sequence[Vote]) -> Estimate:
    """The majority's estimate from the votes on one comparison; ValueError when there is none.

    A probability is the share of votes that put this letter alone on top (`tie`: several share the top). With
    more than two responses the ranking is by mean place (Borda), so its first letter may differ from the
    winner, which is first most often.
    """
    if not votes:
        raise ValueError("no vote to take a majority of")
    k = votes[0].k
    tops = Counter(top_of(vote) for vote in votes)
    classes = [*letters(k), TIE, *([BOTH_BAD] if tops[BOTH_BAD] else [])]
    probabilities = {name: tops[name] / len(votes) for name in classes}
    winner = winner_of(probabilities)
    if k == 2 or winner == BOTH_BAD:
        ranking = of_a_pair(winner)
    else:
        ranked = [vote for vote in votes if vote.ranking != BOTH_BAD]
        places = [sum(column) / len(ranked) for column in zip(*map(doubled_places, ranked), strict=True)]
        ranking = in_tiers(places, ranked)
    return Estimate(k, probabilities, winner, ranking, len(votes), tally(votes))


def shares(answers: Answers, weight: Floats | None = None) -> Floats:
    """(classes, items): each answer's share of an item's votes, weighed by annotator; known ones certain."""
    each = np.ones(answers.annotators) if weight is None else weight
    by_class = answers.by_class @ np.repeat(each, answers.classes)
    counted = by_class.reshape(answers.classes, answers.items)
    result: Floats = counted / np.maximum(counted.sum(0), 1e-12)
    clamped = np.flatnonzero(answers.known >= 0)
    result[:, clamped] = 0.0
    result[answers.known[clamped], clamped] = 1.0
    return result


def agreement_with_majority(answers: Answers) -> Floats:
    """By annotator: how often their answer is the item's most frequent one, theirs included (Wawa's weight).

    An item whose most frequent answer is shared by several counts as right for each of their givers in part.
    """
    votes = shares(answers)
    top = votes >= votes.max(0) - 1e-12
    share = top / top.sum(0)
    right = np.bincount(answers.annotator, share[answers.value, answers.item], answers.annotators)
    result: Floats = right / np.maximum(answers.said.sum(1), 1)
    return result
