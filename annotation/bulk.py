"""Many rows at once: COPY on PostgreSQL, one prepared INSERT on SQLite, and no model instance on the way."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Field, JSONField, Model
from django.utils import timezone
from psycopg.adapt import Dumper
from psycopg.copy import LibpqWriter
from psycopg.pq import Format

Row = tuple[Any, ...]
_EVERY = 8  # rows: rare enough that PostgreSQL always has some to go on with
_MANY = 1000  # rows: fewer are read whole, whatever is known of them
_FILLED = """
SELECT s.relname FROM pg_stat_xact_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE s.n_tup_ins >= %s AND s.n_tup_ins >= 0.1 * c.reltuples AND c.relpersistence = 'p'
"""


def reserve(model: type[Model], number: int) -> Sequence[int]:
    """`number` primary keys for rows of `model` that do not exist yet, ascending.

    Nobody else is given them: on PostgreSQL they come out of the table's sequence. SQLite has no sequence,
    so there the caller holds the write lock (an open transaction) until the rows are in.
    """
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(sequence) FROM pg_get_serial_sequence(%s, %s) AS sequence,"
                " generate_series(1, %s)",
                [f'"{table}"', column, number],
            )
            return sorted(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
    start = last[0] + 1 if last else 1
    return range(start, start + number)


def insert(
    model: type[Model],
    names: Sequence[str],
    rows: Iterable[Row],
    meanwhile: Callable[[], bool] | None = None,
    **same: Any,
) -> None:
    """Inserts `rows`, each a tuple of values for the columns `names` (such as `project_id`).

    Values go to the database as they are, so a JSON column is given its JSON text. `same` holds values, given
    as Python objects, that are equal in all rows; every other column gets its field's default. Constraints
    are the database's, `full_clean` and signals are not run. Without the primary key among `names` the
    database numbers the rows. Raises Django's database errors.

    `meanwhile` does a bit of other work, without SQL, and returns False when there is none. It is called now
    and then while PostgreSQL takes the rows, and when it has them all as long as it checks their keys.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    given = [fields[name] for name in names]
    rest = [
        field
        for name, field in fields.items()
        if name not in names and (name in same or not field.primary_key)
    ]
    tail = tuple(_adapt(field, same.get(field.attname, _default(field))) for field in rest)
    columns = [*given, *rest]
    quoted = ", ".join(connection.ops.quote_name(str(field.column)) for field in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Binary spares both sides the escaping, which on texts of some length is most of their work.
            types = [str(field.db_type(connection)).partition("(")[0] for field in columns]
            cursor.adapters.register_dumper(None, _JsonText)
            # A check of foreign keys whose plan was made when the other table held ten rows reads that table
            # whole for each of a million: plans are made anew.
            cursor.cursor.execute("DISCARD PLANS")
            statement = f"COPY {table} ({quoted}) FROM STDIN (FORMAT BINARY)"
            writer = _Writer(cursor.cursor, meanwhile)
            with connection.wrap_database_errors, cursor.cursor.copy(statement, writer=writer) as copy:
                copy.set_types(types)
                for number, row in enumerate(rows):
                    copy.write_row(row + tail)
                    if meanwhile and number % _EVERY == 0:
                        meanwhile()
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({quoted}) VALUES ({marks})",  # noqa: S608 (names of our own columns)
                [row + tail for row in rows],
            )


def stage_rows(table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Makes a temporary table of these columns (name, type and constraints each) and fills it, for statements
    that work on many rows at once. Whoever made it drops it. Three SQL statements at most."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({', '.join(columns)})")
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(f"ANALYZE {table}")
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", list(rows))  # noqa: S608 (a name of our own)


@contextmanager
def loading() -> Iterator[None]:
    """Inside a transaction, readies PostgreSQL for as many rows as may come.

    Foreign keys are checked with each statement: left to the commit, as Django declares them, the checks
    pile up in the server's memory. And rows are looked up by index only: of tables that grow in the
    transaction the planner knows nothing, and would read them whole for every batch.
    """
    if connection.vendor != "postgresql":
        yield
        return
    plans = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE;" + "".join(f"SET LOCAL {p} = off;" for p in plans))
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED;" + "".join(f"SET LOCAL {p} = DEFAULT;" for p in plans))
    count_after_commit()


def count_after_commit() -> None:
    """Has PostgreSQL count the tables that this transaction has filled by a tenth or more, once it is
    committed: autovacuum would, minutes later, and until then the planner takes what is new for nothing.

    A count reads a sample of 30,000 rows. Who does not own the tables counts none, and nothing fails for it.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(_FILLED, [_MANY])
        filled = [connection.ops.quote_name(name) for (name,) in cursor.fetchall()]
    if filled:
        transaction.on_commit(lambda: _count(filled), robust=True)


def _count(tables: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


class _Writer(LibpqWriter):
    """Sends rows to COPY, and has other work done while the server finishes."""

    def __init__(self, cursor: Any, meanwhile: Callable[[], bool] | None) -> None:
        super().__init__(cursor)
        self._meanwhile = meanwhile

    def finish(self, exc: BaseException | None = None) -> None:
        if exc or not self._meanwhile:
            return super().finish(exc)
        with ThreadPoolExecutor(max_workers=1) as thread:
            waiting = thread.submit(super().finish)
            while not waiting.done() and self._meanwhile():
                pass
            waiting.result()


class _JsonText(Dumper):
    """JSON that is text already, as PostgreSQL receives it: a version number, then the text."""

    format = Format.BINARY
    oid = 3802  # jsonb

    def dump(self, obj: str) -> bytes:
        return b"\x01" + obj.encode()


def _default(field: "Field[Any, Any]") -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return timezone.now()
    return field.get_default()


def _adapt(field: "Field[Any, Any]", value: Any) -> Any:
    if isinstance(field, JSONField):
        return orjson.dumps(value).decode()
    return field.get_db_prep_save(value, connection)
