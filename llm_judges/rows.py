"""Rows of calls written by hand: the ORM takes longer to build them than the database to write them.

All rows of a statement come as one parameter, a JSON text. So the statement is the same for any number of
rows, and neither psycopg has a parameter for every value to find nor PostgreSQL a text of its own to plan.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from annotation.models import JudgeCall
from annotation.rows import adapt

CALL = "annotation_judgecall"
_FIELDS = {field.attname: field for field in JudgeCall._meta.concrete_fields}
_NEW = (
    *("annotator_id", "comparison_id", "run_id", "order", "sample", "purpose", "state", "reason", "request"),
    *("request_hash", "cached_from_id", "reply", "evidence", "parser", "verdict", "model_reported"),
    *("attempts", "created_at", "updated_at"),
)
# A row that another worker has made meanwhile keeps its state: whoever starts it first asks.
_INSERT = """
INSERT INTO annotation_judgecall ({columns}, claimed_by, reserved, cost, usage_estimated)
SELECT {columns}, '', 0, 0, false FROM {rows} WHERE true
ON CONFLICT (annotator_id, comparison_id, "order", sample, purpose)
DO UPDATE SET updated_at = excluded.updated_at RETURNING id, comparison_id, "order", sample
"""
_REWRITTEN = [
    *("state", "reason", "next_attempt_at", "claimed_by", "leased_until", "reserved", "run", "request"),
    *("request_hash", "cached_from", "reply", "evidence", "parser", "verdict", "order_consistent"),
    *("model_reported", "updated_at"),
]


def insert(calls: Sequence[JudgeCall]) -> None:
    """Writes new rows of one judge and purpose, which get their primary keys. One statement."""
    if not calls:
        return
    now = timezone.now()
    for call in calls:
        call.created_at = call.updated_at = now
    rows = [[getattr(call, name) for name in _NEW] for call in calls]
    columns = ", ".join(f'"{name}"' for name in _NEW)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(columns=columns, rows=_table(_NEW)), [_text(_NEW, rows)])
        keys = {tuple(which): pk for pk, *which in cursor.fetchall()}
    for call in calls:
        call.pk = keys[call.comparison_id, call.order, call.sample]


def write(calls: Sequence[JudgeCall]) -> None:
    """Writes rows that were there and have been opened again, ended or answered without being asked."""
    now = timezone.now()
    for call in calls:
        call.updated_at = now
    JudgeCall.objects.bulk_update(calls, _REWRITTEN, batch_size=200)


def update(
    statement: str, names: Sequence[str], rows: Sequence[Sequence[Any]], sets: Mapping[str, str]
) -> set[int]:
    """Runs an UPDATE from a table `v` of these rows, a column for each of `names`; gives the primary keys
    changed.

    In the statement `{call}` (the table), `{sets}` and `{rows}` are filled in; `sets` says for each column
    what it becomes, with `{value}` for the one given.
    """
    text = statement.format(
        call=CALL,
        sets=", ".join(f"{name} = {how.format(value=f'v.{name}')}" for name, how in sets.items()),
        rows=_table(tuple(names)),
    )
    with connection.cursor() as cursor:
        cursor.execute(text, [_text(names, rows)])
        return {row[0] for row in cursor.fetchall()}


def _table(names: tuple[str, ...]) -> str:
    return _table_of(names, connection.vendor)


@cache
def _table_of(names: tuple[str, ...], vendor: str) -> str:
    """What to select from to read rows of these columns out of a parameter that `_text` made."""
    if vendor != "postgresql":
        columns = ", ".join(f"value ->> '$.{name}' AS \"{name}\"" for name in names)
        return f"(SELECT {columns} FROM json_each(%s)) AS v"  # noqa: S608 (names of columns of ours)
    types = {name: str(_FIELDS[name].cast_db_type(connection)).partition("(")[0] for name in names}
    columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    return f"json_to_recordset(CAST(%s AS json)) AS v({columns})"


def _text(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    found = [dict(zip(names, map(adapt, row), strict=True)) for row in rows]
    return orjson.dumps(found, default=_plain).decode()


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value)} is no value of a column")
