"""`outcomes.arrow`: what became of every comparison and criterion; two releases are compared by it.

It is no Parquet file, because who takes all of those means the data.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..consensus.estimates import Tally
from ..reports.estimates import DIGITS
from .formats import Case

NAME = "outcomes.arrow"
SCHEMA = pa.schema(
    [
        pa.field("comparison", pa.string()),
        pa.field("criterion", pa.string()),
        pa.field("left_out", pa.string()),
        pa.field("answer", pa.string()),
        pa.field("probability", pa.float64()),
        pa.field("votes", pa.string()),
    ]
)
_BATCH = 5_000


class Outcomes:
    """Writes the file, row by row in the order of the comparisons."""

    def __init__(self, folder: Path) -> None:
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        self.writer = pa.ipc.new_file(folder / NAME, SCHEMA, options=options)
        self.waiting: list[tuple[Any, ...]] = []

    def add(self, case: Case, left_out: str) -> None:
        estimate = case.estimate
        found: tuple[Any, ...] = (None, None, "")
        if estimate:
            answer = estimate.ranking or estimate.winner
            found = (answer, round(max(estimate.probabilities.values()), DIGITS), told(estimate.votes))
        self.waiting.append((case.item.external_id, case.criterion, left_out, *found))
        if len(self.waiting) == _BATCH:
            self._flush()

    def close(self) -> None:
        self._flush()
        self.writer.close()

    def _flush(self) -> None:
        if self.waiting:
            columns = zip(zip(*self.waiting, strict=True), SCHEMA.types, strict=True)
            arrays = [pa.array(values, kind) for values, kind in columns]
            self.writer.write_batch(pa.record_batch(arrays, schema=SCHEMA))
            self.waiting = []


@lru_cache(maxsize=65536)
def told(votes: Tally) -> str:
    """The votes that an estimate rests on, such as ``a>b 2, a=b 1``. There are few different tallies."""
    numbers: dict[str, int] = {}
    for vote, number in votes:
        numbers[vote.ranking] = numbers.get(vote.ranking, 0) + number
    return ", ".join(f"{ranking} {number}" for ranking, number in sorted(numbers.items()))


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """The file's rows, in order. Raises FileNotFoundError."""
    with pa.memory_map(str(folder / NAME)) as file:
        reader = pa.ipc.open_file(file)
        for number in range(reader.num_record_batches):
            yield from reader.get_batch(number).to_pylist()
