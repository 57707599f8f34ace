"""What a person holds, with what a page shows of it: read by hand, because every answer waits for it and the
ORM takes ten times as long."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from ..models import Annotator, Assignment, Comparison, Rendering
from ..rows import adapt, columns, instance, optional

# All that a card shows of a comparison beside its rendering.
SHOWN = ("id", "k")

_HELD = """
SELECT {columns} FROM annotation_assignment a
JOIN annotation_comparison c ON c.id = a.comparison_id
LEFT JOIN annotation_rendering r ON r.comparison_id = c.id
WHERE a.annotator_id = %s AND a.state = 'live' AND a.leased_until > %s {but}
ORDER BY a.id LIMIT {limit:d}
"""

# A column of the same, of an assignment that has just been inserted.
_OF_LENT = "(SELECT {column} FROM {table} WHERE annotation_assignment.comparison_id = {key})"

_RENDERING: Any = Comparison._meta.get_field("rendering")


def held_by(
    annotator: Annotator, n: int, have: Sequence[int], only: tuple[str, ...] = ()
) -> list[Assignment]:
    """Up to `n` of what they hold, those that they `have` left out, in the order in which it was lent. With
    `comparison` (`only` these fields of it) and its `rendering`."""
    read_columns = [columns(Assignment, "a"), columns(Comparison, "c", *only), columns(Rendering, "r")]
    but = f"AND a.id NOT IN ({', '.join(['%s'] * len(have))})" if have else ""
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD.format(columns=", ".join(read_columns), but=but, limit=n),
            [annotator.pk, adapt(timezone.now()), *have],
        )
        return [read(row, only) for row in cursor.fetchall()]


@cache
def lent_columns() -> str:
    """What `held_by` reads of SHOWN, in the same order, for the RETURNING of the statement that lends."""
    shown = [("annotation_comparison c", "c.id", column) for column in _list(Comparison, "c", *SHOWN)]
    shown += [("annotation_rendering r", "r.comparison_id", column) for column in _list(Rendering, "r")]
    of_lent = [_OF_LENT.format(table=table, key=key, column=column) for table, key, column in shown]
    return ", ".join([columns(Assignment, "annotation_assignment"), *of_lent])


def read(row: Iterable[Any], only: tuple[str, ...]) -> Assignment:
    """The assignment of a row of `held_by` or of `lent_columns`."""
    values = iter(row)
    assignment = instance(Assignment, values)
    comparison = assignment.comparison = instance(Comparison, values, *only)
    _RENDERING.set_cached_value(comparison, optional(Rendering, values))  # None: nobody looks it up again
    return assignment


def _list(model: type[Model], alias: str, *only: str) -> list[str]:
    return columns(model, alias, *only).split(", ")
