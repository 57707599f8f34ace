"""Cutting a stream into batches, each read while the one before is on its way to the database. Pure."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

ROWS = 1000
BYTES = 8 * 1024 * 1024


class Batches(Generic[T]):
    """Lists of at most 1,000 items whose sizes sum to about 8 MB at most; `lines` gives (size, item).

    Whoever streams a batch to the database calls `read_on` now and then: it reads one more item of the next
    batch, while the server is busy with what was sent. A thread would do it worse: it would keep the sender
    waiting for the interpreter.
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
