"""Rows of statements written by hand, for the few that a person waits for with every answer.

Building an ORM query takes Django ten times as long as the database takes to run it. What is read here are
ordinary model instances, every value converted as the ORM converts it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import JSONField, Model

M = TypeVar("M", bound=Model)

# SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
_PARAMETERS = 30_000
# Rows that are given value by value: a person's answer, for which this is the quickest.
FEW = 3


def columns(model: type[Model], alias: str, *only: str) -> str:
    """The model's columns for a SELECT from the table named `alias`, or `only` those of these fields, in the
    order in which `instance` and `optional` expect them."""
    return ", ".join(f"{alias}.{name}" for name in _shape(model, connection.vendor, only).columns)


def instance(model: type[M], row: Iterator[Any], *only: str) -> M:
    """The instance whose `columns` come next in a row; fields left out are read when somebody asks."""
    found = optional(model, row, *only)
    assert found is not None
    return found


def optional(model: type[M], row: Iterator[Any], *only: str) -> M | None:
    """Like `instance`; None where an outer join found nothing. The first column must be one that has a
    value in every row of the table."""
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up with every use
    shape = _shape(model, database.vendor, only)
    values = list(islice(row, len(shape.names)))
    if values[0] is None:
        return None
    for index, expression, convert in shape.converters:
        values[index] = convert(values[index], expression, database)
    return model.from_db(DEFAULT_DB_ALIAS, shape.names, values)


def insert(
    cursor: Any, model: type[Model], names: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> list[int]:
    """Inserts rows, each a value for the fields `names`, and gives their primary keys in the same order.

    One SQL statement for all but very many. JSON is given as its text. Columns that are not named must have
    a default in the database or allow null. Raises Django's database errors.
    """
    shape = _shape(model, connection.vendor, names)
    head = f"INSERT INTO {model._meta.db_table} ({', '.join(shape.columns)})"
    step = _PARAMETERS // len(names)
    keys: list[int] = []
    for start in range(0, len(rows), step):
        table, parameters = listed(model, names, rows[start : start + step])
        cursor.execute(f"{head} {table} RETURNING {shape.key}", parameters)
        keys += [key for (key,) in cursor.fetchall()]
    return keys


def listed(
    model: type[Model], names: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> tuple[str, list[Any]]:
    """What to insert rows from, each a value for the fields `names` (JSON as its text), and its parameters.

    On PostgreSQL many rows are one parameter, a JSON text: so the statement is the same for any number of
    them, and psycopg has not to find a mark for every value in it, which takes longer than all the rest.
    """
    if len(rows) <= FEW or connection.vendor != "postgresql":
        one = f"({', '.join(['%s'] * len(names))})"
        return f"VALUES {', '.join([one] * len(rows))}", [adapt(value) for row in rows for value in row]
    shape = _shape(model, connection.vendor, names)
    table = f"json_to_recordset(CAST(%s AS json)) AS v({shape.typed})"
    text = orjson.dumps(
        [
            {
                name: orjson.Fragment(value) if name in shape.json and value is not None else value
                for name, value in zip(names, row, strict=True)
            }
            for row in rows
        ],
        default=str,
    )
    return f"SELECT * FROM {table}", [text.decode()]  # noqa: S608 (names and types of columns)


def adapt(value: Any) -> Any:
    """A parameter as the database takes it: SQLite has no moments in time of its own."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


@dataclass(frozen=True, slots=True)
class _Shape:
    """Some fields of a model as this database has them: the names of their attributes and columns, the
    conversions of their values, the column of the primary key, the names of those that hold JSON, and all
    with their types as `json_to_recordset` wants them."""

    names: list[str]
    columns: list[str]
    converters: list[tuple[int, Any, Any]]
    key: str
    json: frozenset[str]
    typed: str


@cache
def _shape(model: type[Model], vendor: str, only: tuple[str, ...]) -> _Shape:
    meta = model._meta
    every = {field.attname: field for field in meta.concrete_fields}
    fields: list[Any] = [every[name] for name in only or every]
    converters = []
    for index, field in enumerate(fields):
        expression = field.cached_col
        found = connection.ops.get_db_converters(expression) + expression.get_db_converters(connection)
        converters += [(index, expression, convert) for convert in found]
    quote = connection.ops.quote_name
    columns = [quote(field.column) for field in fields]
    names = [field.attname for field in fields]
    json = frozenset(field.attname for field in fields if isinstance(field, JSONField))
    typed = ", ".join(f'"{field.attname}" {field.cast_db_type(connection)}' for field in fields)
    return _Shape(names, columns, converters, quote(str(meta.pk.column)), json, typed)
