"""Guidelines that people have to read before they work, and what changed between two versions."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from operator import attrgetter
from typing import Literal, NamedTuple

from django.db.models import OuterRef, Subquery

from .models import Acknowledgement, Annotator, Guidelines, Project
from .projects import guidelines_of

# Lines before times lines after that are compared at once.
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line of the newer version (`added`) or of the older one (`removed`)."""

    kind: Literal["added", "removed"]
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a version says otherwise than an earlier one: the lines in the order of the text, and how many
    were `changed` (removed and replaced in the same place), only `added` or only `removed`."""

    lines: tuple[ChangedLine, ...]
    changed: int
    added: int
    removed: int


def acknowledged() -> Subquery:
    """For `project_for(..., acknowledged=acknowledged())`: id of the newest version that the member has
    acknowledged as an annotator, or None, in the same statement."""
    theirs = Acknowledgement.objects.filter(annotator=OuterRef("annotator"))
    return Subquery(theirs.order_by("-guidelines__version").values("guidelines")[:1])


def acknowledge(annotator: Annotator, guidelines: Guidelines) -> None:
    """Notes that this annotator has read this version; saying it again changes nothing.

    Raises ValueError for guidelines of another project.
    """
    if guidelines.project_id != annotator.project_id:
        raise ValueError("these guidelines belong to another project")
    Acknowledgement.objects.get_or_create(annotator=annotator, guidelines=guidelines)


def to_acknowledge(project: Project, acknowledged_pk: int | None) -> Guidelines | None:
    """The newest version, if it says anything and is not the one acknowledged last; versions between are
    never asked about. No SQL beyond what `guidelines_of` caches."""
    newest = guidelines_of(project)
    return newest if newest and newest.text.strip() and newest.pk != acknowledged_pk else None


def diff(old: Guidelines, new: Guidelines) -> Changes:
    """What changed from `old` to `new`, line by line. Blank lines and spaces at a line's end are no change; a
    line that moved is removed in one place and added in the other. A process compares two texts once."""
    return _changes(old.text, new.text)


@lru_cache(maxsize=64)
def _changes(old: str, new: str) -> Changes:
    lines: list[ChangedLine] = []
    changed = added = removed = 0
    for before, after in _differences(_lines(old), _lines(new)):
        lines += [ChangedLine("removed", line) for line in before]
        lines += [ChangedLine("added", line) for line in after]
        replaced = min(len(before), len(after))
        changed += replaced
        removed += len(before) - replaced
        added += len(after) - replaced
    return Changes(tuple(lines), changed, added, removed)


def _differences(before: list[str], after: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Lines that stand in the same place, where they are not the same: long texts are divided at `_landmarks`
    first, because the time to compare lines that repeat grows with the cube of their number."""
    begin, begin_after = 0, 0
    marks = _landmarks(before, after) if len(before) * len(after) > _AT_ONCE else []
    for end, end_after in [*marks, (len(before), len(after))]:
        yield from _compared(before[begin:end], after[begin_after:end_after])
        begin, begin_after = end + 1, end_after + 1


def _compared(before: list[str], after: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    if len(before) * len(after) > _AT_ONCE:
        yield before, after
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield before[i1:i2], after[j1:j2]


class _Landmark(NamedTuple):
    """A line that occurs once in each text, where it stands in them, and the one before it in its chain."""

    before: int
    after: int
    earlier: "_Landmark | None"


def _landmarks(before: list[str], after: list[str]) -> list[tuple[int, int]]:
    """Places of lines that occur once in each text: the longest chain of them in the same order in both
    (patience diff: Bram Cohen's anchors, by patience sorting)."""
    here, there = _single(before), _single(after)
    chains: list[_Landmark] = []  # the best end of a chain of every length
    for line, place in here.items():
        if line in there:
            length = bisect_left(chains, there[line], key=attrgetter("after"))
            earlier = chains[length - 1] if length else None
            chains[length : length + 1] = [_Landmark(place, there[line], earlier)]
    found, mark = [], chains[-1] if chains else None
    while mark:
        found.append((mark.before, mark.after))
        mark = mark.earlier
    return found[::-1]


def _single(lines: list[str]) -> dict[str, int]:
    """Places of the lines that occur once, in their order."""
    times = Counter(lines)
    return {line: place for place, line in enumerate(lines) if times[line] == 1}


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]
