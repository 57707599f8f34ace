"""The project file's `quality` and `gold_use`: instruments, what stands before the work, and rules."""

from collections.abc import Mapping
from typing import Any

from annotation.instruments.settings import KEYS, QualityError
from annotation.instruments.setup import set_quality as store
from annotation.models import Project, User

from .values import ProjectFileError, mapping, one_of

GOLD_USES = ("evaluation", "instruments")


def set_quality(project: Project, data: Mapping[str, Any], by: User | None = None) -> None:
    """Sets what the file names and leaves the rest; `by` stands in the audit log as who did it.

    Raises ProjectFileError naming the key at fault.
    """
    values = dict(mapping(data.get("quality") or {}, "quality"))
    consent = values.pop("consent", None)
    if consent is not None and not isinstance(consent, str):
        raise ProjectFileError("quality.consent must be text")
    for key in values:
        if key not in KEYS:
            raise ProjectFileError(f"quality: unknown key {key!r}; known: consent, {', '.join(KEYS)}")
    use = data.get("gold_use")
    gold = None if use is None else one_of(use, GOLD_USES, "gold_use") == "instruments"
    try:
        store(project, values, consent=consent, references_are_gold=gold, by=by)
    except QualityError as error:
        raise ProjectFileError(f"quality.{error}") from error
