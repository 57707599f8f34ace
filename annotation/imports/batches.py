"""Cutting a stream into batches, each read while the one before is on its way to the database. Pure."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

ROWS = 2000
BYTES = 16 * 1024 * 1024


class Batches(Generic[T]):
    """Lists of at most 2,000 items, of about 16 MB together at most; `lines` gives (size, item).

    `read_on` reads one more item of the next batch: something to do while the database is busy with the last.
    """

    def __init__(self, lines: Iterable[tuple[int, T]]) -> None:
        self._lines = iter(lines)
        self._coming: list[T] = []
        self._size = 0

    def __iter__(self) -> Iterator[list[T]]:
        while True:
            while self.read_on():
                pass
            batch, self._coming, self._size = self._coming, [], 0
            if not batch:
                return
            yield batch

    def read_on(self) -> bool:
        """Reads one more item; False when the batch is full or nothing is left."""
        if len(self._coming) >= ROWS or self._size >= BYTES:
            return False
        for size, item in self._lines:
            self._size += size
            self._coming.append(item)
            return True
        return False
