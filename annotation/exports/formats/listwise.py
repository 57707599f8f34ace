"""`listwise`: all answers to a prompt with their ranks; `unresolved`: pairs without a winner, for people."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from ...consensus import TIE, UNRESOLVED
from ...ranking import BOTH_BAD, letters, parse
from ...reports.estimates import DIGITS
from ..options import Options
from ..preferences import both_ways
from ..rows import Account, Row
from ..texts import Said
from .base import ABOUT, MESSAGES, WHERE_FROM, Case, Format

SCHEMA = pa.schema(
    [
        pa.field("prompt", MESSAGES),
        pa.field("responses", pa.list_(MESSAGES)),
        pa.field("ranks", pa.list_(pa.int64())),
        pa.field("scores", pa.list_(pa.float64())),
        pa.field("models", pa.list_(pa.string())),
        pa.field("num_responses", pa.int64()),
        pa.field("ranking", pa.string()),
        pa.field("n_votes", pa.int64()),
        *WHERE_FROM,
    ]
)
OPEN_SCHEMA = pa.schema(
    [
        pa.field("a", MESSAGES),
        pa.field("b", MESSAGES),
        pa.field("why", pa.string()),
        pa.field("pair", pa.string()),
        pa.field("n_for_a", pa.int64()),
        pa.field("n_for_b", pa.int64()),
        pa.field("n_votes", pa.int64()),
        *WHERE_FROM,
    ]
)


def configs(criteria: Sequence[str], options: Options) -> dict[str, pa.Schema]:
    return {f"{name}.listwise": SCHEMA for name in criteria}


def rows(case: Case, account: Account) -> Iterator[Row]:
    account.read += 1
    sides = _whole(case)
    if isinstance(sides, str) or case.estimate is None:
        account.remove(str(sides), case.item.external_id)
        return
    estimate = case.estimate
    tiers = parse(estimate.ranking, estimate.k).tiers
    rank: dict[str, int] = {}
    for tier in tiers:
        rank |= dict.fromkeys(tier, 1 + len(rank))
    names = letters(estimate.k)
    yield Row(
        f"{case.criterion}.listwise",
        {
            "prompt": sides[0].prompt,
            "responses": [side.answer for side in sides],
            "ranks": [rank[name] for name in names],
            "scores": [round(estimate.probabilities[name], DIGITS) for name in names],
            "models": [response.model for response in case.item.responses],
            "num_responses": estimate.k,
            "ranking": estimate.ranking,
            "n_votes": estimate.support,
            **case.where_from,
        },
    )


def _whole(case: Case) -> list[Said] | str:
    """All sides, or why the comparison stays out."""
    if case.reason or case.estimate is None:
        return case.reason
    if not case.estimate.ranking or case.estimate.winner == UNRESOLVED:
        return UNRESOLVED
    if case.estimate.ranking == BOTH_BAD:
        return BOTH_BAD
    if case.options.ties != "soft" and len(parse(case.estimate.ranking, case.estimate.k).tiers) == 1:
        return TIE
    if case.estimate.confidence < case.options.min_probability:
        return "low_probability"
    sides: list[Said] = []
    for side in case.sides.values():
        if isinstance(side, str):
            return side
        sides.append(side)
    if case.texts.twins:
        return "identical_text"
    return sides if all(side.prompt == sides[0].prompt for side in sides) else "different_context"


def unresolved_configs(criteria: Sequence[str]) -> dict[str, pa.Schema]:
    return {f"{name}.unresolved": OPEN_SCHEMA for name in criteria}


def unresolved(case: Case) -> Iterator[Row]:
    """Pairs that the consensus ties or leaves open, once each; no trainer reads this shape by mistake."""
    if case.reason or case.estimate is None:
        return
    for pair in both_ways(case.estimate):
        checked = case.checked(pair)
        if pair.chosen > pair.rejected or isinstance(checked, str):
            continue
        yield Row(
            f"{case.criterion}.unresolved",
            {
                "a": checked.chosen.conversation,
                "b": checked.rejected.conversation,
                "why": pair.tied,
                "pair": pair.chosen + pair.rejected,
                "n_for_a": pair.n_for,
                "n_for_b": pair.n_against,
                "n_votes": pair.votes,
                **case.where_from,
            },
        )


UNRESOLVED_COLUMNS = {
    **ABOUT,
    "a": "the conversation that ends with the first of the two answers",
    "b": "the same with the second",
    "why": "tie, or unresolved where several answers are equally probable",
    "pair": "letters of the two answers in their comparison",
    "n_for_a": "votes that put a first",
    "n_for_b": "votes that put b first",
}

FORMAT = Format(
    "All answers to a prompt with their ranks; 1 is the best.",
    "comparisons",
    {
        **ABOUT,
        "responses": "messages of each answer, in stored order",
        "ranks": "rank of each answer, 1 the best; equals share one, and so do answers nobody compared",
        "scores": "probability of each answer to be alone the best",
        "models": "who wrote each answer",
        "num_responses": "how many answers there are",
        "ranking": "letters best first: a>b=c; ~ joins what was not compared",
        "n_votes": "votes on the comparison",
    },
    configs,
    rows,
)
