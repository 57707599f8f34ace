"""Every annotator held against the others, and against the consensus made without them. Pure."""

from typing import NamedTuple

import numpy as np

from ..votes import Ints, Judgements, Mask, Votes
from .groups import Floats, class_counts, value_counts
from .intervals import wilson

# Below this a share says more about chance than about a person; nothing is shown.
FEWEST_LABELS = 20


class Held(NamedTuple):
    """Annotators held against others' votes on the same units, their own left out; one element a voter.

    `agrees` is the mean share of the others' votes that say the same, `low` and `high` its Wilson interval,
    `kappa` the same corrected for chance by both margins, over `comparisons`. `right` is the share of units
    on which they say what most of the others say (units without a unique most frequent class left out), over
    `decided` comparisons; `right_low` and `right_high` its Wilson interval. nan where there is nothing.
    """

    agrees: Floats
    low: Floats
    high: Floats
    kappa: Floats
    comparisons: Ints
    right: Floats
    right_low: Floats
    right_high: Floats
    decided: Ints


def reference_of(votes: Votes) -> Mask:
    """Whom annotators are held against (one element a voter): people, or judges where no person votes."""
    return votes.people if votes.people.any() else votes.judges


def held_against(votes: Votes, judgements: Judgements, against: Mask) -> Held:
    """Everybody held against those that `against` picks (one element a voter), themselves left out.

    With more than two responses a unit is a pair; intervals count comparisons, not pairs.
    """
    size = len(votes.voters)
    counts = class_counts(value_counts(judgements, against[judgements.voter]))
    said = np.sign(judgements.value) + 1
    others = counts[judgements.unit]
    own = against[judgements.voter]
    others[np.flatnonzero(own), said[own]] -= 1
    met = others.sum(axis=1) > 0
    others, said, voter = others[met], said[met], judgements.voter[met]
    comparison = judgements.comparison[judgements.unit[met]]
    share = others / others.sum(axis=1, keepdims=True)
    same = share[np.arange(len(said)), said]
    units = np.bincount(voter, minlength=size)
    comparisons = _distinct(voter, comparison, size)
    most = others.max(axis=1, initial=0)
    unique = (others == most[:, None]).sum(axis=1) == 1
    right = unique & (others.argmax(axis=1) == said)
    decided = _distinct(voter[unique], comparison[unique], size)
    with np.errstate(invalid="ignore", divide="ignore"):
        agrees = np.bincount(voter, weights=same, minlength=size) / units
        chance = sum(
            np.bincount(voter[said == k], minlength=size)
            / units
            * (np.bincount(voter, weights=share[:, k], minlength=size) / units)
            for k in range(counts.shape[1])
        )
        left = np.where(1 - chance > 1e-9, 1 - chance, np.nan)
        of_unique = np.bincount(voter[right], minlength=size) / np.bincount(voter[unique], minlength=size)
    low, high = wilson(agrees * comparisons, comparisons.astype(float))
    right_low, right_high = wilson(of_unique * decided, decided.astype(float))
    return Held(
        agrees,
        low,
        high,
        (agrees - chance) / left,
        comparisons,
        of_unique,
        right_low,
        right_high,
        decided,
    )


def _distinct(voter: Ints, comparison: Ints, size: int) -> Ints:
    """How many different comparisons each voter has; a voter's units of one follow each other."""
    if not len(voter):
        return np.zeros(size, dtype=np.int64)
    order = np.lexsort((comparison, voter))
    voter, comparison = voter[order], comparison[order]
    first = np.ones(len(voter), dtype=bool)
    first[1:] = (np.diff(voter) != 0) | (np.diff(comparison) != 0)
    return np.bincount(voter[first], minlength=size)
