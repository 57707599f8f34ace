"""How sure a judge says it is of each of its answers to pairs, and whether people say the same."""

from typing import Any, NamedTuple

import numpy as np

from annotation.agreement.groups import Floats
from annotation.votes import Ints, Mask

from . import maps
from .answers import UNKNOWN, merged
from .case import Case
from .ground import Judge
from .reliability import reliability

SOFT, COUNTED = "soft labels", "replies counted"
NONE = "not computable: no soft labels, and no two replies on a comparison to count"
_JEFFREYS = 0.5
_CLASSES = 3


class Confidence(NamedTuple):
    """One element an answer that people answered too: what the judge gives its own answer, whether people say
    the same, whether its orders contradict each other, and the comparison's group."""

    source: str | None
    confidence: Floats
    right: Mask
    inconsistent: Mask
    group: Ints


def confidence_of(case: Case, judge: Judge, said: Ints) -> Confidence:
    """From soft labels where the judge has any, else from its replies in both orders, counted with Jeffreys'
    prior as `reconcile` does. `said`: the judge's answer on each unit."""
    source, unit, chances, inconsistent = _from_soft(case, judge.annotator)
    if source is None:
        source, unit, chances, inconsistent = _counted(case, judge.annotator)
    at = (merged(said)[unit] != UNKNOWN) & (case.people[unit] != UNKNOWN)
    unit, chances = unit[at], chances[at]
    own = merged(said)[unit]
    return Confidence(
        source,
        np.clip(chances[np.arange(len(own)), own], 0.0, 1.0),
        own == merged(case.people)[unit],
        inconsistent[at],
        case.group[unit],
    )


def soft_of(case: Case, found: Confidence) -> tuple[dict[str, Any], maps.Chosen | None]:
    """The report's `soft`, and the map that was chosen."""
    n, groups = len(found.right), len(np.unique(found.group))
    result: dict[str, Any] = {
        "source": found.source,
        "n": n,
        "groups": groups,
        "inconsistent": int(found.inconsistent.sum()),
        "chosen": None,
        "candidates": [],
        "before": None,
        "after": None,
        "map": None,
        "reason": NONE if found.source is None else maps.too_little(n, groups),
    }
    if result["reason"]:
        return result, None
    fold = maps.folds([case.ground.groups[at] for at in found.group.tolist()])
    chosen = maps.choose(found.confidence, found.right, found.inconsistent, fold)
    result |= {
        "chosen": chosen.map.method,
        "candidates": [{"method": name, "log_loss": loss} for name, loss in chosen.losses.items()],
        "before": reliability(found.confidence, found.right, found.group).json(),
        "after": reliability(chosen.held_out, found.right, found.group).json(),
        "map": chosen.map.json(),
    }
    return result, chosen


_Found = tuple[str | None, Ints, Floats, Mask]


def _from_soft(case: Case, annotator: int) -> _Found:
    of = case.soft.annotator == annotator
    at, known = case.place(case.soft.comparison[of])
    unit = case.unit_of[at]
    seen = unit >= 0
    chances, inconsistent = case.soft.chances[of][known], case.soft.inconsistent[of][known]
    return (SOFT if seen.any() else None), unit[seen], chances[seen], inconsistent[seen]


def _counted(case: Case, annotator: int) -> _Found:
    of = case.orders.annotator == annotator
    at, known = case.place(case.orders.comparison[of])
    said = 1 - np.sign(case.orders.value[of][known])  # a, tie, b
    size = len(case.votes.comparison_ids)
    counts = np.bincount(at * _CLASSES + said, minlength=size * _CLASSES).reshape(size, _CLASSES)
    # A single reply says nothing of how sure the judge is.
    comparison = np.flatnonzero((counts.sum(axis=1) > 1) & (case.unit_of >= 0))
    weights = counts[comparison] + _JEFFREYS
    chances = weights / weights.sum(axis=1, keepdims=True)
    inconsistent = (counts[comparison] > 0).sum(axis=1) > 1
    return (COUNTED if len(comparison) else None), case.unit_of[comparison], chances, inconsistent
