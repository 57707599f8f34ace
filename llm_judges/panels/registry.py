"""Panels by name and version: members and rule are what one is; any change of them is a new version."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from annotation.models import Annotator, JudgeVersion, Project

from .. import settings
from ..models import Judge, Panel, PanelMember, judges_of, panels_of
from ..versions import put_in_service, take_out_of_service, version_of

# Raised when the code of the rules changes what they make of the same answers.
PROTOCOL = 1
NO_MAJORITY = ("tie", "drop")
MOST_MEMBERS = 20
KEYS = ("name", "judges", "rule", "quorum", "no_majority", "threshold", "target_accuracy")


def set_panel(
    project: Project, name: str = "", judges: Sequence[str] = (), rule: str = "majority", **values: Any
) -> Panel:
    """Makes, updates or brings back the project's panel of this name, and gives it.

    `judges` are names of judges in service, two or more; a cascade asks them in this order. A change of
    members (or of a member's version), rule, `quorum` (members that must answer; default more than half),
    `no_majority` (`tie` or `drop`), `threshold` or `target_accuracy` (cascades: one of them) is a new version
    with an annotator of its own. Raises ValueError naming the key at fault.
    """
    for key in values:
        if key not in KEYS:
            raise ValueError(f"unknown key {key!r}; known: {', '.join(KEYS)}")
    name = settings.slug(name, "name")
    rule = settings.one_of(rule, tuple(Panel.Rule.values), "rule")
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if JudgeVersion.objects.filter(project=project, name=name, judge__isnull=False).exists():
            raise ValueError(f"name: {name!r} is a judge's")
        members = _members(project, judges)
        identity = _identity(rule, len(members), values)
        identity["judges"] = [
            {
                "name": judge.version.name,
                "version": judge.version.version,
                "fingerprint": judge.version.fingerprint,
            }
            for judge in members
        ]
        version = version_of(
            project, name, _fingerprint(identity), model="panel", template=rule, settings=identity
        )
        put_in_service(version)
        panel, new = Panel.objects.get_or_create(
            version=version, defaults={"rule": rule, "threshold": identity.get("threshold")}
        )
        if new:
            PanelMember.objects.bulk_create(
                PanelMember(panel=panel, judge=judge, position=position)
                for position, judge in enumerate(members)
            )
            versions = [judge.version_id for judge in members]
            annotator = Annotator.objects.get(judge_version=version)
            annotator.members.set(Annotator.objects.filter(judge_version__in=versions))
    return panel


def renew(project: Project) -> None:
    """Brings panels up to the versions of their members that are in service. Raises ValueError for a member
    that is not in service any more."""
    for panel in panels_of(project):
        kept: dict[str, Any] = dict(panel.version.settings)
        names = [judge["name"] for judge in kept.pop("judges")]
        try:
            set_panel(project, panel.version.name, names, **kept)
        except ValueError as error:
            raise ValueError(f"{panel.version.name}: {error}") from error


def retire_other_panels(project: Project, names: Iterable[str]) -> int:
    """Retires every panel of the project that is not named; what they said stays. Gives their number."""
    panels = JudgeVersion.objects.filter(project=project, panel__isnull=False)
    return take_out_of_service(panels.exclude(name__in=list(names)), "the panel is out of service")


def retire(panel: Panel) -> bool:
    """Takes a panel out of service; what it said stays. Gives whether it was in service."""
    versions = JudgeVersion.objects.filter(pk=panel.version_id)
    return bool(take_out_of_service(versions, "the panel is out of service"))


def _members(project: Project, names: Any) -> list[Judge]:
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError("judges must be a list of names of judges")
    if not 2 <= len(names) <= MOST_MEMBERS or len(set(names)) < len(names):
        raise ValueError(f"judges: a panel has 2 to {MOST_MEMBERS} different judges")
    known = {judge.version.name: judge for judge in judges_of(project)}
    for name in names:
        if name not in known:
            raise ValueError(f"judges: there is no judge {name!r}; known: {', '.join(known) or 'none'}")
    return [known[name] for name in names]


def _identity(rule: str, size: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a panel's version. Raises ValueError for one that the rule has no use for."""
    unused = ("quorum", "no_majority") if rule == Panel.Rule.CASCADE else ("threshold", "target_accuracy")
    for key in unused:
        if values.get(key) is not None:
            raise ValueError(f"{key}: a panel with the rule {rule} has none")
    if rule != Panel.Rule.CASCADE:
        no_majority = values.get("no_majority") or "tie"
        return {
            "rule": rule,
            "quorum": settings.whole(values.get("quorum") or size // 2 + 1, "quorum", size),
            "no_majority": settings.one_of(no_majority, NO_MAJORITY, "no_majority"),
        }
    threshold, target = values.get("threshold"), values.get("target_accuracy")
    if (threshold is None) == (target is None):
        raise ValueError("a cascade needs either threshold or target_accuracy")
    return {
        "rule": rule,
        "threshold": settings.optional(settings.number, threshold, "threshold", 1),
        "target_accuracy": settings.optional(settings.number, target, "target_accuracy", 1),
    }


def _fingerprint(identity: Mapping[str, Any]) -> str:
    """SHA-256 of all that makes a panel this panel."""
    parts = {"panel": PROTOCOL} | dict(identity)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
