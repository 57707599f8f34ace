"""The versions of a judge, with what changed from each to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotation.models import JudgeVersion, Project
from annotation.permissions import project_for
from llm_judges.models import Judge, JudgeTerms
from llm_judges.settings import IDENTITY, TERMS

from ...judge_forms import JudgeForm
from ..signed_in import SignedInRequest, signed_in
from .found import context_of, judge_in


@dataclass(frozen=True, slots=True)
class Change:
    """A setting by the name that people see, and what it was and became, as texts (empty: nothing)."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version beside the one before it; `terms` are the changes of prices and limits in its time."""

    judge: Judge
    changes: list[Change]
    terms: list[tuple[JudgeTerms, list[Change]]]


@signed_in
@require_safe
def judge_versions(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponse:
    """All versions of the judge of this name, newest first."""
    access = project_for(request.user, slug, "view")
    judge = judge_in(access.project, judge_id)
    context = context_of(access, judge, "versions") | {"versions": _versions(access.project, judge)}
    return render(request, "frontend/judges/versions.html", context)


def _versions(project: Project, judge: Judge) -> list[Version]:
    judges = Judge.objects.filter(version__project=project, version__name=judge.version.name)
    ordered = list(
        judges.select_related("version", "pair_template", "ranking_template").order_by("version__version")
    )
    terms: dict[int, list[JudgeTerms]] = {}
    for row in JudgeTerms.objects.filter(judge__in=ordered).order_by("judge", "revision"):
        terms.setdefault(row.judge_id, []).append(row)
    labels = _labels(project)
    found = []
    for before, one in zip([None, *ordered], ordered, strict=False):
        own = terms.get(one.pk, [])
        found.append(
            Version(
                one,
                _changes(_identity(before), _identity(one), labels) if before else [],
                [
                    (later, _changes(_written(earlier.values), _written(later.values), labels))
                    for earlier, later in pairwise(own)
                ],
            )
        )
    return found[::-1]


def _identity(judge: Judge) -> dict[str, Any]:
    """What makes the version what it is."""
    version: JudgeVersion = judge.version
    templates = {
        key: f"{template.name} {template.version}" if template else ""
        for key, template in (("template", judge.pair_template), ("rankings", judge.ranking_template))
    }
    return {"model": version.model, **templates, **IDENTITY, **version.settings}


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    """Prices were written with all their digits."""
    return {
        key: value.rstrip("0").rstrip(".") if isinstance(value, str) and "." in value else value
        for key, value in {**TERMS, **values}.items()
    }


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], labels: Mapping[str, str]) -> list[Change]:
    return [
        Change(labels.get(key, key), _shown(before.get(key)), _shown(value))
        for key, value in after.items()
        if before.get(key) != value
    ]


def _labels(project: Project) -> dict[str, str]:
    names = {name: str(field.label) for name, field in JudgeForm(project).fields.items()}
    return names | {"template": _("Template for pairs"), "rankings": _("Template for more than two")}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)
