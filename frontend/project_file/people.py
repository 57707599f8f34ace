"""The project file's keys about people: pay, caps, questions about them, and what gives a model away."""

from collections.abc import Mapping
from typing import Any

from annotation.models import Project

from .values import (
    ProjectFileError,
    but_not,
    flag,
    list_at,
    mapping,
    money,
    one_of,
    slug_at,
    text_at,
    texts_at,
)

PEOPLE_KEYS = {"minimum_hourly_pay", "labels_per_person", "profile", "identity_leaks"}
LEAKS = ("accept", "mask", "exclude")
MOST_ANSWERS = 40


def set_people(project: Project, data: Mapping[str, Any]) -> None:
    """Sets what `data` says of PEOPLE_KEYS on the project, unsaved. Raises ProjectFileError."""
    if "minimum_hourly_pay" in data:
        pay = data["minimum_hourly_pay"]
        project.minimum_hourly_pay = None if pay is None else money(pay, "minimum_hourly_pay")
    if "labels_per_person" in data:
        cap = data["labels_per_person"]
        project.labels_per_person = None if cap is None else _cap(cap)
    if "identity_leaks" in data:
        project.identity_leaks = one_of(data["identity_leaks"], LEAKS, "identity_leaks")
    if "profile" in data:
        entries = list_at(data, "profile")
        project.profile = [_question(entry, f"profile[{n}]") for n, entry in enumerate(entries, 1)]
        names = [one["name"] for one in project.profile]
        if len(set(names)) < len(names):
            raise ProjectFileError("profile: two questions have the same name")


def _cap(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ProjectFileError(f"labels_per_person must be a whole number of at least 1{but_not(value)}")
    return min(value, 2**31 - 1)


def _question(entry: Any, where: str) -> dict[str, Any]:
    values = dict(mapping(entry, where))
    known = {"name", "question", "answers", "screen_out", "release"}
    if unknown := values.keys() - known:
        raise ProjectFileError(f"{where}: unknown key {min(unknown)!r}; known: {', '.join(sorted(known))}")
    name = slug_at(values.get("name"), f"{where}.name")
    answers = texts_at(values, "answers", where)
    if not 2 <= len(answers) <= MOST_ANSWERS:
        raise ProjectFileError(f"{where}.answers must list 2 to {MOST_ANSWERS} answers")
    out = texts_at(values, "screen_out", where)
    if strange := [one for one in out if one not in answers]:
        raise ProjectFileError(f"{where}.screen_out: {strange[0]!r} is none of the answers")
    return {
        "name": name[:60],
        "question": (text_at(values, "question") or name)[:300],
        "answers": answers,
        "screen_out": out,
        "release": flag(values.get("release", False), f"{where}.release"),
    }
