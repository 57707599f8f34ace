"""What a plan rests on, kept as it was: scores, reasons, and what judges had said. Pure: no Django.

Texts are not in it, their features never change (`models.TextFeatures`); what judges say does. A million
comparisons have a few thousand patterns of it, so a comparison is a handful of indices: some twenty bytes
when packed.
"""

import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from .policy import Floats, Signals

PART = 10_000  # comparisons packed together: reading one of them reads these
LEVEL = 1  # of compression: a seventh larger than at the usual one, in a quarter of the time


@dataclass(frozen=True, slots=True)
class Frozen:
    """n comparisons of a plan in order of id.

    `ids`, `scores`, `judged` (the standing judge had answered) have shape (n,); `reasons` and `rankings` (the
    standing judge's, empty where it had not) n entries; `said` (n, columns of `_said`) is what judges said.
    """

    ids: NDArray[np.int64]
    scores: Floats
    judged: NDArray[np.bool_]
    reasons: Sequence[str]
    rankings: Sequence[str]
    said: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, rows: slice) -> "Frozen":
        """Some of the comparisons."""
        return Frozen(
            self.ids[rows],
            self.scores[rows],
            self.judged[rows],
            self.reasons[rows],
            self.rankings[rows],
            self.said[rows],
        )


def said_by(signals: Signals) -> Floats:
    """All that judges said, as `Frozen.said` keeps it: (n, 4 + judging columns)."""
    counts = [signals.judges, signals.differing, signals.flipped, signals.tied]
    return np.column_stack([*counts, signals.judging])


def told(said: Floats) -> dict[str, Any]:
    """The fields of `Signals` that `said_by` was made from."""
    return {
        "judges": said[:, 0].astype(np.int64),
        "differing": said[:, 1],
        "flipped": said[:, 2],
        "tied": said[:, 3],
        "judging": said[:, 4:],
    }


def parts(frozen: Frozen) -> Iterator[Frozen]:
    """In pieces of PART, in order."""
    for start in range(0, len(frozen), PART):
        yield frozen.at(slice(start, start + PART))


def joined(pieces: Sequence[Frozen]) -> Frozen:
    """Pieces in order as one."""
    if not pieces:
        return Frozen(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_), [], [], np.zeros((0, 0)))
    return Frozen(
        np.concatenate([one.ids for one in pieces]),
        np.concatenate([one.scores for one in pieces]),
        np.concatenate([one.judged for one in pieces]),
        [reason for one in pieces for reason in one.reasons],
        [ranking for one in pieces for ranking in one.rankings],
        np.concatenate([one.said for one in pieces]),
    )


def pack(frozen: Frozen) -> bytes:
    """As an archive of arrays (npz) that is compressed as a whole; texts are JSON lists in it."""
    reasons, reason_at = _texts(frozen.reasons)
    rankings, ranking_at = _texts(frozen.rankings)
    said, said_at = _rows(frozen.said)
    file = io.BytesIO()
    np.savez(
        file,
        ids=np.diff(frozen.ids, prepend=0),
        scores=frozen.scores,
        judged=np.packbits(frozen.judged),
        reasons=reasons,
        reason_at=reason_at,
        rankings=rankings,
        ranking_at=ranking_at,
        said=said,
        said_at=said_at,
    )
    return zlib.compress(file.getvalue(), LEVEL)


def unpack(packed: bytes) -> Frozen:
    """What `pack` was given, to the last bit."""
    with np.load(io.BytesIO(zlib.decompress(packed)), allow_pickle=False) as file:
        ids = np.cumsum(file["ids"])
        return Frozen(
            ids,
            file["scores"],
            np.unpackbits(file["judged"], count=len(ids)).astype(np.bool_),
            _listed(file["reasons"], file["reason_at"]),
            _listed(file["rankings"], file["ranking_at"]),
            file["said"][file["said_at"]],
        )


def _texts(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    place: dict[str, int] = {}
    at = np.array([place.setdefault(text, len(place)) for text in texts], dtype=np.uint32)
    return np.frombuffer(orjson.dumps(list(place)), dtype=np.uint8), at


def _listed(texts: NDArray[np.uint8], at: NDArray[np.uint32]) -> list[str]:
    known: list[Any] = orjson.loads(texts.tobytes())
    return [known[place] for place in at.tolist()]


def _rows(rows: Floats) -> tuple[Floats, NDArray[np.uint32]]:
    """Distinct rows and where each row is among them; NaN is a value like any other."""
    bits = np.ascontiguousarray(rows)
    if not bits.size:
        return bits, np.zeros(len(bits), dtype=np.uint32)
    size, text = bits.dtype.itemsize * bits.shape[1], bits.tobytes()
    place: dict[bytes, int] = {}
    starts = range(0, len(text), size)
    at = np.array([place.setdefault(text[s : s + size], len(place)) for s in starts], dtype=np.uint32)
    return np.frombuffer(b"".join(place), dtype=bits.dtype).reshape(-1, bits.shape[1]), at
