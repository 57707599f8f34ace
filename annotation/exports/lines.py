"""Canonical JSON of whole columns at once: what `rows.canonical` gives row by row, as Arrow text. Pure."""

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc


def lines_of(table: pa.Table) -> pa.Array:
    """One text a row: a JSON object with sorted keys and a line feed."""
    pieces: list[Any] = []
    for number, name in enumerate(sorted(table.column_names)):
        pieces += [f"{',' if number else '{'}{orjson.dumps(name).decode()}:", json_of(table.column(name))]
    return pc.binary_join_element_wise(*pieces, "}\n", "", null_handling="replace", null_replacement="null")


def json_of(column: pa.ChunkedArray) -> pa.Array:
    """Each value as JSON, null for nulls."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "true", "false").combine_chunks()
    if pa.types.is_integer(kind):
        return column.cast(pa.string()).combine_chunks()
    if pa.types.is_floating(kind):
        return _floats(column)
    if pa.types.is_date(kind):
        quoted = pc.binary_join_element_wise('"', column.cast(pa.string()), '"', "")
        return quoted.combine_chunks() if isinstance(quoted, pa.ChunkedArray) else quoted
    return _distinct(column, orjson.dumps)


def _floats(column: pa.ChunkedArray) -> pa.Array:
    """As orjson writes them: the shortest text that reads back as the same number."""
    values = column.to_numpy()
    if not len(values):
        return pa.array([], pa.string())
    told = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
    return pa.array(told, pa.binary()).cast(pa.string())


def _distinct(column: pa.ChunkedArray, told: Callable[[Any], bytes]) -> pa.Array:
    """Values that come again are written once."""
    if pa.types.is_list(column.type):  # a few texts at most, and few different lists
        if not column.null_count and not pc.sum(pc.list_value_length(column)).as_py():
            return pa.array(["[]"], pa.string()).take(pa.array(np.zeros(len(column), dtype=np.int64)))
        values = column.to_pylist()
        known: dict[tuple[str, ...] | None, str] = {}
        for value in values:
            key = None if value is None else tuple(value)
            if key not in known:
                known[key] = told(value).decode()
        return pa.array([known[None if value is None else tuple(value)] for value in values], pa.string())
    encoded = column.combine_chunks().dictionary_encode()
    texts = pa.array([told(value).decode() for value in encoded.dictionary.to_pylist()], pa.string())
    return texts.take(encoded.indices)
