"""What every format shares: rows and their order, the account of what stayed out, splits, pseudonyms. Pure.

One rule orders the rows of every release: by comparison, then criterion (both by their UTF-8 bytes), then by
the row's canonical JSON. The logical hash runs over rows in that order, so it can be checked from the files.
"""

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

import orjson

EXAMPLES = 5


class Row(NamedTuple):
    """One row on its way into a file of `config`; `group` is the split unit of its comparison."""

    config: str
    group: str
    values: dict[str, Any]


@dataclass
class Account:
    """How many candidates there were, and why some are no rows: `read` = rows + everything removed."""

    unit: str
    read: int = 0
    removed: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def remove(self, reason: str, comparison: str, number: int = 1) -> None:
        self.removed[reason] = self.removed.get(reason, 0) + number
        examples = self.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES and comparison not in examples:
            examples.append(comparison)

    def __str__(self) -> str:
        reasons = ", ".join(f"{reason} {number}" for reason, number in self.removed.items())
        return f"{self.read} {self.unit}, removed: {reasons or 'none'}"


def canonical(values: dict[str, Any]) -> bytes:
    """A row as canonical JSON: keys sorted, no spaces, UTF-8."""
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)


def in_order(rows: Iterable[Row]) -> Iterator[tuple[Row, bytes]]:
    """Rows that come by comparison in order, fully ordered, each with its canonical JSON."""
    for _, same in groupby(rows, key=lambda row: row.values["comparison"]):
        pairs = [(row, canonical(row.values)) for row in same]
        yield from sorted(pairs, key=lambda pair: (pair[0].values["criterion"].encode(), pair[1]))


def logical_hash(rows: Iterable[dict[str, Any]]) -> str:
    """SHA-256 over the canonical JSON lines of rows read back from files, in whatever order they come."""
    digest = hashlib.sha256()
    keyed = ((row["comparison"].encode(), row["criterion"].encode(), canonical(row)) for row in rows)
    for _, _, line in sorted(keyed):
        digest.update(line + b"\n")
    return digest.hexdigest()


def split_of(group: str, salt: str, test_share: float) -> str:
    """`train` or `test`: fixed for (group, salt), so that new data never moves an old group."""
    first = hashlib.sha256(f"{salt}\0{group}".encode()).digest()[:8]
    return "test" if int.from_bytes(first) / 2**64 < test_share else "train"


def pseudonym(annotator_id: int, key: bytes) -> str:
    """A person's name in releases: the same under the same key, and not to be reversed without it."""
    digest = hmac.new(key, str(annotator_id).encode(), hashlib.sha256).digest()
    return f"w_{b32encode(digest).decode().lower()[:10]}"
