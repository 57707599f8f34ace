"""`vote-expanded`: every vote on a pair is a row, so that any trainer learns the soft label unchanged.

The mean of a Bradley-Terry loss over n_for rows one way and n_against the other is the loss of the soft label
n_for / (n_for + n_against). With soft ties every vote is two rows, those of a tie one each way.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from ...reports.estimates import DIGITS
from ..options import Options
from ..preferences import Pair, votes_on_pairs
from ..rows import Account, Row
from .base import ABOUT, MESSAGES, WHERE_FROM, Case, Format, Preference
from .pairs import explicit_or_implicit

_REST = [
    pa.field("chosen_prob", pa.float64()),
    pa.field("weight", pa.float64()),
    pa.field("n_votes", pa.int64()),
    *WHERE_FROM,
]
IMPLICIT = pa.schema([pa.field("chosen", MESSAGES), pa.field("rejected", MESSAGES), *_REST])
EXPLICIT = IMPLICIT.insert(0, pa.field("prompt", MESSAGES))


def configs(criteria: Sequence[str], options: Options) -> dict[str, pa.Schema]:
    ends = {".vote-expanded": EXPLICIT, ".vote-expanded.implicit": IMPLICIT}
    return {f"{name}{end}": schema for name in criteria for end, schema in ends.items()}


def rows(case: Case, account: Account) -> Iterator[Row]:
    account.read += case.pairs
    if case.reason or case.estimate is None:
        account.remove(case.reason, case.item.external_id, case.pairs)
        return
    soft = case.options.ties == "soft"
    for (x, y), (first, ties, second) in votes_on_pairs(case.estimate).items():
        ways = (
            {(x, y): 2 * first + ties, (y, x): 2 * second + ties} if soft else {(x, y): first, (y, x): second}
        )
        total = sum(ways.values())
        found = _checked(case, x, y, first, second, first + ties + second, ways)
        if isinstance(found, str):
            account.remove(found, case.item.external_id)
            continue
        for preference in found:
            pair = preference.pair
            times = ways[pair.chosen, pair.rejected]
            end, values = explicit_or_implicit(preference)
            values |= {
                "chosen_prob": round(times / total, DIGITS),
                "weight": round(1 / total, DIGITS),
                "n_votes": pair.votes,
            }
            yield from [Row(f"{case.criterion}.vote-expanded{end}", values | case.where_from)] * times


def _checked(
    case: Case, x: str, y: str, first: int, second: int, votes: int, ways: dict[Any, int]
) -> list[Preference] | str:
    if not votes:
        return "not_compared"
    if not any(ways.values()):
        return "tie"
    found = []
    for chosen, rejected, n_for, n_against in ((x, y, first, second), (y, x, second, first)):
        # Its probability is that of the votes, so the posterior's gate is not asked.
        pair = Pair(chosen, rejected, 1.0, 0.0, votes, n_for, n_against)
        preference = case.checked(pair)
        if isinstance(preference, str):
            return preference
        found.append(preference)
    return found


FORMAT = Format(
    "Every vote on a pair of answers as a row, which makes a soft label of them for any trainer.",
    "pairs of responses",
    {
        **ABOUT,
        "prompt": "messages before the answers; absent from `.implicit` configurations",
        "chosen_prob": "share of the pair's rows that go this way",
        "weight": "1 over the number of the pair's rows: with it every pair counts alike",
    },
    configs,
    rows,
)
