"""A project as the project file that makes it: applying that again changes nothing."""

from decimal import Decimal
from typing import Any

import yaml

from annotation.instruments.settings import KEYS, quality_of
from annotation.models import Criterion, Pool, Project
from llm_judges.models import JudgeTemplate, Panel, judges_of, panels_of
from llm_judges.prompts import built_in
from llm_judges.registry import entry_of
from routing.models import RoutingSettings

_HEAD = """\
# The judges of this project and what they are made of: put it into the project file, or apply it by itself
# with `create_project`. Keys that are stored in Tandem are not in it and stay where they are.
"""


_WHOLE = """\
# A project of Tandem as code: `create_project` makes it anew or brings it to what stands here. Keys of judges
# that are stored in Tandem are not in it and stay where they are.
"""


class _Writer(yaml.SafeDumper):
    """Texts of several lines as blocks, so that people can read and change them."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def project_as_data(project: Project) -> dict[str, Any]:
    """Everything that a project file can say about this project."""
    guidelines = project.guidelines_versions.order_by("-version").first()
    data: dict[str, Any] = {
        "slug": project.slug,
        "name": project.name,
        "guidelines": guidelines.text if guidelines else "",
        "criteria": [_criterion(one) for one in project.criteria.filter(retired_at=None)],
        "labels_wanted": project.labels_wanted,
        "labels_cap": project.labels_cap,
        "consensus_threshold": project.consensus_threshold,
        "overlap_share": project.overlap_share,
        "pools": [_pool(one) for one in project.pools.order_by("-default", "id")],
        "prices": {"human_label": _amount(project.human_label_price), "currency": project.currency},
        "budget": _amount(project.budget),
        "policy": project.policy,
        "routing": _routing(project),
        "media_hosts": list(project.media_hosts),
        "minimum_hourly_pay": _amount(project.minimum_hourly_pay),
        "labels_per_person": project.labels_per_person,
        "identity_leaks": project.identity_leaks,
        "profile": [dict(question) for question in project.profile],
    }
    return data | _quality(project) | judges_as_data(project)


def project_as_file(project: Project) -> str:
    """`project_as_data` as YAML."""
    return _WHOLE + _written(project_as_data(project))


def _criterion(criterion: Criterion) -> dict[str, Any]:
    """Its entry; what stands at its default is left out."""
    entry: dict[str, Any] = {
        "name": criterion.name,
        "question": criterion.question,
        "scale": criterion.scale,
    }
    defaults = {"ranking": "full", "both_bad": False, "confidence": False, "reasons": []}
    defaults |= {"rationale": "off", "rationale_min": 0, "version": 1}
    values = {key: getattr(criterion, key) for key in defaults}
    return entry | {key: value for key, value in values.items() if value != defaults[key]}


def _pool(pool: Pool) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": pool.name}
    if pool.labels_wanted is not None:
        entry["labels_wanted"] = pool.labels_wanted
    if pool.adjudicates:
        entry["adjudicates"] = True
    return entry


def _routing(project: Project) -> dict[str, Any]:
    settings = RoutingSettings.objects.filter(project=project).first() or RoutingSettings(project=project)
    return {
        "audit_share": project.audit_share,
        "refit_after": settings.refit_after,
        "label_worth": _amount(settings.label_worth),
        "least_per_category": settings.least_per_category,
        "hours": settings.hours,
        "capacity": settings.capacity,
    }


def _quality(project: Project) -> dict[str, Any]:
    stored = quality_of(project)
    values = stored.as_data()
    test = values["qualification"]
    consent = project.consents.filter(version=stored.consent).first()
    quality = {"consent": consent.text if consent else ""} | {key: values[key] for key in KEYS}
    quality["qualification"] = {
        "comparisons": test["comparisons"],
        "pass": test["share"],
        "retries": test["retries"],
    }
    return {"quality": quality, "gold_use": "instruments" if stored.references_are_gold else "evaluation"}


def _amount(value: Decimal | None) -> int | float | None:
    """Money as people write it in YAML."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def judges_as_data(project: Project) -> dict[str, Any]:
    """The keys of a project file that speak of judges: applying them again changes nothing."""
    data: dict[str, Any] = {"slug": project.slug, "inconsistency": project.inconsistency}
    newest: dict[str, JudgeTemplate] = {}
    for template in JudgeTemplate.objects.filter(project=project).order_by("name", "version"):
        newest[template.name] = template
    own = [one for name, one in newest.items() if name not in built_in()]
    if own:
        data["judge_templates"] = [{"name": one.name, "text": one.text} for one in own]
    data["judges"] = [entry_of(judge) for judge in judges_of(project)]
    if panels := panels_of(project):
        data["panels"] = [_panel(panel) for panel in panels]
    return data


def _panel(panel: Panel) -> dict[str, Any]:
    settings = {key: value for key, value in panel.version.settings.items() if value is not None}
    names = [judge["name"] for judge in settings.pop("judges")]
    return {"name": panel.version.name, "judges": names, **settings}


def judges_as_file(project: Project) -> str:
    """`judges_as_data` as YAML."""
    return _HEAD + _written(judges_as_data(project))


def _written(data: dict[str, Any]) -> str:
    return yaml.dump(data, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100)
