"""Changing a project's instruments and rules."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from ..audit import record
from ..models import Consent, Project, User
from ..projects import touch
from .known import use_references
from .settings import OFF, Quality, QualityError, checked, quality_of

LONGEST_CONSENT = 20_000


def set_quality(
    project: Project,
    values: Mapping[str, Any],
    *,
    consent: str | None = None,
    references_are_gold: bool | None = None,
    by: User | None = None,
) -> Quality:
    """Sets what `values` name (keys as in the project file) and leaves the rest; gives what holds now.

    `consent`: the text that people agree to before anything else; another text is a new version, which all
    are asked for again, an empty one ends the asking; None leaves it. `references_are_gold`: known answers,
    those imported from now on among them, are used as gold. A change is an entry of the audit log.
    Raises QualityError, and changes nothing then.
    """
    before = quality_of(project)
    made = checked(values, before).as_data()
    with transaction.atomic():
        if consent is not None:
            made["consent"] = _consent(project, consent)
        if references_are_gold is not None:
            made["references_are_gold"] = references_are_gold
        now = _stored(project, made)
        if now != before:
            record(
                project,
                by,
                "quality",
                project.name,
                before=_changed(before, now),
                after=_changed(now, before),
            )
            touch(project)
        if now.references_are_gold:
            use_references(project, by)
    return now


def _consent(project: Project, text: str) -> int:
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_CONSENT:
        raise QualityError("consent", f"may have at most {LONGEST_CONSENT} characters")
    if not text:
        return 0
    newest = Consent.objects.filter(project=project).order_by("-version").first()
    if newest is None or newest.text != text:
        version = newest.version + 1 if newest else 1
        newest = Consent.objects.create(project=project, text=text, version=version)
    return newest.version


def _stored(project: Project, data: dict[str, Any]) -> Quality:
    project.quality = data
    now = quality_of(project)
    if now == OFF:  # nothing to look at, for every page that asks
        project.quality = {}
    project.save(update_fields=["quality"])
    return now


def _changed(one: Quality, other: Quality) -> dict[str, Any]:
    theirs = other.as_data()
    return {key: value for key, value in one.as_data().items() if value != theirs[key]}
