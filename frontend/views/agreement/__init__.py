"""How far the labels can be trusted: the agreement page, its downloads, and the most disputed comparisons."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotation import figures
from annotation.models import Comparison, Criterion, Project
from annotation.permissions import project_for
from annotation.reports import criteria_named
from annotation.reports.circumstances import names_of

from ...words import opening
from ..as_of import AsOf, dated
from ..signed_in import SignedInRequest, signed_in
from .charts import Axis, mark
from .cycles import cycles
from .figure import GROUPS, Figure, group_name
from .kept import reports_of
from .overall import by_part, groups, over_time, rankings
from .people import annotators, leanings, pairs
from .sentence import sentence
from .tables import Column, Table, spread, with_interval

FIGURES = {
    "groups": groups,
    "time": over_time,
    "parts": by_part,
    "pairs": pairs,
    "annotators": annotators,
    "leanings": leanings,
    "rankings": rankings,
    "cycles": cycles,
}
FIRST_DISPUTED = 6
PAGE = 50


@signed_in
@require_safe
def agreement(request: SignedInRequest, slug: str) -> HttpResponse:
    """The page of one criterion, with the headline of every other."""
    access = project_for(request.user, slug, "view")
    project = access.project
    criteria = criteria_named(project)
    chosen = _chosen(criteria, request.GET.get("criterion"))
    context: dict[str, Any] = {"access": access, "project": project, "section": "agreement", "chosen": chosen}
    if chosen:
        found = reports_of(project, [chosen], [one for one in criteria if one.pk != chosen.pk])
        as_of = AsOf.of(request, found.values())
        if as_of.unchanged:
            return HttpResponse(status=204)
        context["as_of"] = as_of
        if as_of.missing:
            return render(request, "frontend/agreement/page.html", context)
        reports = {pk: one.content for pk, one in found.items()}
        report, names = reports[chosen.pk], _names(project)
        context |= {
            "report": report,
            "says": sentence(report),
            "stats": [_stat(one, reports[one.pk], one.pk == chosen.pk) for one in criteria],
            "figures": {key: make(report, names) for key, make in FIGURES.items()},
            "disputed": _disputed(project, report, "human_human", FIRST_DISPUTED),
            "disputes": report["disputed"]["human_human"]["number"],
        }
    return render(request, "frontend/agreement/page.html", context)


@signed_in
@require_safe
def table(request: SignedInRequest, slug: str, figure: str) -> HttpResponse:
    """The numbers of one figure as CSV; `criteria` and `disputes` are figures too."""
    project = project_for(request.user, slug, "view").project
    criteria = criteria_named(project)
    chosen = _chosen(criteria, request.GET.get("criterion"))
    if chosen is None:
        raise Http404("This project has no criteria")
    if figure == "criteria":
        reports = reports_of(project, [], criteria, wait=True)
        found: Table | None = _criteria_table([one.content for one in reports.values()])
    else:
        reports = reports_of(project, [chosen], wait=True)
        report = reports[chosen.pk].content
        if figure == "disputes":
            found = _disputes_table(_disputed(project, report, _between(request)))
        else:
            make = FIGURES.get(figure)
            drawn: Figure | None = make(report, _names(project)) if make else None
            found = drawn.table if drawn else None
    if found is None:
        raise Http404("There is no such figure")
    name = dated(f"{project.slug}-{chosen.name}-{figure}.csv", reports.values())
    return _file(found.csv(), "text/csv; charset=utf-8", name)


@signed_in
@require_safe
def everything(request: SignedInRequest, slug: str) -> HttpResponse:
    """All figures of all criteria as JSON, as the `agreement` command prints them, and of when they are."""
    project = project_for(request.user, slug, "view").project
    found = reports_of(project, criteria_named(project), wait=True).values()
    report = {"project": project.slug, "criteria": [one.content for one in found]} | figures.moment(found)
    body = orjson.dumps(report, option=orjson.OPT_INDENT_2)
    return _file(body, "application/json", dated(f"{project.slug}-agreement.json", found))


@signed_in
@require_safe
def disputes(request: SignedInRequest, slug: str) -> HttpResponse:
    """The comparisons on which votes differ most, page by page, of one category if asked."""
    access = project_for(request.user, slug, "view")
    project = access.project
    chosen = _chosen(criteria_named(project), request.GET.get("criterion"))
    if chosen is None:
        raise Http404("This project has no criteria")
    between, category = _between(request), request.GET.get("category", "")
    found = reports_of(project, [chosen])[chosen.pk]
    as_of = AsOf.of(request, [found])
    if as_of.unchanged:
        return HttpResponse(status=204)
    report = found.content or {"disputed": {between: {"most": [], "number": 0}}}
    rows = _disputed(project, report, between)
    categories = sorted({row["comparison"].category for row in rows} - {""})
    if category:
        rows = [row for row in rows if row["comparison"].category == category]
    page = request.GET.get("page", "1")
    start = PAGE * (max(1, int(page)) - 1) if page.isascii() and page.isdigit() and len(page) < 7 else 0
    context = {
        "access": access,
        "project": project,
        "section": "agreement",
        "as_of": as_of,
        "chosen": chosen,
        "criteria": project.criteria.filter(retired_at=None),
        "between": between,
        "groups": [(name, group_name(name)) for name in GROUPS],
        "category": category,
        "categories": categories,
        "rows": rows[start : start + PAGE],
        "listed": len(rows),
        "number": report["disputed"][between]["number"],
        "following": start // PAGE + 2 if len(rows) > start + PAGE else None,
        "first": not start,
    }
    return render(request, "frontend/agreement/disputes.html", context)


def _chosen(criteria: Sequence[Criterion], name: str | None) -> Criterion | None:
    """The criterion of this name, the first one without a name, None where there is none at all."""
    if name is None:
        return criteria[0] if criteria else None
    found = next((one for one in criteria if one.name == name), None)
    if found is None:
        raise Http404("There is no such criterion")
    return found


def _between(request: SignedInRequest) -> str:
    between = request.GET.get("between", "human_human")
    if between not in GROUPS:
        raise Http404("There is no such group")
    return between


def _names(project: Project) -> dict[int, str]:
    return {pk: name or _("Person %(number)s") % {"number": pk} for pk, name in names_of(project).items()}


def _stat(criterion: Criterion, report: dict[str, Any], chosen: bool) -> dict[str, Any]:
    """A criterion's headline: the alpha of people, or of whoever has one."""
    level, axis = report["level"], Axis(0, 1, 0.5)
    lines = [
        {
            "name": group_name(name),
            "kind": kind,
            "alpha": report["groups"][name]["alpha"][level],
            "mark": mark(
                axis, kind, report["groups"][name]["alpha"][level], report["groups"][name]["intervals"][level]
            ),
        }
        for name, kind in GROUPS.items()
    ]
    known = [name for name in GROUPS if report["groups"][name]["alpha"][level] is not None]
    head = report["groups"][known[0]] if known else report["groups"]["human_human"]
    return {
        "criterion": criterion,
        "chosen": chosen,
        "alpha": head["alpha"][level],
        "ends": head["intervals"][level],
        "whose": group_name(known[0]) if known else "",
        "reason": head["reasons"].get(level),
        "comparisons": head["comparisons"],
        "lines": lines,
    }


