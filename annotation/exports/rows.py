"""What every format shares: rows, their order and hash, the account of what stayed out, pseudonyms. Pure.

One rule orders the rows of a configuration: by comparison (its UTF-8 bytes), then by the row's canonical
JSON. Its hash runs over rows in that order, and the release's hash over those of its configurations, so that
both can be checked from the files, whatever their type and split.
"""

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

EXAMPLES = 5


class Row(NamedTuple):
    """One row on its way into a file of `config`."""

    config: str
    values: dict[str, Any]


@dataclass
class Account:
    """How many candidates there were, and why some are no rows: `read` = used + everything removed."""

    unit: str
    read: int = 0
    removed: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def used(self) -> int:
        return self.read - sum(self.removed.values())

    def remove(self, reason: str, comparison: str, number: int = 1) -> None:
        self.removed[reason] = self.removed.get(reason, 0) + number
        examples = self.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES and comparison not in examples:
            examples.append(comparison)

    def as_dict(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "read": self.read,
            "removed": [
                {"reason": reason, "removed": number, "examples": self.examples[reason]}
                for reason, number in self.removed.items()
            ],
        }

    def __str__(self) -> str:
        reasons = ", ".join(f"{reason} {number}" for reason, number in self.removed.items())
        return f"{self.read} {self.unit}, removed: {reasons or 'none'}"


def canonical(values: Mapping[str, Any]) -> bytes:
    """A row as canonical JSON: keys sorted, no spaces, UTF-8, a line feed at the end."""
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def logical_hash(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """The release's hash from rows read back from its files, by configuration, in any order."""
    digests = {}
    for config, values in rows.items():
        digest = hashlib.sha256()
        for _, line in sorted((row["comparison"].encode(), canonical(row)) for row in values):
            digest.update(line)
        digests[config] = digest.hexdigest()
    return hash_of(digests)


def hash_of(digests: Mapping[str, str]) -> str:
    """SHA-256 over a line for each configuration, by name: name, space, hash of its rows."""
    lines = sorted(f"{config} {digest}\n" for config, digest in digests.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def pseudonym(annotator_id: int, key: bytes) -> str:
    """A person's name in a release: the same under the same key, and not to be reversed without it."""
    digest = hmac.new(key, str(annotator_id).encode(), hashlib.sha256).digest()
    return f"w_{b32encode(digest).decode().lower()[:10]}"
