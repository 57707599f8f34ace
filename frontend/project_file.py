"""The project file: one project as code. `create_project`, the demo and later the wizard share `apply`.

Applying the same file again changes nothing; a changed file updates; a change that would alter the meaning
of labels already given is refused.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.db.models import Model

from annotation.models import Criterion, Guidelines, Label, Pool, Project, Reference, User
from annotation.permissions import add_member
from annotation.projects import ask_people, touch
from annotation.ranking import Scale
from llm_judges.registry import retire_others, set_judge
from routing.policy import POLICIES

KEYS = {
    "slug",
    "name",
    "guidelines",
    "criteria",
    "labels_wanted",
    "pools",
    "judges",
    "prices",
    "budget",
    "policy",
    "gold_use",
}
CRITERION_KEYS = {"name", "question", "scale", "both_bad", "confidence", "reasons", "rationale"}
DEFAULT_CRITERIA = [{"name": "overall", "question": "Which response is better?", "scale": "five-point"}]
MOST_LABELS = 1000
# What may not change once there are labels: it would alter what they say.
MEANING = ("question", "scale", "both_bad")


class ProjectFileError(ValueError):
    """The file cannot be applied; the message says where and what to do."""


def read(path: Path) -> dict[str, Any]:
    """The file's mapping. Raises ProjectFileError for a missing file or text that is not YAML."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProjectFileError(str(error.strerror)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectFileError(f"not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ProjectFileError("must hold a mapping with at least `slug`")
    return data


@transaction.atomic
def apply(data: Mapping[str, Any], owner: User | None = None) -> tuple[Project, bool]:
    """Creates or updates the project that `data` describes; gives it and whether it is new.

    Raises ProjectFileError naming the key at fault; nothing is changed then.
    """
    for key in data:
        if key not in KEYS:
            raise ProjectFileError(f"unknown key {key!r}; known: {', '.join(sorted(KEYS))}")
    _check_texts(data, "")
    slug = _slug(data.get("slug"), "slug")
    project = Project.objects.select_for_update(no_key=True).filter(slug=slug).first()
    created = project is None
    project = project or Project(slug=slug, name=slug.replace("-", " ").capitalize())
    _settings(project, data)
    project.save()
    if created or "guidelines" in data:
        _guidelines(project, _text(data, "guidelines"))
    if created or "criteria" in data:
        _criteria(project, _list(data, "criteria") or DEFAULT_CRITERIA)
    _pools(project, _list(data, "pools"))
    if not created and ("labels_wanted" in data or "pools" in data):
        ask_people(project)
    if "judges" in data:
        _judges(project, _list(data, "judges"))
    if owner is not None:
        add_member(project, owner, "owner")
    touch(project)
    return project, created


def _settings(project: Project, data: Mapping[str, Any]) -> None:
    if "name" in data:
        project.name = _text(data, "name") or project.name
    if "labels_wanted" in data:
        project.labels_wanted = _whole(data["labels_wanted"], "labels_wanted")
    if "budget" in data:
        project.budget = None if data["budget"] is None else _money(data["budget"], "budget")
    if "policy" in data:
        project.policy = _one_of(data["policy"], POLICIES, "policy")
    if "prices" in data:
        prices = _mapping(data["prices"], "prices")
        for key in prices:
            if key not in {"human_label", "currency"}:
                raise ProjectFileError(f"prices: unknown key {key!r}; known: human_label, currency")
        if "human_label" in prices:
            project.human_label_price = _money(prices["human_label"], "prices.human_label")
        project.currency = str(prices.get("currency", project.currency)).upper()
    if data.get("gold_use") not in (None, "evaluation"):
        raise ProjectFileError("gold_use: only `evaluation` is available in this version")
    _clean(project, "")


def _guidelines(project: Project, text: str) -> None:
    newest = project.guidelines_versions.order_by("-version").first()
    if newest is None or newest.text != text:
        Guidelines.objects.create(project=project, text=text, version=newest.version + 1 if newest else 1)


