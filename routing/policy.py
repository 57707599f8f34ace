"""Policies: what makes a comparison worth a person. Pure: no Django.

A policy is a plain function from `Signals` to `Scored`, registered with `@policy`; that is all it takes to
appear wherever policies are offered. A score depends on its own comparison alone, never on the batch it is
scored with, and never on the order of a file. `selection.py` turns scores into destinations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Unjudged comparisons stand between those on which judges agree (0) and those on which they differ (1).
UNJUDGED = 0.5
ORDER_WEIGHT = 0.5
TIE_WEIGHT = 0.25


class PlanError(ValueError):
    """What was asked for cannot be planned; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of n comparisons before a person is asked; every array has shape (n,).

    `keys` are the comparisons' own ids, which seeded draws hash. `judges` counts the judges with a label;
    `differing` is the share (0..1) of pairs of judges whose answers differ, 0 below two judges; `flipped`
    the share of judges whose answer changed with the order of the responses; `tied` the share of judges'
    labels that name no winner.
    """

    keys: Sequence[str]
    judges: NDArray[np.int64]
    differing: Floats
    flipped: Floats
    tied: Floats

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Scored:
    """Finite `values` of shape (n,), higher = more worth a person, and why, in words, one each."""

    values: Floats
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """A registered policy. `version` changes whenever its scores may; Decisions keep it.

    `share` is fixed for policies that leave no choice (`all_human`, `all_ai`). `drawn` says that the scores
    are themselves the draw, so that before the draw every comparison had the same chance.
    """

    name: str
    version: str
    score: Callable[[Signals, int], Scored]
    share: float | None = None
    drawn: bool = False


POLICIES: dict[str, Policy] = {}

_Score = Callable[[Signals, int], Scored]


def policy(
    name: str, version: str, *, share: float | None = None, drawn: bool = False
) -> Callable[[_Score], _Score]:
    """Registers a scoring function `(signals, seed) -> Scored` under `name`. ValueError if it is taken."""

    def register(score: _Score) -> _Score:
        if name in POLICIES:
            raise ValueError(f"there is already a policy {name!r}")
        POLICIES[name] = Policy(name, version, score, share, drawn)
        return score

    return register


def draws(keys: Sequence[str], seed: int, purpose: str) -> Floats:
    """Uniform numbers in [0, 1), shape (n,): a function of seed, purpose and key, so of no order at all."""
    start = blake2b(f"{seed}/{purpose}/".encode(), digest_size=8)

    def draw(key: str) -> bytes:
        digest = start.copy()
        digest.update(key.encode("utf-8", "surrogatepass"))
        return digest.digest()

    bits = np.frombuffer(b"".join(map(draw, keys)), dtype=">u8")
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


@policy("all_human", "1", share=1.0)
def all_human(signals: Signals, seed: int) -> Scored:
    """People are asked about everything."""
    return _constant(len(signals), 1.0, "people are asked about everything")


@policy("all_ai", "1", share=0.0)
def all_ai(signals: Signals, seed: int) -> Scored:
    """The judge's label stands everywhere."""
    return _constant(len(signals), 0.0, "the judge is asked about everything")


@policy("random", "1", drawn=True)
def random(signals: Signals, seed: int) -> Scored:
    """A seeded lottery: the baseline that every other policy must beat."""
    return Scored(draws(signals.keys, seed, "random"), ["drawn by lot"] * len(signals))


@policy("disagreement", "1")
def disagreement(signals: Signals, seed: int) -> Scored:
    """Judges that differ first, then answers that changed with the order, then ties.

    Score = share of pairs of judges that differ + 0.5 x share of judges whose orders differ + 0.25 x share
    of ties; 0.5 where no judge has answered yet.
    """
    judged = signals.differing + ORDER_WEIGHT * signals.flipped + TIE_WEIGHT * signals.tied
    values = np.where(signals.judges > 0, judged, UNJUDGED)
    columns = (signals.judges, signals.differing, signals.flipped, signals.tied)
    return Scored(values, list(map(_in_words, *(column.tolist() for column in columns))))


def _constant(n: int, value: float, reason: str) -> Scored:
    return Scored(np.full(n, value), [reason] * n)


@lru_cache(maxsize=4096)
def _in_words(judges: int, differing: float, flipped: float, tied: float) -> str:
    if judges == 0:
        return "no judge has answered yet, so there is nothing to compare"
    parts = []
    if differing:
        parts.append("the judges disagree" if differing == 1 else f"{differing:.0%} of judge pairs disagree")
    if flipped:
        parts.append(
            "the answer changed with the order of the responses"
            if flipped == 1
            else f"for {flipped:.0%} of the judges the answer changed with the order of the responses"
        )
    if tied:
        parts.append("no winner is named" if tied == 1 else f"{tied:.0%} of the labels name no winner")
    if parts:
        return "; ".join(parts)
    return "the judges agree" if judges > 1 else "the only judge names a winner"