def _criteria_table(reports: list[dict[str, Any]]) -> Table:
    columns = [Column("criterion", _("Criterion"), "text"), Column("level", _("Level"), "text")]
    for name in GROUPS:
        columns += with_interval(name, group_name(name))
        columns.append(Column(f"{name}_comparisons", _("Comparisons"), "count"))
    rows = []
    for report in reports:
        row: list[Any] = [report["criterion"], report["level"]]
        for name in GROUPS:
            found = report["groups"][name]
            level = report["level"]
            row += [*spread(found["alpha"][level], found["intervals"][level]), found["comparisons"]]
        rows.append(row)
    return Table(columns, rows)


def _disputed(
    project: Project, report: dict[str, Any], between: str, most: int | None = None
) -> list[dict[str, Any]]:
    """The most disputed comparisons with what they ask; those deleted since are left out."""
    listed = report["disputed"][between]["most"][:most]
    rows = Comparison.objects.filter(project=project, pk__in=[row["comparison"] for row in listed])
    known = {row.pk: row for row in rows.only("pk", "external_id", "category", "prompt")}
    return [
        row | {"comparison": found, "asks": Truncator(opening(found.prompt)).chars(160)}
        for row in listed
        if (found := known.get(row["comparison"]))
    ]


def _disputes_table(rows: list[dict[str, Any]]) -> Table:
    columns = [
        Column("comparison", _("Comparison"), "text"),
        Column("category", _("Category"), "text"),
        Column("heat", _("Distance"), "figure"),
        *(Column(name, name, "count") for name in ("a", "tie", "b")),
        *(Column(f"judges_{name}", name, "count") for name in ("a", "tie", "b")),
    ]
    return Table(
        columns,
        [
            [row["comparison"].external_id, row["comparison"].category, row["heat"]]
            + [
                row[whose].get(name) if whose in row else None
                for whose in ("votes", "judges")
                for name in ("a", "tie", "b")
            ]
            for row in rows
        ],
    )


def _file(body: str | bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
