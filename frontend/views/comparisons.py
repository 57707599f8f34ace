"""The list of a project's comparisons, and one of them with everything that is known about it."""

from collections import Counter
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from annotation import leases
from annotation.flags import skips
from annotation.models import Annotator, Comparison, Consensus, Flag, JudgeCall, Label, Reference
from annotation.permissions import Access, project_for
from annotation.projects import criteria_of
from annotation.ranking import letters
from routing.explaining import Explanation, explain

from ..forms import number
from ..policy import allow_media
from ..rendering import Content, content_of, with_media
from ..words import opening, skip_reason, who
from .signed_in import SignedInRequest, signed_in

PAGE = 50
LABELS_SHOWN = 500
FLAGS_SHOWN = 100


@signed_in
@require_safe
def comparisons(request: SignedInRequest, slug: str) -> HttpResponse:
    """A page of comparisons in the order they were imported; `after` continues behind one of them."""
    access = project_for(request.user, slug, "view")
    after = number(request.GET.get("after"))
    found = Comparison.objects.filter(project=access.project).order_by("pk").defer("metadata")
    if after is not None:
        found = found.filter(pk__gt=after)
    page = list(found[: PAGE + 1])
    rows = page[:PAGE]
    counts = _label_counts([row.pk for row in rows])
    context = {
        "access": access,
        "project": access.project,
        "rows": [
            {"comparison": row, "opening": opening(row.prompt), "labels": counts[row.pk]} for row in rows
        ],
        "next": rows[-1].pk if len(page) > PAGE else None,
        "first": after is None,
    }
    template = "frontend/comparisons.html#rows" if request.htmx else "frontend/comparisons.html"
    return render(request, template, context)


@signed_in
@require_safe
def comparison(request: SignedInRequest, slug: str, comparison_id: int) -> HttpResponse:
    """One comparison: prompt, responses with their models, every label, call, decision and known answer.

    Whoever is lent it sees what is to be judged, and nothing that others said of it before they answer.
    """
    access = project_for(request.user, slug, "view")
    found = get_object_or_404(
        Comparison.objects.select_related("rendering").filter(project=access.project), pk=comparison_id
    )
    content = with_media(content_of(found), access.project)
    if leases.holds(access.membership.annotator, found.pk):
        context = _shown_to_judge(access, found, content)
        return allow_media(render(request, "frontend/comparison.html", context), access.project)
    models = list(found.responses.order_by("position").values_list("model", flat=True))
    labels, flags = _labels(found), _flags(found)
    context = {
        "access": access,
        "project": access.project,
        "section": "comparisons",
        "comparison": found,
        "prompt": content["prompt"],
        "responses": [
            {"letter": chr(ord("a") + position), "model": model, **side}
            for position, (side, model) in enumerate(zip(content["responses"], models, strict=True))
        ],
        "labels": [
            {"label": label, "who": who(label.annotator), "shown": _shown(label, found.k)}
            for label in labels[:LABELS_SHOWN]
        ],
        "more_labels": len(labels) > LABELS_SHOWN,
        "criteria": criteria_of(access.project),
        "calls": JudgeCall.objects.filter(comparison=found).select_related("annotator").order_by("pk")[:200],
        "explained": _explained(found),
        "references": Reference.objects.filter(comparison=found).select_related("criterion"),
        "consensus": Consensus.objects.filter(comparison=found).select_related("criterion").order_by("pk"),
        "tags": found.tags.order_by("name", "source"),
        "flags": [{"flag": flag, "who": who(flag.annotator)} for flag in flags],
        "open_flags": sum(flag.resolved_at is None for flag in flags),
        "may_settle": access.may("manage"),
        "skips": {skip_reason(reason): n for reason, n in skips(access.project, found).items()},
    }
    return allow_media(render(request, "frontend/comparison.html", context), access.project)


def _shown_to_judge(access: Access, comparison: Comparison, content: Content) -> dict[str, Any]:
    return {
        "access": access,
        "project": access.project,
        "section": "comparisons",
        "comparison": comparison,
        "in_hand": True,
        "prompt": content["prompt"],
        "responses": [
            {"letter": chr(ord("a") + position), **side} for position, side in enumerate(content["responses"])
        ],
    }


def _explained(comparison: Comparison) -> Explanation | None:
    """Where routing sent it and what its score is made of."""
    decision = comparison.decisions.filter(superseded_at=None).select_related("judge").first()
    if decision is None:
        return None
    decision.comparison = comparison
    return explain(decision)


def _label_counts(ids: list[int]) -> dict[int, Counter[str]]:
    """Current labels by comparison and by kind of annotator."""
    counts: dict[int, Counter[str]] = {pk: Counter() for pk in ids}
    rows = (
        Label.objects.filter(comparison__in=ids, current=True)
        .order_by()
        .values_list("comparison")
        .annotate(
            people=Count("pk", filter=Q(annotator__kind=Annotator.Kind.HUMAN)),
            judges=Count("pk", filter=Q(annotator__kind=Annotator.Kind.JUDGE)),
        )
    )
    for pk, people, judges in rows:
        counts[pk].update(people=people, judges=judges)
    return counts


def _flags(comparison: Comparison) -> list[Flag]:
    """Open ones first."""
    order = F("resolved_at").desc(nulls_first=True), "pk"
    return list(comparison.flags.select_related("annotator").order_by(*order)[:FLAGS_SHOWN])


def _labels(comparison: Comparison) -> list[Label]:
    found: QuerySet[Label] = comparison.labels.filter(current=True)
    return list(
        found.select_related("annotator", "criterion", "annotation", "rationale").order_by(
            "criterion__position", "annotator__kind", "pk"
        )[: LABELS_SHOWN + 1]
    )


def _shown(label: Label, k: int) -> str:
    """The order a person saw, where it is known: the letters of their rationale are those of this order.

    A judge's rationale is that of the stored order.
    """
    shown = label.annotation.shown
    known = label.annotator.kind == Annotator.Kind.HUMAN and sorted(shown) == list(letters(k))
    return shown.upper() if known else ""
