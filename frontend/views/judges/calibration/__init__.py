"""How far the judges of a project may be believed: the calibration page and its downloads."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from annotation import figures as project_figures
from annotation.figures import Found
from annotation.models import Project
from annotation.permissions import project_for
from llm_judges.calibration import KEPT

from ....forms import number
from ...as_of import AsOf, dated
from ...signed_in import SignedInRequest, signed_in
from ..found import context_of
from .figures import (
    Maker,
    against,
    by_basis,
    by_category,
    confusion,
    people,
    reliability,
    stand_in,
    win_rates,
)
from .keeping import calibration_keep
from .leanings import leanings
from .sentence import sentence

__all__ = ["FIGURES", "calibration", "calibration_json", "calibration_keep", "calibration_table"]

FIGURES: dict[str, Maker] = {
    "bases": by_basis,
    "judges": against,
    "confusion": confusion,
    "categories": by_category,
    "reliability": reliability,
    "leanings": leanings,
    "win-rates": win_rates,
    "stand-in": stand_in,
    "people": people,
}


@signed_in
@require_safe
def calibration(request: SignedInRequest, slug: str) -> HttpResponse:
    """One judge on one criterion against people; the first of each unless chosen."""
    access = project_for(request.user, slug, "view")
    found = _kept(access.project)
    as_of = AsOf.of(request, [found])
    if as_of.unchanged:
        return HttpResponse(status=204)
    context: dict[str, Any] = context_of(access) | {"as_of": as_of}
    if as_of.missing:
        return render(request, "frontend/judges/calibration/page.html", context)
    report = found.content
    criterion, judge = _chosen(report, request.GET)
    context |= {"report": report, "criterion": criterion, "chosen": judge}
    if criterion and judge:
        figures = {key: make(criterion, judge) for key, make in FIGURES.items()}
        query = urlencode({"criterion": criterion["criterion"], "judge": judge["annotator"]})
        context |= {
            "says": sentence(judge),
            "figures": [
                (figure, f"{reverse('calibration-table', args=[slug, key])}?{query}")
                for key, figure in figures.items()
            ],
            "each": _each_criterion(report, judge["annotator"]),
        }
    return render(request, "frontend/judges/calibration/page.html", context)


@signed_in
@require_safe
def calibration_table(request: SignedInRequest, slug: str, part: str) -> HttpResponse:
    """The numbers of one figure as CSV; an empty file where no judge has labelled anything."""
    project = project_for(request.user, slug, "view").project
    make = FIGURES.get(part)
    if make is None:
        raise Http404("There is no such figure")
    found = _kept(project, wait=True)
    criterion, judge = _chosen(found.content, request.GET)
    numbers = make(criterion, judge).table.csv() if criterion and judge else ""
    return _file(numbers, "text/csv; charset=utf-8", dated(f"{project.slug}-judges-{part}.csv", [found]))


@signed_in
@require_safe
def calibration_json(request: SignedInRequest, slug: str) -> HttpResponse:
    """The whole report, as the `calibration` command prints it, and of when it is."""
    project = project_for(request.user, slug, "view").project
    found = _kept(project, wait=True)
    report = found.content | project_figures.moment([found])
    body = orjson.dumps(report, option=orjson.OPT_INDENT_2)
    return _file(body, "application/json", dated(f"{project.slug}-calibration.json", [found]))


def _kept(project: Project, wait: bool = False) -> Found:
    return project_figures.find_all(project, [KEPT], wait)[KEPT]


def _chosen(
    report: Mapping[str, Any], asked: Mapping[str, str]
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """The criterion and judge asked for, else the first criterion and the judge that is in service with most
    labels; None where there are none. Raises Http404 for what is not there."""
    criteria = report["criteria"]
    criterion = criteria[0] if criteria else None
    if name := asked.get("criterion"):
        criterion = next((one for one in criteria if one["criterion"] == name), None)
        if criterion is None:
            raise Http404("There is no such criterion")
    judges = criterion["judges"] if criterion else []
    if "judge" in asked:
        wanted = number(asked["judge"])
        judge = next((one for one in judges if one["annotator"] == wanted), None)
        if judge is None:
            raise Http404("There is no such judge")
        return criterion, judge
    return criterion, min(judges, key=lambda one: (one["retired"], -one["labels"]), default=None)


def _each_criterion(report: Mapping[str, Any], annotator: int) -> list[dict[str, Any]]:
    """The judge's headline on every criterion."""
    return [
        {"name": one["criterion"], "judge": judge}
        for one in report["criteria"]
        for judge in one["judges"]
        if judge["annotator"] == annotator
    ]


def _file(body: str | bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