def _criteria(project: Project, entries: list[Any]) -> None:
    current = {criterion.name: criterion for criterion in project.criteria.filter(retired_at=None)}
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        where = f"criteria[{position + 1}]"
        values = _criterion_values(_mapping(entry, where), where)
        name = values.pop("name")
        if name in seen:
            raise ProjectFileError(f"{where}: criterion {name!r} is there twice")
        seen.add(name)
        criterion = current.pop(name, None) or Criterion(project=project, name=name)
        changed = [key for key in MEANING if criterion.pk and getattr(criterion, key) != values[key]]
        if changed and Label.objects.filter(criterion=criterion).exists():
            raise ProjectFileError(
                f"{where}: {name!r} has labels, so its {changed[0]} cannot change in place; "
                "add a criterion under another name"
            )
        for key, value in values.items():
            setattr(criterion, key, value)
        criterion.position = position
        _clean(criterion, f"{where}.")
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
    return {
        "name": _slug(entry.get("name"), f"{where}.name"),
        "question": str(entry.get("question", "")),
        "scale": _one_of(
            entry.get("scale", "five-point"), [scale.value for scale in Scale], f"{where}.scale"
        ),
        "both_bad": _flag(entry.get("both_bad", False), f"{where}.both_bad"),
        "confidence": _flag(entry.get("confidence", False), f"{where}.confidence"),
        "reasons": reasons,
        "rationale": _one_of(rationale, ["off", "optional", "required"], f"{where}.rationale"),
    }


def _pools(project: Project, entries: list[Any]) -> None:
    """Pools as named; the first is the default one. Without any, there is one pool `people`."""
    wanted = entries or ([] if project.pools.exists() else ["people"])
    for number, entry in enumerate(wanted, start=1):
        where = f"pools[{number}]"
        values = {"name": entry} if isinstance(entry, str) else dict(_mapping(entry, where))
        name = _slug(values.pop("name", None), f"{where}.name")
        pool = project.pools.filter(name=name).first() or Pool(project=project, name=name)
        if "labels_wanted" in values:
            pool.labels_wanted = _whole(values.pop("labels_wanted"), f"{where}.labels_wanted")
        if values:
            raise ProjectFileError(f"{where}: unknown key {next(iter(values))!r}; known: labels_wanted, name")
        _clean(pool, f"{where}.")
        pool.save()
    if wanted:
        first = project.pools.get(name=_slug_of(wanted[0]))
        project.pools.exclude(pk=first.pk).update(default=False)
        project.pools.filter(pk=first.pk).update(default=True)


def _judges(project: Project, entries: list[Any]) -> None:
    """Judges as named; one that is no longer named stops, and what it said stays."""
    names = []
    for number, entry in enumerate(entries, start=1):
        where = f"judges[{number}]"
        try:
            names.append(set_judge(project, **_mapping(entry, where)).version.name)
        except (TypeError, ValueError) as error:
            raise ProjectFileError(f"{where}: {error}") from error
    retire_others(project, names)


def _clean(row: Model, where: str) -> None:
    """Every field within its limits, said by the file's key, on every database alike."""
    try:
        row.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise ProjectFileError(f"{where}{name}: {messages[0]}") from error


def _check_texts(value: Any, where: str) -> None:
    """Refuses NUL, which PostgreSQL cannot store, wherever it hides."""
    if isinstance(value, str) and "\0" in value:
        raise ProjectFileError(f"{where or 'the file'} holds a NUL character")
    items = (
        value.items()
        if isinstance(value, Mapping)
        else enumerate(value, 1)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        _check_texts(inner, f"{where}[{key}]" if isinstance(value, list) else f"{where}.{key}".lstrip("."))


def _slug_of(entry: Any) -> str:
    return str(entry if isinstance(entry, str) else entry["name"])


def _slug(value: Any, where: str) -> str:
    text = "" if value is None else str(value)
    try:
        validate_slug(text)
    except ValidationError:
        raise ProjectFileError(
            f"{where} is needed: letters, digits, hyphens and underscores, not {text!r}"
        ) from None
    return text


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise ProjectFileError(f"{key} must be text")
    return (value or "").strip()


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key) or []
    if not isinstance(value, list):
        raise ProjectFileError(f"{key} must be a list")
    return value


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ProjectFileError(f"{where} must be a mapping")
    return value


def _one_of(value: Any, known: Any, where: str) -> str:
    if value not in list(known):
        raise ProjectFileError(f"{where} must be one of {', '.join(known)}, not {value!r}")
    return str(value)


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ProjectFileError(f"{where} must be true or false")
    return value


def _number(
    make: Callable[[str], Any], value: Any, where: str, least: int, what: str, most: float = math.inf
) -> Any:
    try:
        number = make(str(value))
        if isinstance(value, bool) or not least <= number <= most:
            raise ValueError
    except (ValueError, InvalidOperation):
        raise ProjectFileError(f"{where} must be {what}, not {value!r}") from None
    return number


def _whole(value: Any, where: str) -> int:
    number: int = _number(int, value, where, 1, f"a whole number from 1 to {MOST_LABELS}", MOST_LABELS)
    return number


def _money(value: Any, where: str) -> Decimal:
    amount: Decimal = _number(Decimal, value, where, 0, "an amount of money of at least 0")
    if not amount.is_finite():
        raise ProjectFileError(f"{where} must be a finite amount, not {value!r}")
    return amount
