"""What the labels on one comparison say about the judge whose label stands. Pure: no Django."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations, groupby
from math import nan
from operator import itemgetter

import numpy as np

from annotation.ranking import pairs, parse

from .features.judging import Said, judged

# One judge's label: criterion, whether this judge's label stands, ranking, whether the order changed it, and
# how unsure it was (of the one that stands; None where it is not known).
Vote = tuple[int, bool, str, bool, float | None]
# What an imported label's words for its confidence count as.
UNSURE_BY_WORD = {"very": 0.0, "fairly": 1 / 3, "somewhat": 2 / 3, "not": 1.0}


@lru_cache(maxsize=65536)
def summary(votes: tuple[Vote, ...], k: int) -> tuple[int, float, float, float]:
    """Judges, share of differing pairs of judges, share flipped by order, share tied, of one comparison.

    Two rankings of more than two responses differ by the share of implied pairs on which they do. Criteria
    count alike. Cached, like `seen`: a million comparisons have a few thousand patterns of votes.
    """
    by_criterion = [list(group) for _, group in groupby(votes, key=itemgetter(0))]
    differing = [share for group in by_criterion if (share := _differing(group, k)) is not None]
    return (
        max(len(group) for group in by_criterion),
        sum(differing) / len(differing) if differing else 0.0,
        sum(flipped for _, _, _, flipped, _ in votes) / len(votes),
        sum(parse(ranking, k).winner is None for _, _, ranking, _, _ in votes) / len(votes),
    )


@lru_cache(maxsize=65536)
def seen(votes: tuple[Vote, ...], k: int) -> tuple[float, ...]:
    """A value for each of `features.judging.COLUMNS`, the mean over the criteria that the judge answered."""
    rows = []
    for _, of_criterion in groupby(votes, key=itemgetter(0)):
        group = list(of_criterion)
        own = next(((ranking, flipped, sure) for _, stands, ranking, flipped, sure in group if stands), None)
        if own is not None:
            others: tuple[Said, ...] = tuple(
                (ranking, flipped, None) for _, stands, ranking, flipped, _ in group if not stands
            )
            rows.append(judged(own, others, k))
    return tuple(np.array(rows).mean(axis=0).tolist())


def unsure(ranking: str, k: int, chances: Mapping[str, float] | None, word: str = "") -> float | None:
    """How unsure a judge was of its label, 0 (certain) to 1, in hundredths: 1 - the chance that it gave what
    the label says, of a tie both kinds of it. Without `chances` by the `word` it used; None without either.

    `chances` are `SoftLabel.probabilities`: of a pair `a`, `tie`, `b`, `both_bad`, else by letter.
    """
    if not chances:
        return UNSURE_BY_WORD.get(word)
    said = parse(ranking, k)
    if k == 2 and said.winner is None:
        named: Sequence[str] = ("tie", "both_bad")
    else:
        named = said.tiers[0] if said.tiers else ()
    return round(1 - min(sum(chances.get(name, 0.0) for name in named), 1.0), 2)


def standing_ranking(votes: Iterable[Vote]) -> str | None:
    """The ranking that stands on the first criterion the judge answered; None where it answered none."""
    return next((ranking for _, stands, ranking, _, _ in votes if stands), None)


def contradicted(votes: Sequence[tuple[int, bool, str, int]]) -> tuple[float, float] | None:
    """How often people's answers contradict the judge's, and each other's; None where there is no pair.

    `votes` are (criterion, by the judge, ranking, k), by criterion. The first figure is a mean over people,
    the second over ordered pairs of them (NaN with fewer than two on every criterion); criteria count alike.
    Rankings of more than two responses contradict each other by the share of implied pairs.
    """
    judge: list[float] = []
    people: list[float] = []
    for _, of_criterion in groupby(votes, key=itemgetter(0)):
        group = list(of_criterion)
        k = group[0][3]
        own = next((ranking for _, mine, ranking, _ in group if mine), None)
        others = [ranking for _, mine, ranking, _ in group if not mine]
        if own is not None and others:
            judge.append(sum(_apart(own, other, k) for other in others) / len(others))
        if len(others) > 1:
            both = [_apart(one, other, k) for one, other in combinations(others, 2)]
            people.append(sum(both) / len(both))
    if not judge:
        return None
    return sum(judge) / len(judge), sum(people) / len(people) if people else nan


@lru_cache(maxsize=65536)
def _apart(one: str, other: str, k: int) -> float:
    """Share of the pairs of responses compared by both on which two rankings differ."""
    signs = {(x, y): sign for x, y, sign in pairs(parse(one, k), k)}
    shared = [signs[x, y] != sign for x, y, sign in pairs(parse(other, k), k) if (x, y) in signs]
    return sum(shared) / len(shared) if shared else 0.0


def _differing(votes: Iterable[Vote], k: int) -> float | None:
    """Mean over implied pairs of responses of the share of judge pairs that differ; None below two judges."""
    counts: dict[tuple[str, str], list[int]] = {}
    for _, _, ranking, _, _ in votes:
        for x, y, sign in pairs(parse(ranking, k), k):
            counts.setdefault((x, y), [0, 0, 0])[sign + 1] += 1
    shares = []
    for signs in counts.values():
        judges = sum(signs)
        if judges > 1:
            alike = sum(count * (count - 1) for count in signs)
            shares.append(1 - alike / (judges * (judges - 1)))
    return sum(shares) / len(shares) if shares else None
