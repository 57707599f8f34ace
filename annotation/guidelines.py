"""Guidelines that people have to read before they work, and what changed between two versions."""

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from django.db.models import OuterRef, Subquery

from .models import Acknowledgement, Annotator, Guidelines, Project
from .projects import guidelines_of


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line of the newer version (`added`) or of the older one (`removed`)."""

    kind: Literal["added", "removed"]
    text: str


@dataclass(slots=True)
class Changes:
    """What a version says otherwise than an earlier one: the lines in the order of the text, and how many
    were `changed` (removed and replaced in the same place), only `added` or only `removed`."""

    lines: list[ChangedLine] = field(default_factory=list)
    changed: int = 0
    added: int = 0
    removed: int = 0


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
    line that moved is removed in one place and added in the other."""
    before, after = _lines(old.text), _lines(new.text)
    changes = Changes()
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        changes.lines += [ChangedLine("removed", line) for line in before[i1:i2]]
        changes.lines += [ChangedLine("added", line) for line in after[j1:j2]]
        replaced = min(i2 - i1, j2 - j1)
        changes.changed += replaced
        changes.removed += i2 - i1 - replaced
        changes.added += j2 - j1 - replaced
    return changes


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]
