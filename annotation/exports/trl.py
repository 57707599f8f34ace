"""`trl-preference`: chat messages chosen and rejected, for DPO and reward training.

One row for every pair of responses that the consensus puts in strict order: one at k = 2, up to k(k-1)/2
above. A configuration per criterion, named after it, holds rows whose two sides share the prompt; where
earlier messages differ from side to side, whole conversations go into `<criterion>.implicit`, because one
file cannot hold both shapes.

A trainer is no validator: it trains on equal or empty texts and on people's turns without a word. Such rows
stay out, counted.
"""

import math
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from unicodedata import category

import pyarrow as pa

from ..consensus import TIE, UNRESOLVED, Estimate
from ..models import Criterion
from ..ranking import BOTH_BAD, letters, pairs, parse, signed
from ..votes import MAX_STEPS, Vote
from .rows import Account, Row
from .source import ComparisonText, Source

Message = dict[str, str]

MESSAGES = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))
IMPLICIT = pa.schema(
    [
        pa.field("chosen", MESSAGES),
        pa.field("rejected", MESSAGES),
        pa.field("chosen_prob", pa.float64()),
        pa.field("margin", pa.float64()),
        pa.field("n_votes", pa.int64()),
        pa.field("comparison", pa.string()),
        pa.field("criterion", pa.string()),
    ]
)
EXPLICIT = IMPLICIT.insert(0, pa.field("prompt", MESSAGES))

