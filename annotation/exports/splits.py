"""Which split a group goes to, so that no prompt of the test split was seen in training. Pure.

Groups are joined when they share a prompt, the first message of their conversations, or prompts that are
nearly the same: MinHash over triples of words (Broder 1997), 32 bands of 4 to find pairs, the whole
signature to confirm them. A joined family goes where its oldest group goes, so that new data moves an old
group only where it joins two old ones.

The memory is that of the distinct prompts: 512 bytes each, whatever their length.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from unicodedata import normalize
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 128
BANDS = 32
# The share of equal minima estimates Jaccard's similarity with a standard deviation of 0.035 at 0.8: pairs of
# 0.8 are found with near certainty, and joining some of 0.6 does no harm.
ALIKE = 0.65
SHINGLE = 3

_WORD = re.compile(r"\w+")
_rng = np.random.default_rng(61)
_FACTORS = _rng.integers(0, 1 << 63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_OFFSETS = _rng.integers(0, 1 << 63, PERMUTATIONS, dtype=np.uint64)
_HIGH = np.uint64(32)  # the upper bits of a product depend on all of its factors' bits


def normalised(text: str) -> str:
    """The text as its words alone; for keys, never for what is exported."""
    return " ".join(_WORD.findall(normalize("NFKC", text).casefold()))


def shingles(text: str) -> NDArray[np.uint64]:
    """Distinct hashes of a normalised text's triples of words; a shorter one is one shingle."""
    words = np.array([crc32(word.encode()) for word in text.split()], dtype=np.uint64)
    if len(words) < SHINGLE:
        mixed = np.array([crc32(text.encode())], dtype=np.uint64)
        return mixed * np.uint64(0x9E3779B97F4A7C15)
    mixed = np.zeros(len(words) - SHINGLE + 1, dtype=np.uint64)
    for at in range(SHINGLE):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + words[at : at + len(mixed)]
    mixed ^= mixed >> np.uint64(29)
    return np.unique(mixed * np.uint64(0xBF58476D1CE4E5B9))


def signature(text: str) -> NDArray[np.uint32]:
    """(PERMUTATIONS,): the least value of each hash function over the text's shingles."""
    return ((shingles(text)[:, None] * _FACTORS + _OFFSETS) >> _HIGH).min(axis=0).astype(np.uint32)


class Families:
    """Groups joined by what their prompts share. Feed it oldest first."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.parent: list[int] = []
        self.exact: dict[bytes, int] = {}
        self.owner: list[int] = []
        self.signatures = np.zeros((0, PERMUTATIONS), dtype=np.uint32)
        self.buckets: dict[bytes, list[int]] = defaultdict(list)

    def add(self, group: str, turns: Sequence[str]) -> None:
        """A conversation of this group: what its people said, in order."""
        member = self.number.setdefault(group, len(self.parent))
        if member == len(self.parent):
            self.parent.append(member)
        said = [text for text in map(normalised, turns) if text]
        if not said:
            return
        self._join_exact(member, b"first" + _digest(said[0]))
        whole = " ".join(said)
        if self._join_exact(member, b"whole" + _digest(whole)):
            self._join_alike(member, signature(whole))

    def oldest(self) -> dict[str, str]:
        """For every group the oldest one that it is joined with."""
        names = list(self.number)
        return {name: names[self._root(number)] for name, number in self.number.items()}

    def _join_exact(self, member: int, key: bytes) -> bool:
        """True for a key that was not there before."""
        owner = self.exact.setdefault(key, member)
        self._join(member, owner)
        return owner == member

    def _join_alike(self, member: int, minima: NDArray[np.uint32]) -> None:
        at = len(self.owner)
        if at == len(self.signatures):
            more = np.zeros((max(1024, at), PERMUTATIONS), dtype=np.uint32)
            self.signatures = np.concatenate((self.signatures, more))
        self.signatures[at] = minima
        self.owner.append(member)
        found: set[int] = set()
        for band, part in enumerate(minima.reshape(BANDS, -1)):
            bucket = self.buckets[band.to_bytes(1, "big") + part.tobytes()]
            found.update(bucket)
            bucket.append(at)
        if found:
            others = np.fromiter(found, np.int64)
            alike = (self.signatures[others] == minima).mean(axis=1) >= ALIKE
            for other in others[alike].tolist():
                self._join(member, self.owner[other])

    def _root(self, member: int) -> int:
        while self.parent[member] != member:
            self.parent[member] = self.parent[self.parent[member]]
            member = self.parent[member]
        return member

    def _join(self, one: int, other: int) -> None:
        older, younger = sorted((self._root(one), self._root(other)))
        self.parent[younger] = older


def split_of(group: str, salt: str, test_share: float) -> str:
    """`train` or `test`: fixed for (group, salt)."""
    first = hashlib.sha256(f"{salt}\0{group}".encode()).digest()[:8]
    return "test" if int.from_bytes(first) / 2**64 < test_share else "train"


def splits(
    conversations: Iterable[tuple[str, Sequence[str]]], salt: str, test_share: float
) -> dict[str, str]:
    """The split of every group, from (group, what people said) of every comparison, oldest first."""
    families = Families()
    for group, turns in conversations:
        families.add(group, turns)
    return {group: split_of(family, salt, test_share) for group, family in families.oldest().items()}


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
