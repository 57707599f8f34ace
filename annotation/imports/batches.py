"""Cutting a stream into batches, and having the next one ready while the database takes the last. Pure."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

ROWS = 1000
BYTES = 8 * 1024 * 1024


def batched(lines: Iterable[tuple[int, T]]) -> Iterator[list[T]]:
    """Lists of at most 1,000 items whose sizes sum to about 8 MB at most; `lines` gives (size, item)."""
    batch: list[T] = []
    size = 0
    for bytes_, item in lines:
        batch.append(item)
        size += bytes_
        if len(batch) == ROWS or size >= BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made by another thread while the one before is in use.

    Encoding a line and storing it take about as long, and the database works in another process.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(_step, items)
        while step := coming.result():
            coming = thread.submit(_step, items)
            yield step[0]


def _step(items: Iterator[T]) -> tuple[T] | tuple[()]:
    for item in items:
        return (item,)
    return ()
