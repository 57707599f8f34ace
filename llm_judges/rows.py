"""Rows of calls written by hand: the ORM takes longer to build them than the database to write them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from annotation.models import JudgeCall
from annotation.rows import adapt
from annotation.writing import json_text

_FIELDS = {field.attname: field for field in JudgeCall._meta.concrete_fields}
_JSON = {name for name, field in _FIELDS.items() if field.get_internal_type() == "JSONField"}
_NEW = (
    *("annotator_id", "comparison_id", "run_id", "order", "sample", "purpose", "state", "reason", "request"),
    *("request_hash", "cached_from_id", "reply", "evidence", "parser", "verdict", "model_reported"),
    *("attempts", "created_at", "updated_at"),
)
# A row that another worker has made meanwhile keeps its state: whoever starts it first asks.
_INSERT = """
INSERT INTO annotation_judgecall ({columns}, claimed_by, reserved, cost, usage_estimated) VALUES {rows}
ON CONFLICT (annotator_id, comparison_id, "order", sample, purpose)
DO UPDATE SET updated_at = excluded.updated_at RETURNING id
"""
_AT_ONCE = 500  # rows: SQLite takes some 32,000 parameters
_REWRITTEN = [
    *("state", "reason", "next_attempt_at", "claimed_by", "leased_until", "reserved", "run", "request"),
    *("request_hash", "cached_from", "reply", "evidence", "parser", "verdict", "order_consistent"),
    *("model_reported", "updated_at"),
]


def insert(calls: Sequence[JudgeCall]) -> None:
    """Writes new rows, which get their primary keys. One statement for each _AT_ONCE of them."""
    now = timezone.now()
    one = f"({', '.join(['%s'] * len(_NEW))}, '', 0, 0, false)"
    columns = ", ".join(f'"{name}"' for name in _NEW)
    with connection.cursor() as cursor:
        for start in range(0, len(calls), _AT_ONCE):
            some = calls[start : start + _AT_ONCE]
            for call in some:
                call.created_at = call.updated_at = now
            flat = [_value(name, getattr(call, name)) for call in some for name in _NEW]
            cursor.execute(_INSERT.format(columns=columns, rows=", ".join([one] * len(some))), flat)
            for call, (pk,) in zip(some, cursor.fetchall(), strict=True):
                call.pk = pk


def write(calls: Sequence[JudgeCall]) -> None:
    """Writes rows that were there and have been opened again, ended or answered without being asked."""
    now = timezone.now()
    for call in calls:
        call.updated_at = now
    JudgeCall.objects.bulk_update(calls, _REWRITTEN, batch_size=200)


def update(
    statement: str, names: Sequence[str], rows: Sequence[Sequence[Any]], sets: Mapping[str, str]
) -> set[int]:
    """Runs an UPDATE from a list of VALUES, a column for each of `names`; gives the primary keys changed.

    In the statement `{sets}`, `{rows}`, `{id}` and `{worker}` are filled in; `sets` says for each column what
    it becomes, with `{value}` for the one given.
    """
    values = {}
    for number, name in enumerate(names, start=1):
        value = f"v.column{number}"
        if connection.vendor == "postgresql":  # which cannot tell the type of a bare parameter
            value = f"CAST({value} AS {_FIELDS[name].cast_db_type(connection)})"
        values[name] = value
    text = statement.format(
        sets=", ".join(f"{name} = {how.format(value=values[name])}" for name, how in sets.items()),
        rows=", ".join([f"({', '.join(['%s'] * len(names))})"] * len(rows)),
        id=values["id"],
        worker=values.get("claimed_by", "''"),
    )
    flat = [_value(name, value) for row in rows for name, value in zip(names, row, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(text, flat)
        return {row[0] for row in cursor.fetchall()}


def _value(name: str, value: Any) -> Any:
    if name in _JSON:
        return json_text(value)
    if isinstance(value, Decimal):
        return connection.ops.adapt_decimalfield_value(value, 18, 8)
    return adapt(value)
