"""What changed from one release to another, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from ..models import Release
from .frozen import Frozen
from .options import ExportError, Options
from .outcomes import NAME, read

EXAMPLES = 20
Outcomes = dict[str, dict[str, Any]]


@dataclass
class Change:
    """One kind of change for one reason: how often, and some examples."""

    what: str
    why: str
    number: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Diff:
    """From `old` to `new`. `labels` counts frozen labels; `kept` answers are the same on the same votes."""

    old: Release
    new: Release
    options: list[tuple[str, Any, Any]]
    labels: dict[str, int]
    changes: list[Change]
    kept: int


def diff(old: Release, new: Release) -> Diff:
    """Compares what became of every comparison and criterion. Raises ExportError where a release has no
    such list: it holds labels alone, or its files are gone."""
    options = [
        (name, old.options.get(name), value)
        for name, value in new.options.items()
        if old.options.get(name) != value
    ]
    changes: dict[tuple[str, str], Change] = {}
    kept = 0
    for comparison, before, after in _together(_outcomes(old), _outcomes(new)):
        for criterion in sorted(before.keys() | after.keys()):
            one, other = before.get(criterion), after.get(criterion)
            what, why = change(one, other, bool(options))
            if not what:
                kept += 1
                continue
            entry = changes.setdefault((what, why), Change(what, why))
            entry.number += 1
            if len(entry.examples) < EXAMPLES:
                entry.examples.append(
                    {"comparison": comparison, "criterion": criterion, "old": one or {}, "new": other or {}}
                )
    order = {name: place for place, name in enumerate(("changed", "added", "removed", "left out", "votes"))}
    listed = sorted(changes.values(), key=lambda entry: (order[entry.what], -entry.number, entry.why))
    return Diff(old, new, options, _labels(old, new), listed, kept)


def change(old: dict[str, Any] | None, new: dict[str, Any] | None, options_differ: bool) -> tuple[str, str]:
    """(what changed, why) for one comparison and criterion; empty where nothing did.

    `added` and `removed` are of what a release holds; `left out` stays out for another reason; `votes` are
    others with the same answer.
    """
    was, now = _held(old), _held(new)
    if old and new and was and now:
        if old["answer"] != new["answer"]:
            return "changed", _cause(old, new, options_differ)
        return ("votes", "same answer") if old["votes"] != new["votes"] else ("", "")
    if now:
        return "added", "new comparison" if old is None else f"was {old['left_out']}"
    if was:
        return "removed", "no such comparison" if new is None else new["left_out"]
    if old is None or new is None or old["left_out"] == new["left_out"]:
        return "", ""
    return "left out", f"{old['left_out']}, now {new['left_out']}"


def _cause(old: dict[str, Any], new: dict[str, Any], options_differ: bool) -> str:
    if old["votes"] != new["votes"]:
        return "other votes"
    return "other options" if options_differ else "what is known of its annotators"


def _held(outcome: dict[str, Any] | None) -> bool:
    return outcome is not None and not outcome["left_out"]


def _labels(old: Release, new: Release) -> dict[str, int]:
    before, after = (Frozen(one, Options.of(one.options), []).label_ids for one in (old, new))
    return {
        "added": len(np.setdiff1d(after, before, assume_unique=True)),
        "gone": len(np.setdiff1d(before, after, assume_unique=True)),
        "kept": len(np.intersect1d(before, after, assume_unique=True)),
    }


def _outcomes(release: Release) -> Iterator[tuple[str, Outcomes]]:
    """(comparison, its outcomes by criterion) in order."""
    folder = Path(release.path)
    if not (folder / NAME).exists():
        raise ExportError(f"release {release.number} has no {NAME}: it holds labels alone, or was moved")
    for comparison, same in groupby(read(folder), key=lambda row: row["comparison"]):
        yield comparison, {row["criterion"]: row for row in same}


def _together(
    one: Iterator[tuple[str, Outcomes]], other: Iterator[tuple[str, Outcomes]]
) -> Iterator[tuple[str, Outcomes, Outcomes]]:
    """Both side by side, in order of the comparisons' bytes; what only one has stands beside nothing."""
    left, right = next(one, None), next(other, None)
    while left or right:
        at, to = left and left[0].encode(), right and right[0].encode()
        if left and (to is None or (at is not None and at < to)):
            yield left[0], left[1], {}
            left = next(one, None)
        elif right and (at is None or (to is not None and to < at)):
            yield right[0], {}, right[1]
            right = next(other, None)
        elif left and right:
            yield left[0], left[1], right[1]
            left, right = next(one, None), next(other, None)
