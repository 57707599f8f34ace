"""Very many rows from the database as Arrow batches, in constant memory.

COPY on PostgreSQL, a cursor on SQLite. A row that becomes Python objects costs ten microseconds, and a
release may have ten million.
"""

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pyarrow as pa
from django.db import connection
from pyarrow import csv

# What is read at once: few enough to stay in the processor's cache while columns are made of it.
BLOCK = 1 << 20
ROWS = 500
SQLITE_ROWS = 20_000


def stream(statement: str, parameters: Sequence[int], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The statement's rows under the schema, in their order. Booleans and dates are the database's own.

    `%s` in the statement stands for the next parameter; any other per cent sign is doubled.

    On PostgreSQL it is one statement and so one snapshot, whatever its length; it needs no transaction.
    """
    if connection.vendor == "postgresql":
        yield from _copy(statement, parameters, schema)
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        while rows := cursor.fetchmany(SQLITE_ROWS):
            columns = zip(zip(*rows, strict=True), schema, strict=True)
            yield pa.record_batch([_array(values, field.type) for values, field in columns], schema=schema)


def _copy(statement: str, parameters: Sequence[int], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    convert = csv.ConvertOptions(
        column_types=schema,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
    )
    with connection.cursor() as cursor, connection.wrap_database_errors:
        # COPY takes no parameters; these are numbers.
        whole = statement % tuple(map(int, parameters))
        with cursor.cursor.copy(f"COPY ({whole}) TO STDOUT (FORMAT CSV)") as copy:
            for table in _ahead(_tables(iter(copy), schema, convert)):
                yield from table.to_batches()


def _tables(rows: Iterator[Any], schema: pa.Schema, convert: csv.ConvertOptions) -> Iterator[pa.Table]:
    while block := _block(rows):
        read = csv.ReadOptions(block_size=len(block), column_names=schema.names, use_threads=False)
        lines = csv.ParseOptions(newlines_in_values=True)
        yield csv.read_csv(pa.py_buffer(block), read, lines, convert)


def _ahead(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Has the next one read while the one before is worked on."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, tables, None)
        while (table := coming.result()) is not None:
            coming = reader.submit(next, tables, None)
            yield table


def _block(rows: Iterator[Any]) -> bytes:
    """The next rows that COPY sends, whole ones; empty at the end.

    They come as views of memory that has to be given back: joining a list of them would take twice the time.
    """
    block = io.BytesIO()
    while block.tell() < BLOCK:
        before = block.tell()
        block.writelines(islice(rows, ROWS))
        if block.tell() == before:
            break
    return block.getvalue()


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_boolean(kind):
        return pa.array([None if value is None else bool(value) for value in values], kind)
    if pa.types.is_date(kind):
        return pa.array(values, pa.string()).cast(kind)
    return pa.array(values, kind)
