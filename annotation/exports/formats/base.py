"""What the formats have in common: a case, its preferences with their texts, and a few columns."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from math import isfinite
from typing import Any, NamedTuple

import pyarrow as pa

from ...consensus import TIE, UNRESOLVED, Estimate
from ...ranking import letters
from ..frozen import Item
from ..options import Options
from ..preferences import Pair, both_ways, ordered_pairs
from ..rows import Account, Row
from ..texts import Said, looks, said

MESSAGES = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))
WHERE_FROM = [pa.field("comparison", pa.string()), pa.field("criterion", pa.string())]
PROBABLE = [
    pa.field("chosen_prob", pa.float64()),
    pa.field("margin", pa.float64()),
    pa.field("n_votes", pa.int64()),
]
ABOUT = {
    "prompt": "messages before the answers",
    "chosen": "messages of the better answer",
    "rejected": "messages of the worse answer",
    "chosen_prob": "probability that chosen is better; of a ranking's pair the share of the votes on it",
    "margin": "mean strength in favour of chosen over 3 (slight 1/3, clear 2/3, much 1; a tie counts 0); "
    "0 where no vote has a strength",
    "n_votes": "votes that compared the two",
    "comparison": "the comparison's id",
    "criterion": "the question that was asked",
}


class Preference(NamedTuple):
    """A pair with what both sides say."""

    pair: Pair
    chosen: Said
    rejected: Said

    @property
    def shares_prompt(self) -> bool:
        return self.chosen.prompt == self.rejected.prompt


@dataclass(frozen=True)
class Texts:
    """What the responses of a comparison say: worked out once for all criteria and formats."""

    item: Item

    @cached_property
    def sides(self) -> dict[str, Said | str]:
        """What each response says, or why it must not be trained on; by letter."""
        stored = zip(letters(self.item.k), self.item.responses, strict=True)
        return {letter: said(self.item.prompt, response) for letter, response in stored}

    @cached_property
    def twins(self) -> set[tuple[str, str]]:
        """Letters of two responses that look the same to a reader, either way round."""
        seen = {letter: looks(side) for letter, side in self.sides.items() if isinstance(side, Said)}
        return {(x, y) for x, y in permutations(seen, 2) if seen[x] == seen[y]}


@dataclass(frozen=True)
class Case:
    """A comparison's consensus on one criterion, or the `reason` that it stays out."""

    texts: Texts
    criterion: str
    estimate: Estimate | None
    reason: str
    options: Options

    @property
    def where_from(self) -> dict[str, str]:
        return {"comparison": self.item.external_id, "criterion": self.criterion}

    @property
    def pairs(self) -> int:
        return self.item.k * (self.item.k - 1) // 2

    @property
    def item(self) -> Item:
        return self.texts.item

    @property
    def sides(self) -> dict[str, Said | str]:
        return self.texts.sides

    @cached_property
    def preferences(self) -> list[Preference | str]:
        """One for every pair of responses, two for one that is tied where ties are soft, or the reason that
        there is none."""
        assert self.estimate is not None
        found = [
            pair if isinstance(pair, str) else self.checked(pair) for pair in ordered_pairs(self.estimate)
        ]
        if self.options.ties != "soft":
            return found
        decided = [one for one in found if one not in (TIE, UNRESOLVED)]
        return [*decided, *map(self.checked, both_ways(self.estimate))]

    @property
    def first_reason(self) -> str:
        """Why there is no preference, of a comparison without any; empty where there is one."""
        return next((one for one in self.preferences if isinstance(one, str)), "")

    def checked(self, pair: Pair) -> Preference | str:
        """The pair with its texts, or the reason that it must not be trained on."""
        if pair.votes < self.options.min_labels:
            return "too_few_votes"
        if not pair.tied and pair.probability < self.options.min_probability:
            return "low_probability"
        if not isfinite(pair.margin) or pair.margin < 0:
            return "bad_margin"
        chosen, rejected = self.sides[pair.chosen], self.sides[pair.rejected]
        if isinstance(chosen, str):
            return chosen
        if isinstance(rejected, str):
            return rejected
        twins = (pair.chosen, pair.rejected) in self.texts.twins
        return "identical_text" if twins else Preference(pair, chosen, rejected)


@dataclass(frozen=True)
class Format:
    """A shape of files: which configurations there may be, and the rows that go into them."""

    about: str
    unit: str
    columns: dict[str, str]
    configs: Callable[[Sequence[str], Options], dict[str, pa.Schema]]
    rows: Callable[[Case, Account], Iterator[Row]]


Shape = Callable[[Preference], tuple[str, dict[str, Any]] | str]
"""From a preference to the end of its configuration's name and its columns, or why it does not fit."""


def of_pairs(about: str, columns: dict[str, str], schemas: dict[str, pa.Schema], shape: Shape) -> Format:
    """A format with a row for every preference. `schemas` by the end of the configuration's name."""

    def configs(criteria: Sequence[str], options: Options) -> dict[str, pa.Schema]:
        return {f"{name}{end}": schema for name in criteria for end, schema in schemas.items()}

    def rows(case: Case, account: Account) -> Iterator[Row]:
        account.read += case.pairs
        if case.reason:
            account.remove(case.reason, case.item.external_id, case.pairs)
            return
        for preference in case.preferences:
            shaped = preference if isinstance(preference, str) else shape(preference)
            if not isinstance(shaped, str):
                end, values = shaped
                yield Row(f"{case.criterion}{end}", values | case.where_from)
            elif (
                isinstance(preference, str)
                or preference.pair.chosen < preference.pair.rejected
                or (not preference.pair.tied)
            ):  # of the two ways of a tie one is counted
                account.remove(shaped, case.item.external_id)

    return Format(about, "pairs of responses", columns, configs, rows)


def probable(pair: Pair) -> dict[str, Any]:
    return {"chosen_prob": pair.probability, "margin": pair.margin, "n_votes": pair.votes}
