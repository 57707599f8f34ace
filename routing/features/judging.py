"""What judges said of a comparison, seen from the judge whose label stands. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from math import nan

from annotation.ranking import pairs, parse

COLUMNS = (
    "tied",
    "order changed it",
    "unsure",
    "others differ",
    "others contradict",
    "others tied",
    "order changed others",
    "alone",
)

# One label: its canonical ranking, whether the order of the responses changed it, and how unsure the judge
# was (0 certain, 1 cannot tell; None where it did not say).
Said = tuple[str, bool, float | None]


@lru_cache(maxsize=65536)
def judged(own: Said | None, others: Sequence[Said], k: int) -> tuple[float, ...]:
    """A value for each of COLUMNS, every one a share between 0 and 1; NaN where it is not known.

    `own` is the label that stands and None where that judge has not answered: then nothing is known.
    `others` (a tuple) holds other judges' labels on the same criterion of k responses. Rankings of more than
    two responses differ, contradict and tie by the share of implied pairs. Cached: a million comparisons have
    a few thousand patterns.
    """
    if own is None:
        return (nan,) * len(COLUMNS)
    mine = _signs(own[0], k)
    number = len(others)
    differ = contradict = tied = changed = 0.0
    for ranking, flipped, _ in others:
        theirs = _signs(ranking, k)
        both = [(mine[pair], theirs[pair]) for pair in mine.keys() & theirs.keys()]
        differ += _share([one != other for one, other in both])
        contradict += _share([one * other < 0 for one, other in both])
        tied += _share([sign == 0 for sign in theirs.values()])
        changed += flipped
    of = max(number, 1)
    return (
        _share([sign == 0 for sign in mine.values()]),
        float(own[1]),
        nan if own[2] is None else own[2],
        differ / of,
        contradict / of,
        tied / of,
        changed / of,
        float(number == 0),
    )


def preferred(ranking: str | None, k: int) -> tuple[float, ...]:
    """Weights of k responses: +1 shared by those on top, -1 by the others; all 0 for a tie or no label."""
    tiers = parse(ranking, k).tiers if ranking else ()
    if len(tiers) < 2:
        return (0.0,) * k
    top = {ord(letter) - ord("a") for letter in tiers[0]}
    return tuple(1 / len(top) if place in top else -1 / (k - len(top)) for place in range(k))


def _share(facts: list[bool]) -> float:
    return sum(facts) / len(facts) if facts else 0.0


@lru_cache(maxsize=4096)
def _signs(ranking: str, k: int) -> dict[tuple[str, str], int]:
    """-1, 0 or 1 for every pair of responses that the ranking compares."""
    return {(x, y): sign for x, y, sign in pairs(parse(ranking, k), k)}
