"""The list of a project's comparisons, searched and filtered."""

from collections import Counter
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotation.models import Annotator, Comparison, Label, Project
from annotation.permissions import project_for
from annotation.searching import Search, categories, find, named

from ...forms import number
from ...words import opening
from ..signed_in import SignedInRequest, signed_in

PAGE = 50


@signed_in
@require_safe
def comparisons(request: SignedInRequest, slug: str) -> HttpResponse:
    """A page of the comparisons that fit the form, in the order they were imported; `after` continues behind
    one of them."""
    access = project_for(request.user, slug, "view")
    project = access.project
    search, after = Search.read(request.GET.dict()), number(request.GET.get("after"))
    ids = find(project, search, after or 0, PAGE + 1)
    exact = named(project, search) if after is None else None
    first = [exact] if exact is not None and exact not in ids else []
    rows = _in_order([*first, *ids[:PAGE]])
    counts = _label_counts([row.pk for row in rows])
    asked = {name: value for name, value in asdict(search).items() if value}
    context = {
        "access": access,
        "section": "comparisons",
        "project": project,
        "rows": [
            {"comparison": row, "opening": opening(row.prompt), "labels": counts[row.pk]} for row in rows
        ],
        "next": urlencode(asked | {"after": ids[PAGE - 1]}) if len(ids) > PAGE else None,
        "first": after is None,
        "search": search,
    }
    if request.htmx:
        return render(request, "frontend/comparisons.html#rows", context)
    return render(request, "frontend/comparisons.html", context | _choices(project))


def _choices(project: Project) -> dict[str, Any]:
    """What the form offers."""
    return {
        "states": [
            ("nobody", _("nobody has labelled")),
            ("labelled", _("labelled")),
            ("waiting", _("people are still asked")),
            ("adjudicate", _("waits for an adjudicator")),
        ],
        "sources": [
            ("people", _("people only")),
            ("judges", _("judges only")),
            ("both", _("people and judges")),
            ("audit", _("drawn for the audit")),
        ],
        "differences": [("people", _("people differ")), ("judges", _("judges differ from people"))],
        "categories": categories(project),
    }


def _in_order(ids: list[int]) -> list[Comparison]:
    found = Comparison.objects.defer("metadata").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _label_counts(ids: list[int]) -> dict[int, Counter[str]]:
    """How many people and judges have a current label on each comparison."""
    counts: dict[int, Counter[str]] = {pk: Counter() for pk in ids}
    rows = (
        Label.objects.filter(comparison__in=ids, current=True)
        .order_by()
        .values_list("comparison")
        .annotate(
            people=Count("annotator", filter=Q(annotator__kind=Annotator.Kind.HUMAN), distinct=True),
            judges=Count("annotator", filter=Q(annotator__kind=Annotator.Kind.JUDGE), distinct=True),
        )
    )
    for pk, people, judges in rows:
        counts[pk].update(people=people, judges=judges)
    return counts
