"""Writing answers: one statement for the annotations of a transaction, one for their labels, and one for what
rationales there are. By hand, because the ORM takes longer to build them than the database to run them;
`labels` says what is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from .models import Annotation, Label, Rationale
from .rows import insert

_ANNOTATION = (
    "assignment_id",
    "revision",
    "shown",
    "guidelines_id",
    "active_seconds",
    "idle_seconds",
    "surplus",
    "order_consistent",
    "view",
    "created_at",
)
# What every label says, recorded one by one or imported.
LABEL = (
    "annotation_id",
    "comparison_id",
    "annotator_id",
    "criterion_id",
    "ranking",
    "strength",
    "confidence",
    "independent",
    "created_at",
)
_LABEL = (*LABEL, "project_id", "current")
_RATIONALE = ("label_id", "reasons", "text")


@dataclass(slots=True)
class Rows:
    """One submission: the values of `_ANNOTATION`, and for each label those of `_LABEL` from `comparison_id`
    on with those of `_RATIONALE` from `reasons` on, if it has a rationale."""

    annotation: tuple[Any, ...]
    labels: list[tuple[tuple[Any, ...], tuple[str, str] | None]] = field(default_factory=list)


def write(cursor: Any, submissions: Sequence[Rows]) -> list[int]:
    """Inserts what was submitted and gives the annotations' primary keys in the same order.

    Raises Django's database errors.
    """
    keys = insert(cursor, Annotation, _ANNOTATION, [rows.annotation for rows in submissions])
    labels = [
        ((key, *label), rationale)
        for key, rows in zip(keys, submissions, strict=True)
        for label, rationale in rows.labels
    ]
    label_keys = insert(cursor, Label, _LABEL, [label for label, _ in labels])
    said = zip(label_keys, (rationale for _, rationale in labels), strict=True)
    insert(cursor, Rationale, _RATIONALE, [(key, *rationale) for key, rationale in said if rationale])
    return keys


def json_text(value: Any) -> str:
    """A value of a JSON column as `insert` takes it."""
    return orjson.dumps(value).decode()
