"""From an estimate to strict preferences between two responses, with what each rests on."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from ..consensus import TIE, UNRESOLVED, Estimate
from ..consensus.estimates import Tally
from ..ranking import BOTH_BAD, letters, pairs, parse, signed
from ..reports.estimates import DIGITS
from ..votes import MAX_STEPS, Vote


class Pair(NamedTuple):
    """A preference between two responses. `votes` compared the two; `n_for` and `n_against` of them say so
    and the opposite, the rest tie. `tied` pairs are one of the two ways of an answer without a winner."""

    chosen: str
    rejected: str
    probability: float
    margin: float
    votes: int
    n_for: int
    n_against: int
    tied: str = ""


def ordered_pairs(estimate: Estimate) -> Iterator[Pair | str]:
    """For every pair of responses the strict preference, or why there is none.

    Above k = 2 the probability is the share of the votes comparing the two that say so; a pair that the mean
    places order against the votes on that very pair is `outvoted`.
    """
    candidates = estimate.k * (estimate.k - 1) // 2
    if estimate.winner == BOTH_BAD:
        yield from ["both_bad"] * candidates
    elif estimate.k == 2 and estimate.winner in (TIE, UNRESOLVED):
        yield estimate.winner
    elif estimate.k == 2:
        yield _of_two(estimate)
    else:
        shares = votes_on_pairs(estimate)
        ordered = list(pairs(parse(estimate.ranking, estimate.k), estimate.k))
        yield from ["not_compared"] * (candidates - len(ordered))
        for x, y, sign in ordered:
            chosen, rejected = (x, y) if sign > 0 else (y, x)
            better, worse = shares[x, y][1 - sign], shares[x, y][1 + sign]
            if not sign:
                yield TIE
            elif better <= worse:
                yield "outvoted"
            else:
                compared = sum(shares[x, y])
                share = round(better / compared, DIGITS)
                yield Pair(chosen, rejected, share, 0.0, compared, better, worse)


def both_ways(estimate: Estimate) -> Iterator[Pair]:
    """Every pair of responses that the consensus ties or leaves open, each way with probability one half."""
    shares = votes_on_pairs(estimate)
    for x, y in _without_winner(estimate):
        first, ties, second = shares[x, y]
        why = TIE if estimate.k > 2 else estimate.winner
        total = first + ties + second
        yield Pair(x, y, 0.5, 0.0, total, first, second, why)
        yield Pair(y, x, 0.5, 0.0, total, second, first, why)


def margin(votes: Iterable[tuple[Vote, int]], chosen: str) -> float:
    """Mean strength in favour of `chosen` over the scale's finest, 0 to 1.

    Ties and both_bad count 0. A preference without a strength says nothing about it and is left out; 0.0
    where none has one, and never below 0.
    """
    towards = 1 if chosen == "a" else -1
    known = [(vote, n) for vote, n in votes if vote.strength is not None or vote.parsed.winner is None]
    number = sum(n for _, n in known)
    total = sum(n * towards * signed(vote.parsed, vote.strength) for vote, n in known)
    return round(max(0.0, total / number / MAX_STEPS), DIGITS) if number else 0.0


def votes_on_pairs(estimate: Estimate) -> dict[tuple[str, str], list[int]]:
    """Votes by pair of letters: how many put the first above, beside and below the second."""
    return _votes_on_pairs(estimate.k, estimate.votes)


def _votes_on_pairs(k: int, votes: Tally) -> dict[tuple[str, str], list[int]]:
    counts = {(x, y): [0, 0, 0] for x in letters(k) for y in letters(k) if x < y}
    for vote, number in votes:
        for x, y, sign in pairs(vote.parsed, vote.k):
            counts[x, y][1 - sign] += number
    return counts


def _of_two(estimate: Estimate) -> Pair:
    chosen, rejected = estimate.winner, "b" if estimate.winner == "a" else "a"
    strength, n_for, n_against = _balance(estimate.votes, chosen)
    probability = round(estimate.probabilities[chosen], DIGITS)
    return Pair(chosen, rejected, probability, strength, estimate.support, n_for, n_against)


@lru_cache(maxsize=65536)
def _balance(votes: Tally, chosen: str) -> tuple[float, int, int]:
    """(margin, votes for, votes against) of one of two responses. There are few different tallies."""
    first, _, second = _votes_on_pairs(2, votes)["a", "b"]
    return margin(votes, chosen), *((first, second) if chosen == "a" else (second, first))


def _without_winner(estimate: Estimate) -> Iterator[tuple[str, str]]:
    if estimate.winner == BOTH_BAD:
        return
    if estimate.k == 2:
        if estimate.winner in (TIE, UNRESOLVED):
            yield "a", "b"
        return
    for x, y, sign in pairs(parse(estimate.ranking, estimate.k), estimate.k):
        if not sign:
            yield x, y
