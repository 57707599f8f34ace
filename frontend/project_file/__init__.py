"""The project file: one project as code. `create_project`, the demo, the API and the pages share `apply`.

Applying the same file again changes nothing; a changed file updates; a change that would alter the meaning
of labels already given is refused. `changing` is the way in for whatever is to be in the audit log.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from annotation.models import Guidelines, Project, User
from annotation.permissions import add_member
from annotation.projects import ask_people, touch
from llm_judges.panels import renew, retire_other_panels, set_panel
from llm_judges.registry import retire_others, set_judge, set_template
from routing.policies import POLICIES

from ..policy import is_origin
from .criteria import DEFAULT_CRITERIA, set_criteria
from .people import PEOPLE_KEYS, set_people
from .pools import DEFAULT, set_pools
from .quality import set_quality
from .routing import set_routing
from .values import (
    ProjectFileError,
    but_not,
    check_texts,
    clean,
    list_at,
    mapping,
    money,
    one_of,
    share,
    slug_at,
    text_at,
    whole,
)

KEYS = {
    "slug",
    "name",
    "guidelines",
    "criteria",
    "labels_wanted",
    "labels_cap",
    "consensus_threshold",
    "overlap_share",
    "pools",
    "judges",
    "judge_templates",
    "panels",
    "inconsistency",
    "prices",
    "budget",
    "policy",
    "quality",
    "routing",
    "media_hosts",
    "gold_use",
    *PEOPLE_KEYS,
}

__all__ = ["ProjectFileError", "apply", "parse", "read"]


def read(path: Path) -> dict[str, Any]:
    """The file's mapping. Raises ProjectFileError for a missing file or text that is not YAML."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProjectFileError(str(error.strerror)) from error
    return parse(content)


def parse(content: bytes) -> dict[str, Any]:
    """The mapping that a project file's content holds. Raises ProjectFileError for what is not YAML."""
    try:
        data = yaml.safe_load(content.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
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
    check_texts(data, "")
    slug = slug_at(data.get("slug"), "slug")
    project = Project.objects.select_for_update(no_key=True).filter(slug=slug).first()
    created = project is None
    project = project or Project(slug=slug, name=slug.replace("-", " ").capitalize())
    _settings(project, data)
    project.save()
    if created or "guidelines" in data:
        _guidelines(project, text_at(data, "guidelines"))
    if created or "criteria" in data:
        set_criteria(project, list_at(data, "criteria") or DEFAULT_CRITERIA)
    entries = list_at(data, "pools")
    if entries or not project.pools.exists():
        set_pools(project, entries or DEFAULT)
    if not created and ("labels_wanted" in data or "pools" in data):
        ask_people(project)
    if "routing" in data:
        set_routing(project, mapping(data["routing"], "routing"))
    if "quality" in data or "gold_use" in data:
        set_quality(project, data, owner)
    _judge_templates(project, list_at(data, "judge_templates"))
    if "judges" in data:
        _judges(project, list_at(data, "judges"))
    _panels(project, data)
    if owner is not None:
        add_member(project, owner, "owner")
    touch(project)
    return project, created


def _settings(project: Project, data: Mapping[str, Any]) -> None:
    if "name" in data:
        project.name = text_at(data, "name") or project.name
    if "labels_wanted" in data:
        project.labels_wanted = whole(data["labels_wanted"], "labels_wanted")
    _stopping(project, data)
    set_people(project, data)
    if "budget" in data:
        project.budget = None if data["budget"] is None else money(data["budget"], "budget")
    if "policy" in data:
        project.policy = one_of(data["policy"], POLICIES, "policy")
    if "prices" in data:
        prices = mapping(data["prices"], "prices")
        for key in prices:
            if key not in {"human_label", "currency"}:
                raise ProjectFileError(f"prices: unknown key {key!r}; known: human_label, currency")
        if "human_label" in prices:
            project.human_label_price = money(prices["human_label"], "prices.human_label")
        if "currency" in prices:
            project.currency = _currency(prices["currency"])
    if "media_hosts" in data:
        project.media_hosts = _origins(list_at(data, "media_hosts"))
    if "inconsistency" in data:
        project.inconsistency = one_of(data["inconsistency"], ("tie", "half", "drop"), "inconsistency")
    clean(project, "")


def _currency(value: Any) -> str:
    code = str(value).upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ProjectFileError(f"prices.currency must be three letters, such as EUR{but_not(value)}")
    return code


def _stopping(project: Project, data: Mapping[str, Any]) -> None:
    if "labels_cap" in data:
        cap = data["labels_cap"]
        project.labels_cap = None if cap is None else whole(cap, "labels_cap")
    if project.labels_cap is not None and project.labels_cap < project.labels_wanted:
        raise ProjectFileError(
            f"labels_cap must be at least labels_wanted ({project.labels_wanted}), not {project.labels_cap}"
        )
    if "consensus_threshold" in data:
        project.consensus_threshold = share(data["consensus_threshold"], "consensus_threshold", 0.5)
    if "overlap_share" in data:
        project.overlap_share = share(data["overlap_share"], "overlap_share")


def _origins(entries: list[Any]) -> list[str]:
    for number, entry in enumerate(entries, start=1):
        if not is_origin(entry):
            raise ProjectFileError(
                f"media_hosts[{number}] must be an https origin such as https://cdn.example.org, "
                f"without path or wildcard, not {entry!r}"
            )
    return list(dict.fromkeys(entries))


def _guidelines(project: Project, text: str) -> None:
    newest = project.guidelines_versions.order_by("-version").first()
    if newest is None:
        Guidelines.objects.create(project=project, text=text)
    elif newest.text != text:
        Guidelines.objects.create(project=project, text=text, version=newest.version + 1)


def _judge_templates(project: Project, entries: list[Any]) -> None:
    """Prompt templates that the project brings along, for its judges to name."""
    for number, entry in enumerate(entries, start=1):
        where = f"judge_templates[{number}]"
        values = dict(mapping(entry, where))
        if unknown := values.keys() - {"name", "text"}:
            raise ProjectFileError(f"{where}: unknown key {min(unknown)!r}; known: name, text")
        try:
            set_template(project, values.get("name", ""), values.get("text", ""))
        except ValueError as error:
            raise ProjectFileError(f"{where}: {error}") from error


def _judges(project: Project, entries: list[Any]) -> None:
    """Judges as named; one that is no longer named stops, and what it said stays."""
    names = []
    for number, entry in enumerate(entries, start=1):
        where = f"judges[{number}]"
        try:
            names.append(set_judge(project, **mapping(entry, where)).version.name)
        except (TypeError, ValueError) as error:
            raise ProjectFileError(f"{where}: {error}") from error
    retire_others(project, names)


def _panels(project: Project, data: Mapping[str, Any]) -> None:
    """Panels as named; one that is no longer named stops. Without the key they stay, and follow their members
    to new versions."""
    if "panels" not in data:
        try:
            renew(project)
        except ValueError as error:
            raise ProjectFileError(f"panels: {error}") from error
        return
    names = []
    for number, entry in enumerate(list_at(data, "panels"), start=1):
        where = f"panels[{number}]"
        try:
            names.append(set_panel(project, **mapping(entry, where)).version.name)
        except (TypeError, ValueError) as error:
            raise ProjectFileError(f"{where}: {error}") from error
    retire_other_panels(project, names)