COLUMNS = {
    "prompt": "messages before the answers; absent from `.implicit` configurations",
    "chosen": "messages of the better answer; in `.implicit` configurations the whole conversation",
    "rejected": "messages of the worse answer, likewise",
    "chosen_prob": "probability that chosen is better: the share of votes that say so",
    "margin": "mean strength in favour of chosen over 3 (slight 1/3, clear 2/3, much 1; a tie counts 0); "
    "0 where no vote has a strength",
    "n_votes": "votes that compared the two",
    "comparison": "the comparison's id",
    "criterion": "the question that was asked",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A strict preference between two responses, resting on `votes` votes."""

    chosen: str
    rejected: str
    probability: float
    margin: float
    votes: int


def configs(criteria: Iterable[Criterion]) -> dict[str, pa.Schema]:
    """Every configuration that may get rows, the default one first."""
    schemas = {}
    for criterion in criteria:
        schemas[criterion.name] = EXPLICIT
        schemas[f"{criterion.name}.implicit"] = IMPLICIT
    return schemas


def rows(source: Source, min_labels: int, min_probability: float, account: Account) -> Iterator[Row]:
    """Rows by comparison. Candidates are all pairs of responses of every comparison and criterion."""
    for comparison in source.comparisons():
        candidates = comparison.k * (comparison.k - 1) // 2
        for criterion in source.criteria:
            account.read += candidates
            estimate = source.estimates[criterion.pk].get(comparison.pk)
            reason = _unusable(comparison, estimate, min_labels)
            if reason or estimate is None:
                account.remove(reason, comparison.external_id, candidates)
                continue
            for pair in ordered_pairs(estimate):
                shaped = (
                    pair if isinstance(pair, str) else _checked(comparison, pair, min_labels, min_probability)
                )
                if isinstance(shaped, str):
                    account.remove(shaped, comparison.external_id)
                    continue
                about = {"comparison": comparison.external_id, "criterion": criterion.name}
                config = criterion.name if "prompt" in shaped else f"{criterion.name}.implicit"
                yield Row(config, comparison.group, shaped | about)


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
        chosen, rejected = estimate.winner, "b" if estimate.winner == "a" else "a"
        yield Pair(
            chosen, rejected, estimate.probabilities[chosen], margin(estimate.votes, chosen), estimate.support
        )
    else:
        shares = _shares(estimate)
        ordered = list(pairs(parse(estimate.ranking, estimate.k), estimate.k))
        yield from ["not_compared"] * (candidates - len(ordered))
        for x, y, sign in ordered:
            chosen, rejected = (x, y) if sign > 0 else (y, x)
            better, worse = shares[x, y][1 - sign], shares[x, y][1 + sign]
            if not sign:
                yield "tie"
            elif better <= worse:
                yield "outvoted"
            else:
                compared = sum(shares[x, y])
                yield Pair(chosen, rejected, better / compared, 0.0, compared)


def margin(votes: Iterable[tuple[Vote, int]], chosen: str) -> float:
    """Mean strength in favour of `chosen` over the scale's finest, 0 to 1.

    Ties and both_bad count 0. A preference without a strength says nothing about it and is left out; 0.0
    where none has one, and never below 0.
    """
    towards = 1 if chosen == "a" else -1
    known = [(vote, n) for vote, n in votes if vote.strength is not None or vote.parsed.winner is None]
    number = sum(n for _, n in known)
    total = sum(n * towards * signed(vote.parsed, vote.strength) for vote, n in known)
    return max(0.0, total / number / MAX_STEPS) if number else 0.0


def _shares(estimate: Estimate) -> dict[tuple[str, str], list[int]]:
    """Votes by pair of letters: how many put the first above, beside and below the second."""
    counts = {(x, y): [0, 0, 0] for x in letters(estimate.k) for y in letters(estimate.k) if x < y}
    for vote, number in estimate.votes:
        for x, y, sign in pairs(vote.parsed, vote.k):
            counts[x, y][1 - sign] += number
    return counts


def _unusable(comparison: ComparisonText, estimate: Estimate | None, min_labels: int) -> str:
    if not comparison.fit:
        return "unfit"
    if estimate is None:
        return "no_votes"
    return "too_few_votes" if estimate.support < min_labels else ""


def _checked(
    comparison: ComparisonText, pair: Pair, min_labels: int, min_probability: float
) -> dict[str, Any] | str:
    """The pair as columns, or the reason that it must not be trained on."""
    if pair.votes < min_labels:
        return "too_few_votes"
    if pair.probability < min_probability:
        return "low_probability"
    if not math.isfinite(pair.margin) or pair.margin < 0:
        return "bad_margin"
    shaped = _shape(comparison, pair)
    if isinstance(shaped, str):
        return shaped
    return shaped | {"chosen_prob": pair.probability, "margin": pair.margin, "n_votes": pair.votes}


def _shape(comparison: ComparisonText, pair: Pair) -> dict[str, Any] | str:
    """The pair's messages as columns, or what is wrong with them."""
    stored = dict(zip(letters(comparison.k), comparison.responses, strict=True))
    sides = []
    for response in (stored[pair.chosen], stored[pair.rejected]):
        before = [*response.context, *comparison.prompt]
        if response.media or not all(map(_is_text, [*before, *response.messages])):
            return "not_text"
        if not any(visible(message["content"]) for message in before):
            return "empty_prompt"
        if not response.messages or not all(visible(message["content"]) for message in response.messages):
            return "empty_text"
        if response.messages[0] == before[0]:
            return "prompt_repeated"
        if not _is_answer(response.messages):
            return "not_an_answer"
        sides.append((_plain(before), _plain(response.messages)))
    (prompt, better), (other_prompt, worse) = sides
    if _looks(prompt + better) == _looks(other_prompt + worse):
        return "identical_text"
    if prompt == other_prompt:
        return {"prompt": prompt, "chosen": better, "rejected": worse}
    return {"chosen": prompt + better, "rejected": other_prompt + worse}


def visible(text: str) -> str:
    """The text without Unicode's format characters (Cf, such as zero-width spaces) and white space around."""
    return (text if text.isascii() else _format_characters().sub("", text)).strip()


@cache
def _format_characters() -> re.Pattern[str]:
    every = map(chr, range(sys.maxunicode + 1))
    return re.compile(f"[{''.join(character for character in every if category(character) == 'Cf')}]+")


def _is_answer(messages: Sequence[dict[str, Any]]) -> bool:
    """True where the model speaks first and last, and nobody but tools in between."""
    roles = [message["role"] for message in messages]
    return roles[0] == roles[-1] == "assistant" and {*roles} <= {"assistant", "tool"}


def _looks(messages: Iterable[Message]) -> list[tuple[str, str]]:
    """What a reader sees: two sides that look the same say nothing about a preference."""
    return [(message["role"], visible(message["content"])) for message in messages]


def _is_text(message: dict[str, Any]) -> bool:
    """True for a role and a text; lists of parts, tool calls and names would be lost in these columns."""
    return (
        message.keys() == {"role", "content"}
        and isinstance(message["content"], str)
        and isinstance(message["role"], str)
    )


def _plain(messages: Iterable[dict[str, Any]]) -> list[Message]:
    return [{"role": message["role"], "content": message["content"]} for message in messages]
