"""`labels`: every current label, one row each, people under pseudonyms."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from ..models import Criterion
from ..reports import voters_of
from ..votes import JUDGE
from .rows import Account, Row, pseudonym
from .source import Source

CONFIG = "labels"
SCHEMA = pa.schema(
    [
        pa.field("comparison", pa.string()),
        pa.field("annotator", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("criterion", pa.string()),
        pa.field("ranking", pa.string()),
        pa.field("strength", pa.int64()),
        pa.field("confidence", pa.string()),
        pa.field("reasons", pa.list_(pa.string())),
        pa.field("shown", pa.string()),
        pa.field("seconds", pa.float64()),
        pa.field("created", pa.date32()),
        pa.field("purpose", pa.string()),
        pa.field("independent", pa.bool_()),
        pa.field("surplus", pa.bool_()),
    ]
)
RATIONALE = pa.field("rationale", pa.string())

COLUMNS = {
    "comparison": "the comparison's id",
    "annotator": "a person's pseudonym, the same in all releases of this project, or a judge's name",
    "kind": "human or judge",
    "criterion": "the question that was asked",
    "ranking": "responses best first: a>b=c; ~ joins what was not compared; or both_bad",
    "strength": "of a pair's preference, 1 upwards; null where there is none",
    "confidence": "not, somewhat, fairly, very, or empty",
    "reasons": "reasons ticked, of those that the criterion offers; beside rationales all that were given",
    "shown": "letters in the order shown",
    "seconds": "time spent, where known",
    "created": "day of the label (UTC)",
    "purpose": "work, import, gold, repeat, …",
    "independent": "whether it counts as an independent vote",
    "surplus": "whether it came after its lease had gone back to the queue",
    "rationale": "free text of the annotator",
}


def configs(criteria: Iterable[Criterion], rationales: bool = False) -> dict[str, pa.Schema]:
    return {CONFIG: SCHEMA.append(RATIONALE) if rationales else SCHEMA}


def rows(source: Source, min_labels: int, rationales: bool, account: Account) -> Iterator[Row]:
    """Rows by comparison. Candidates are all current labels; `min_labels` counts independent votes.

    Imported reasons may be free text. Without `rationales` only those that the criterion offers are told.
    """
    offered = {criterion.name: frozenset(criterion.reasons) for criterion in source.criteria}
    voters = voters_of(source.project)
    names = {
        pk: voter.name if voter.kind == JUDGE else pseudonym(pk, source.pseudonym_key)
        for pk, voter in voters.items()
    }
    votes = _votes_by_comparison(source)
    for label in source.labels():
        account.read += 1
        if votes[label["criterion"]][label["comparison_id"]] < min_labels:
            account.remove("too_few_votes", label["comparison"])
            continue
        values: dict[str, Any] = {
            name: label[name]
            for name in SCHEMA.names
            if name not in ("annotator", "kind", "reasons", "created")
        }
        values |= {
            "annotator": names[label["annotator"]],
            "kind": voters[label["annotator"]].kind,
            "reasons": [
                reason
                for reason in label["reasons"] or []
                if rationales or reason in offered[label["criterion"]]
            ],
            "created": label["created"].date(),
        }
        if rationales:
            values["rationale"] = label["rationale"] or ""
        yield Row(CONFIG, label["group"], values)


def _votes_by_comparison(source: Source) -> dict[str, Counter[int]]:
    counts = {}
    for criterion in source.criteria:
        votes = source.votes[criterion.pk]
        number = np.bincount(votes.comparison, minlength=len(votes.comparison_ids))
        counts[criterion.name] = Counter(
            dict(zip(votes.comparison_ids.tolist(), number.tolist(), strict=True))
        )
    return counts
