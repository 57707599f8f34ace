"""Policies: what makes a comparison worth a person. Pure: no Django.

A policy is a plain function from a `Problem` to `Scored`, registered with `@policy`. A file of them in the
folder `policies/` is all it takes to appear wherever policies are offered. A score depends on its own
comparison and on what was learned from labelled ones, never on the batch it is scored with, and never on the
order of a file. `selection.py` turns scores into destinations.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class PlanError(ValueError):
    """What was asked for cannot be planned; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of n comparisons before a person is asked; rows are in the same order everywhere.

    `keys` are the comparisons' own ids, which seeded draws hash; `groups` belong together in folds and
    bootstraps. `judges` counts the judges with a label; `differing` is the share (0..1) of pairs of judges
    whose answers differ, 0 below two judges; `flipped` the share of judges whose answer changed with the
    order of the responses; `tied` the share of judges' labels that name no winner; (n,) each.

    `judging` (n, len(features.judging.COLUMNS)) is what judges said as seen from the judge whose label
    stands, `shared` (n, len(features.SHARED)) what the texts look like, and `toward`
    (n, len(features.EACH)) in what the response that this judge prefers differs from the others. NaN is
    what is not known.
    """

    keys: Sequence[str]
    groups: Sequence[str]
    categories: Sequence[str]
    judges: NDArray[np.int64]
    differing: Floats
    flipped: Floats
    tied: Floats
    judging: Floats
    shared: NDArray[np.float32]
    toward: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.keys)

    def at(self, rows: NDArray[np.int64]) -> "Signals":
        """Some of the comparisons, in the order of `rows`."""
        return Signals(
            keys=[self.keys[row] for row in rows],
            groups=[self.groups[row] for row in rows],
            categories=[self.categories[row] for row in rows],
            judges=self.judges[rows],
            differing=self.differing[rows],
            flipped=self.flipped[rows],
            tied=self.tied[rows],
            judging=self.judging[rows],
            shared=self.shared[rows],
            toward=self.toward[rows],
        )


@dataclass(frozen=True, slots=True)
class Labelled:
    """Comparisons that both people and the judge whose label stands have labelled, m of them.

    `wrong` (m,) is the share of people's answers that are not the judge's, `human_wrong` (m,) the share of
    ordered pairs of people who differ, NaN where only one has answered.
    """

    signals: Signals
    wrong: Floats
    human_wrong: Floats

    def __len__(self) -> int:
        return len(self.wrong)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a policy is given: the open comparisons, the labelled ones, and the share meant for people.

    `share` is None where a budget decides; only methods that choose whole mixes need it.
    """

    open: Signals
    labelled: Labelled
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """Finite `values` of shape (n,), higher = more worth a person, and why, in words, one each.

    `notes` tell the owner what the policy had to do without; `model` (JSON) is all it takes to work out a
    score again, and is kept with the plan.
    """

    values: Floats
    reasons: Sequence[str]
    notes: Sequence[str] = ()
    model: Mapping[str, Any] = field(default_factory=dict)


Score = Callable[[Problem, int], Scored]


@dataclass(frozen=True, slots=True)
class Term:
    """What one fact adds to a score: what it is in words, its value (NaN: not known), and the amount."""

    words: str
    value: float
    adds: float


@dataclass(frozen=True, slots=True)
class Terms:
    """One comparison's score taken apart.

    Without `less`, score = base + the sum of the terms; with it, base and terms are log odds and
    score = 1 / (1 + exp(-(base + sum))) - less. `score` is worked out as when the plan was made, so it is
    the same to the last bit.
    """

    score: float
    base: float
    terms: Sequence[Term]
    less: float | None = None


# Of one comparison, from what is kept with the plan (`Scored.model`); None where the score is no sum.
Explain = Callable[[Signals, Mapping[str, Any]], Terms | None]


@dataclass(frozen=True, slots=True)
class Policy:
    """A registered policy. `version` changes whenever its scores may; Decisions keep it.

    `share` is fixed for policies that leave no choice (`all_human`, `all_ai`). `drawn` says that the scores
    are themselves the draw, so that before the draw every comparison had the same chance. `texts` says that
    it looks at the texts, which then have to be described. `gain` says that a score is how much more often
    another person agrees with a person's label than with the judge's, once enough is learned (the model then
    has `human_error`). `terms` takes one score apart.
    """

    name: str
    version: str
    score: Score
    about: str
    share: float | None = None
    drawn: bool = False
    texts: bool = False
    gain: bool = False
    terms: Explain | None = None


POLICIES: dict[str, Policy] = {}


def policy(
    name: str,
    version: str,
    *,
    share: float | None = None,
    drawn: bool = False,
    texts: bool = False,
    gain: bool = False,
    terms: Explain | None = None,
) -> Callable[[Score], Score]:
    """Registers a scoring function `(problem, seed) -> Scored` under `name`. ValueError if it is taken.

    The first line of its docstring is what an owner reads beside the name.
    """

    def register(score: Score) -> Score:
        if name in POLICIES:
            raise ValueError(f"there is already a policy {name!r}")
        about = (score.__doc__ or "").strip().split("\n")[0]
        POLICIES[name] = Policy(name, version, score, about, share, drawn, texts, gain, terms)
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


def audit_draws(keys: Sequence[str], seed: int, lot: int) -> Floats:
    """The audit's own draws, (n,). With another `lot` they are others: among comparisons that are left over
    from an audit those with the lowest draws are missing, so the next one is drawn anew."""
    return draws(keys, seed, f"audit {lot}" if lot else "audit")
