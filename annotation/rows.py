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

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model

M = TypeVar("M", bound=Model)

# SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
_PARAMETERS = 30_000


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
    one = f"({', '.join(['%s'] * len(names))})"
    step = _PARAMETERS // len(names)
    keys: list[int] = []
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        marks = ", ".join([one] * len(part))
        cursor.execute(
            f"{head} VALUES {marks} RETURNING {shape.key}", [adapt(value) for row in part for value in row]
        )
        keys += [key for (key,) in cursor.fetchall()]
    return keys


def adapt(value: Any) -> Any:
    """A parameter as the database takes it: SQLite has no moments in time of its own."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


@dataclass(frozen=True, slots=True)
class _Shape:
    """Some fields of a model as this database has them: the names of their attributes and columns, the
    conversions of their values, and the column of the primary key."""

    names: list[str]
    columns: list[str]
    converters: list[tuple[int, Any, Any]]
    key: str


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
    return _Shape([field.attname for field in fields], columns, converters, quote(str(meta.pk.column)))
