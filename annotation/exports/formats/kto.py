"""`trl-kto`: single answers marked good or bad, for TRL's KTO trainer.

The marks are relative: best and worst of their comparison. Only `both_bad` is a verdict on its own.
"""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from ...consensus import TIE, UNRESOLVED
from ...ranking import BOTH_BAD, letters, parse
from ...reports.estimates import DIGITS
from ..options import Options
from ..rows import Account, Row
from ..texts import Said
from .base import ABOUT, MESSAGES, WHERE_FROM, Case, Format

SCHEMA = pa.schema(
    [
        pa.field("prompt", MESSAGES),
        pa.field("completion", MESSAGES),
        pa.field("label", pa.bool_()),
        pa.field("label_prob", pa.float64()),
        pa.field("n_votes", pa.int64()),
        pa.field("response", pa.string()),
        *WHERE_FROM,
    ]
)


def configs(criteria: Sequence[str], options: Options) -> dict[str, pa.Schema]:
    return {f"{name}.trl-kto": SCHEMA for name in criteria}


def rows(case: Case, account: Account) -> Iterator[Row]:
    account.read += case.item.k
    marks = _marks(case)
    for letter in letters(case.item.k):
        mark = marks if isinstance(marks, str) else marks[letter]
        side = case.sides[letter] if isinstance(mark, bool) else mark
        if isinstance(side, Said) and _has_twin(case, letter):
            side = "identical_text"
        if isinstance(side, str) or isinstance(mark, str) or case.estimate is None:
            account.remove(str(side), case.item.external_id)
            continue
        yield Row(
            f"{case.criterion}.trl-kto",
            {
                "prompt": side.prompt,
                "completion": side.answer,
                "label": mark,
                "label_prob": round(case.estimate.probabilities[case.estimate.winner], DIGITS),
                "n_votes": case.estimate.support,
                "response": letter,
                **case.where_from,
            },
        )


def _marks(case: Case) -> dict[str, bool | str] | str:
    """By letter whether it is good, or why it is neither; one reason for all of them."""
    estimate = case.estimate
    if case.reason or estimate is None:
        return case.reason
    if estimate.winner in (TIE, UNRESOLVED):
        return estimate.winner
    if estimate.probabilities[estimate.winner] < case.options.min_probability:
        return "low_probability"
    names = letters(case.item.k)
    if estimate.winner == BOTH_BAD:
        return dict.fromkeys(names, False)
    tiers = parse(estimate.ranking, estimate.k).tiers
    if tiers[0] != (estimate.winner,):
        return "outvoted"
    return {
        name: name == estimate.winner or ("between" if name not in tiers[-1] else False) for name in names
    }


def _has_twin(case: Case, letter: str) -> bool:
    """Whether another response looks the same, so that one text would be good and bad."""
    return any(letter in pair for pair in case.texts.twins)


FORMAT = Format(
    "Single answers marked good or bad, for TRL's KTO trainer: the best and the worst of each comparison.",
    "responses",
    {
        **ABOUT,
        "completion": "messages of the answer",
        "label": "true for the best answer of its comparison, false for the worst, or for all if all are bad",
        "label_prob": "probability of the comparison's consensus",
        "n_votes": "votes on the comparison",
        "response": "the answer's letter in its comparison",
    },
    configs,
    rows,
)
