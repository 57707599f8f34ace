"""Parts the rows of a release by configuration and split into files of a bounded size (`writers`), and says
what was written."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .lines import lines_of
from .rows import canonical, hash_of
from .writers import TYPES, File, bytes_of

SHARD_ROWS = 250_000
WAITING_ROWS = 500
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


@dataclass
class _Shards:
    """The files of one configuration and split."""

    folder: Path
    config: str
    split: str
    file_type: str
    schema: pa.Schema
    sizes: list[int] = field(default_factory=list)
    file: File | None = None

    def write(self, table: pa.Table, lines: pa.Array) -> None:
        """Cuts at fixed numbers of rows, so that the files do not depend on how the rows came in."""
        while len(table):
            left = SHARD_ROWS - self.sizes[-1] if self.file else SHARD_ROWS
            size = min(left or SHARD_ROWS, len(table))
            self._write(table[:size], lines[:size])
            table, lines = table[size:], lines[size:]

    def _write(self, table: pa.Table, lines: pa.Array) -> None:
        if self.file is None or self.sizes[-1] >= SHARD_ROWS:
            if self.file:
                self.file.close()
            path = self._path(len(self.sizes))
            path.parent.mkdir(exist_ok=True)
            self.file = TYPES[self.file_type](path, self.schema)
            self.sizes.append(0)
        assert self.file is not None
        self.file.write(table, lines)
        self.sizes[-1] += len(table)

    def finish(self) -> list[Written]:
        self.close()
        written = []
        for number, rows in enumerate(self.sizes):
            path = self._path(number, len(self.sizes))
            self._path(number).rename(path)
            digest = digest_of(path)
            relative = str(path.relative_to(self.folder))
            written.append(Written(relative, self.config, self.split, rows, path.stat().st_size, digest))
        return written

    def close(self) -> None:
        if self.file:
            self.file.close()

    def _path(self, number: int, of: int | None = None) -> Path:
        total = "" if of is None else f"-of-{of:05d}"
        return self.folder / self.config / f"{self.split}-{number:05d}{total}.{self.file_type}"


class Sheets:
    """The rows of a release on their way into its files, by configuration. Rows come by comparison in order.

    Use it as a context; `finish` gives the files and the hashes of the rows.
    """

    def __init__(
        self, folder: Path, schemas: Mapping[str, pa.Schema], file_type: str, splits: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.schemas = schemas
        self.file_type = file_type
        self.splits = splits
        self.shards: dict[tuple[str, str], _Shards] = {}
        self.waiting: dict[str, list[tuple[str, dict[str, Any], bytes]]] = {}
        self.hashes: dict[str, Any] = {}

    def __enter__(self) -> "Sheets":
        return self

    def __exit__(self, *problem: object) -> None:
        for shards in self.shards.values():
            shards.close()

    def add(self, config: str, group: str, rows: Iterable[dict[str, Any]]) -> None:
        """All rows of one comparison in one configuration."""
        ordered = sorted(((canonical(row), row) for row in rows), key=lambda pair: pair[0])
        split = self.splits.get(group, "train")
        waiting = self.waiting.setdefault(config, [])
        waiting += [(split, row, line) for line, row in ordered]
        if len(waiting) >= WAITING_ROWS:
            self._flush(config)

    def add_table(self, config: str, groups: pa.Array, table: pa.Table) -> None:
        """Whole comparisons, in order, as columns; `groups` has the split unit of each row."""
        if not len(table):
            return
        lines = lines_of(table)
        order = pa.array(_order(table, lines))
        table, lines = table.take(order), lines.take(order)
        split = self._split_of(groups.take(order)) if self.splits else None
        self._write(config, table, lines, split)

    def finish(self) -> tuple[list[Written], dict[str, str], str]:
        """(files, hash of the rows by configuration, hash of them all)."""
        for config in self.waiting:
            self._flush(config)
        keys = [(config, split) for config in self.schemas for split in SPLITS]
        files = [file for key in keys if key in self.shards for file in self.shards[key].finish()]
        hashes = {config: digest.hexdigest() for config, digest in self.hashes.items()}
        return files, hashes, hash_of(hashes)

    def _flush(self, config: str) -> None:
        waiting, self.waiting[config] = self.waiting[config], []
        if waiting:
            splits, rows, lines = zip(*waiting, strict=True)
            table = pa.Table.from_pylist(list(rows), schema=self.schemas[config])
            self._write(
                config, table, pa.array(lines, pa.binary()), np.array(splits) if self.splits else None
            )

    def _write(self, config: str, table: pa.Table, lines: pa.Array, split: Any) -> None:
        if not len(table):
            return
        self.hashes.setdefault(config, hashlib.sha256()).update(bytes_of(lines))
        for name in SPLITS:
            if split is None:
                part, told = (table, lines) if name == "train" else (table[:0], lines[:0])
            else:
                mask = pa.array(split == name)
                part, told = table.filter(mask), lines.filter(mask)
            if len(part):
                self._of(config, name).write(part, told)

    def _of(self, config: str, split: str) -> _Shards:
        if (config, split) not in self.shards:
            schema = self.schemas[config]
            self.shards[config, split] = _Shards(self.folder, config, split, self.file_type, schema)
        return self.shards[config, split]

    def _split_of(self, groups: Any) -> Any:
        encoded = groups.combine_chunks().dictionary_encode()
        names = np.array([self.splits.get(group, "train") for group in encoded.dictionary.to_pylist()])
        return names[encoded.indices.to_numpy()]


def digest_of(path: Path) -> str:
    """SHA-256 of a file that is on the disk from here on."""
    with path.open("rb+") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest


def write_whole(path: Path, content: bytes) -> None:
    """Writes a small file and makes sure that it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _order(table: pa.Table, lines: pa.Array) -> Any:
    """Positions that put rows of the same comparison, which stand together, in order of their lines.

    A line begins with its annotator, and few people answer a comparison twice, so ranking the annotators
    spares comparing most lines.
    """
    comparison = _runs(table.column("comparison"))
    first = table.column(sorted(table.column_names)[0]).combine_chunks().dictionary_encode()
    told = [canonical({"": value}) for value in first.dictionary.to_pylist()]
    rank = np.argsort(np.argsort(np.array(told, dtype=object), kind="stable"), kind="stable")
    rank = rank[first.indices.to_numpy()]
    order = np.lexsort((rank, comparison))
    same = (np.diff(comparison[order]) == 0) & (np.diff(rank[order]) == 0)
    if not same.any():
        return order
    keyed = pa.table({"comparison": pa.array(comparison), "line": lines.cast(pa.binary())})
    return pc.sort_indices(keyed, [("comparison", "ascending"), ("line", "ascending")]).to_numpy()


def _runs(column: pa.ChunkedArray) -> Any:
    """A number for each run of equal values."""
    values = column.combine_chunks()
    changes = pc.not_equal(values.slice(1), values.slice(0, len(values) - 1)).to_numpy(zero_copy_only=False)
    return np.concatenate(([0], np.cumsum(changes)))
