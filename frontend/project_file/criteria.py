"""The file's criteria: new, changed in place where that alters no label's meaning, asked anew as another
version, or refused."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from annotation.models import Criterion, Label, Project, Reference
from annotation.ranking import RankingError, RankingTask, Scale

from ..questions.asked import LONGEST_RATIONALE
from .values import ProjectFileError, clean, flag, mapping, number_of, one_of, slug_at, texts_at, whole

CRITERION_KEYS = {
    "name",
    "question",
    "scale",
    "ranking",
    "both_bad",
    "confidence",
    "reasons",
    "rationale",
    "rationale_min",
    "version",
}
DEFAULT_CRITERIA = [{"name": "overall", "question": "Which response is better?", "scale": "five-point"}]
# What may not change once there are labels: it would alter what they say.
MEANING = ("question", "scale", "ranking", "both_bad")


def set_criteria(project: Project, entries: list[Any]) -> None:
    current = {criterion.name: criterion for criterion in project.criteria.filter(retired_at=None)}
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        where = f"criteria[{position + 1}]"
        values = _criterion_values(mapping(entry, where), where)
        name = values.pop("name")
        if name in seen:
            raise ProjectFileError(f"{where}: criterion {name!r} is there twice")
        seen.add(name)
        criterion = _versioned(project, name, current.pop(name, None), values.pop("version"), where)
        changed = [key for key in MEANING if criterion.pk and getattr(criterion, key) != values[key]]
        if changed and Label.objects.filter(criterion=criterion).exists():
            raise ProjectFileError(
                f"{where}: {name!r} has labels, so its {changed[0]} cannot change in place; make it "
                f"`version: {criterion.version + 1}`, or add a criterion under another name"
            )
        for key, value in values.items():
            setattr(criterion, key, value)
        criterion.position = position
        clean(criterion, f"{where}.")
        criterion.save()
    for criterion in current.values():
        if (
            Label.objects.filter(criterion=criterion).exists()
            or Reference.objects.filter(criterion=criterion).exists()
        ):
            raise ProjectFileError(
                f"criteria: {criterion.name!r} has labels or references and cannot be left out"
            )
        criterion.delete()


def _versioned(
    project: Project, name: str, current: Criterion | None, version: int | None, where: str
) -> Criterion:
    """The criterion to set: the current one, or one that takes its place as the next version. Labels of the
    one before keep their meaning, and what is labelled from now on answers the new one."""
    if current is None:
        return Criterion(project=project, name=name, version=version or 1)
    if version is None or version == current.version:
        return current
    if version != current.version + 1:
        raise ProjectFileError(
            f"{where}.version: {name!r} is at {current.version}; the next one is {current.version + 1}"
        )
    current.retired_at = timezone.now()
    current.save(update_fields=["retired_at"])
    return Criterion(project=project, name=name, version=version)


def _criterion_values(entry: Mapping[str, Any], where: str) -> dict[str, Any]:
    for key in entry:
        if key not in CRITERION_KEYS:
            raise ProjectFileError(
                f"{where}: unknown key {key!r}; known: {', '.join(sorted(CRITERION_KEYS))}"
            )
    reasons = entry.get("reasons") or []
    if not isinstance(reasons, list) or not all(isinstance(reason, str) for reason in reasons):
        raise ProjectFileError(f"{where}.reasons must be a list of texts")
    rationale = entry.get("rationale", "off")
    if isinstance(rationale, bool):  # YAML reads a bare `off` as false
        rationale = "optional" if rationale else "off"
    least = number_of(
        int,
        entry.get("rationale_min", 0),
        f"{where}.rationale_min",
        0,
        f"a whole number from 0 to {LONGEST_RATIONALE}",
        LONGEST_RATIONALE,
    )
    if least and rationale == "off":
        raise ProjectFileError(f"{where}.rationale_min needs `rationale: optional` or `required`")
    version = entry.get("version")
    try:
        ranking = str(RankingTask.parse(str(entry.get("ranking", "full"))))
    except RankingError as error:
        raise ProjectFileError(f"{where}.ranking: {error}") from error
    return {
        "name": slug_at(entry.get("name"), f"{where}.name"),
        "question": str(entry.get("question", "")),
        "scale": one_of(entry.get("scale", "five-point"), [scale.value for scale in Scale], f"{where}.scale"),
        "ranking": ranking,
        "both_bad": flag(entry.get("both_bad", False), f"{where}.both_bad"),
        "confidence": flag(entry.get("confidence", False), f"{where}.confidence"),
        "reasons": texts_at(entry, "reasons", where),
        "rationale": one_of(rationale, ["off", "optional", "required"], f"{where}.rationale"),
        "rationale_min": least,
        "version": None if version is None else whole(version, f"{where}.version"),
    }
