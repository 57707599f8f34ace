"""Writes rows into Parquet or JSON-lines shards, in batches, and says what was written."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from .rows import Row, split_of

FILE_TYPES = ("parquet", "jsonl")
BATCH_ROWS = 2_000
SHARD_ROWS = 250_000
SPLITS = ("train", "test")


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file; `path` is relative to the release's folder."""

    path: str
    config: str
    split: str
    rows: int
    bytes: int
    sha256: str


class _File(Protocol):
    def write(self, rows: list[dict[str, Any]]) -> None: ...
    def close(self) -> None: ...


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema = schema
        self.writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, rows: list[dict[str, Any]]) -> None:
        self.writer.write_table(pa.Table.from_pylist(rows, schema=self.schema))

    def close(self) -> None:
        self.writer.close()


class _JsonLines:
    """Every line has every key, in the schema's order: readers guess types from the first lines."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.names = schema.names
        self.file = path.open("wb")

    def write(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            line = {name: row[name] for name in self.names}
            self.file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        self.file.close()


@dataclass
class _Shards:
    """The files of one configuration and split."""

    folder: Path
    config: str
    split: str
    file_type: str
    schema: pa.Schema
    waiting: list[dict[str, Any]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    file: _File | None = None

    def add(self, values: dict[str, Any]) -> None:
        self.waiting.append(values)
        if len(self.waiting) == BATCH_ROWS:
            self._flush()

    def _path(self, number: int, of: int | None = None) -> Path:
        total = "" if of is None else f"-of-{of:05d}"
        return self.folder / self.config / f"{self.split}-{number:05d}{total}.{self.file_type}"

    def _flush(self) -> None:
        if not self.waiting:
            return
        if self.file is None or self.sizes[-1] >= SHARD_ROWS:
            if self.file:
                self.file.close()
            path = self._path(len(self.sizes))
            path.parent.mkdir(exist_ok=True)
            self.file = (_Parquet if self.file_type == "parquet" else _JsonLines)(path, self.schema)
            self.sizes.append(0)
        self.file.write(self.waiting)
        self.sizes[-1] += len(self.waiting)
        self.waiting = []

    def finish(self) -> list[Written]:
        self._flush()
        if self.file:
            self.file.close()
        written = []
        for number, rows in enumerate(self.sizes):
            path = self._path(number, len(self.sizes))
            self._path(number).rename(path)
            with path.open("rb+") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
            relative = str(path.relative_to(self.folder))
            written.append(Written(relative, self.config, self.split, rows, path.stat().st_size, digest))
        return written

    def abandon(self) -> None:
        if self.file:
            self.file.close()


def write(
    rows: Iterable[tuple[Row, bytes]],
    folder: Path,
    schemas: dict[str, pa.Schema],
    file_type: str,
    salt: str,
    test_share: float,
) -> tuple[list[Written], str]:
    """Writes ordered rows with their canonical JSON; gives the files and the logical hash of all rows.

    `schemas` by configuration; those without a row get no file. Raises OSError, and ValueError for a row
    that does not fit its schema.
    """
    shards: dict[tuple[str, str], _Shards] = {}
    digest = hashlib.sha256()
    try:
        for row, line in rows:
            split = split_of(row.group, salt, test_share)
            key = row.config, split
            if key not in shards:
                shards[key] = _Shards(folder, row.config, split, file_type, schemas[row.config])
            shards[key].add(row.values)
            digest.update(line + b"\n")
        ordered = [
            shards[config, split] for config in schemas for split in SPLITS if (config, split) in shards
        ]
        return [file for shard in ordered for file in shard.finish()], digest.hexdigest()
    finally:
        for shard in shards.values():
            shard.abandon()


def write_whole(path: Path, content: bytes) -> None:
    """Writes a small file and makes sure that it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
