"""One file of a release: Parquet, JSON lines or CSV. Pure: no Django."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

GROUP_ROWS = 25_000
GROUP_BYTES = 4 << 20
# A cell that begins so would be a formula to a spreadsheet.
FORMULA = "^[=+\\-@\\t\\r\\n]"


class File(Protocol):
    def write(self, table: pa.Table, lines: pa.Array) -> None: ...
    def close(self) -> None: ...


class _Parquet:
    """Row groups are cut at a number of rows or of bytes of their lines: rows of long texts wait in memory
    until their group is whole, and there is a file for every criterion and format."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.writer = pq.ParquetWriter(path, schema, compression="zstd")
        self.waiting: list[pa.Table] = []
        self.rows = self.bytes = 0

    def write(self, table: pa.Table, lines: pa.Array) -> None:
        sizes = pc.binary_length(lines).to_numpy(zero_copy_only=False)
        while len(table):
            total = self.bytes + np.cumsum(sizes[: GROUP_ROWS - self.rows], dtype=np.int64)
            taken = min(int(np.searchsorted(total, GROUP_BYTES)) + 1, len(total))
            self.waiting.append(table[:taken])
            self.rows, self.bytes = self.rows + taken, int(total[taken - 1])
            if self.rows == GROUP_ROWS or self.bytes >= GROUP_BYTES:
                self._group()
            table, sizes = table[taken:], sizes[taken:]

    def close(self) -> None:
        if self.writer.is_open and self.waiting:
            self._group()
        self.writer.close()

    def _group(self) -> None:
        # Pages are cut by what is written at once, so a group is one piece.
        whole = pa.concat_tables(self.waiting).combine_chunks()
        self.waiting, self.rows, self.bytes = [], 0, 0
        self.writer.write_table(whole, row_group_size=GROUP_ROWS)


class _JsonLines:
    """Every line has every key: readers guess types from the first lines. They are the canonical lines."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.file = path.open("wb")

    def write(self, table: pa.Table, lines: pa.Array) -> None:
        self.file.write(bytes_of(lines))

    def close(self) -> None:
        self.file.close()


class _Csv:
    """For spreadsheets: no cell is taken for a formula, lists are joined by semicolons."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        flat = [pa.field(one.name, pa.string() if pa.types.is_list(one.type) else one.type) for one in schema]
        self.schema = pa.schema(flat)
        self.writer = csv.CSVWriter(path, self.schema)

    def write(self, table: pa.Table, lines: pa.Array) -> None:
        columns = [_cells(table.column(name)) for name in table.column_names]
        self.writer.write_table(pa.table(columns, schema=self.schema))

    def close(self) -> None:
        self.writer.close()


TYPES: dict[str, Any] = {"parquet": _Parquet, "jsonl": _JsonLines, "csv": _Csv}


def _cells(column: pa.ChunkedArray) -> Any:
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, "; ")
    if not pa.types.is_string(column.type):
        return column
    guarded = pc.binary_join_element_wise("'", column, "")
    return pc.if_else(pc.match_substring_regex(column, FORMULA), guarded, column)


def bytes_of(lines: pa.Array) -> memoryview | bytes:
    """The lines' own bytes, one after the other."""
    chunks: Sequence[pa.Array] = lines.chunks if isinstance(lines, pa.ChunkedArray) else [lines]
    parts = []
    for chunk in chunks:
        _, offsets, data = chunk.buffers()
        if data is not None and len(chunk):
            ends = np.frombuffer(offsets, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
            parts.append(memoryview(data)[int(ends[0]) : int(ends[-1])])
    return parts[0] if len(parts) == 1 else b"".join(parts)
