"""One comparison with everything that is known about it, and deciding it."""

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation import adjudicating, leases
from annotation.flags import skips
from annotation.labels import SubmissionError
from annotation.models import (
    Annotator,
    Comparison,
    Consensus,
    Flag,
    Gold,
    JudgeCall,
    Label,
    Project,
    Reference,
    Tag,
)
from annotation.permissions import Access, project_for
from annotation.projects import criteria_of
from annotation.ranking import letters
from routing.explaining import Explanation, explain

from ...policy import allow_media
from ...quality_forms import GoldForm, initial_gold
from ...questions import Question, filled, questions
from ...rendering import Content, content_of, with_media
from ...words import skip_reason, who
from ..signed_in import SignedInRequest, signed_in
from .timeline import timeline

LABELS_SHOWN = 500
FLAGS_SHOWN = 100


@signed_in
@require_safe
def comparison(request: SignedInRequest, slug: str, comparison_id: int) -> HttpResponse:
    """One comparison: prompt, responses with their models, every label, call, decision and known answer.

    Whoever is lent it sees what is to be judged, and nothing that others said of it before they answer.
    """
    access = project_for(request.user, slug, "view")
    return page(request, access, found_in(access.project, comparison_id))


@signed_in
@require_POST
def adjudicate(request: SignedInRequest, slug: str, comparison_id: int) -> HttpResponse:
    """Records what a reviewer decides, and leads back to the comparison. An answer with something missing
    comes back with what is missing said beside it."""
    access = project_for(request.user, slug, "review")
    found = found_in(access.project, comparison_id)
    annotator = access.annotator()
    if leases.holds(annotator, found.pk):
        return redirect("comparison", slug, found.pk)
    asked = questions(criteria_of(access.project), found.k, request.POST)
    for question in asked:
        question.error = question.problem()
    if not any(question.error for question in asked):
        try:
            adjudicating.adjudicate(
                access.project,
                annotator,
                request.user,
                found,
                {question.criterion.name: question.answer() for question in asked},
            )
        except SubmissionError as error:
            for question in asked:
                question.error = error.message if question.criterion.name == error.field else ""
        else:
            return redirect("comparison", slug, found.pk)
    return page(request, access, found, asked)


def page(
    request: SignedInRequest,
    access: Access,
    found: Comparison,
    asked: list[Question] | None = None,
    gold: GoldForm | None = None,
) -> HttpResponse:
    """The comparison's page, with the questions or the form for gold as they came back where given (422)."""
    content = with_media(content_of(found), access.project)
    if leases.holds(access.membership.annotator, found.pk):
        context = _shown_to_judge(access, found, content)
    else:
        context = _everything(access, found, content, gold) | _to_decide(access, found, asked)
    reply = render(request, "frontend/comparison.html", context, status=422 if asked or gold else 200)
    return allow_media(reply, access.project)


def found_in(project: Project, comparison_id: int) -> Comparison:
    """The project's comparison with its rendering. Raises Http404."""
    rows = Comparison.objects.select_related("rendering").filter(project=project)
    return get_object_or_404(rows, pk=comparison_id)


def _everything(access: Access, found: Comparison, content: Content, gold: GoldForm | None) -> dict[str, Any]:
    models = list(found.responses.order_by("position").values_list("model", flat=True))
    labels, flags = _labels(found), _flags(found)
    return {
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
        "consensus": [
            {"row": row, "chance": row.probabilities.get(row.winner)}
            for row in Consensus.objects.filter(comparison=found).select_related("criterion").order_by("pk")
        ],
        "tags": _tags(found),
        "flags": [{"flag": flag, "who": who(flag.annotator)} for flag in flags],
        "open_flags": sum(flag.resolved_at is None for flag in flags),
        "may_settle": access.may("manage"),
        "gold": _gold(access, found, gold),
        "skips": {skip_reason(reason): n for reason, n in skips(access.project, found).items()},
        "events": timeline(found, flags),
    }


def _to_decide(access: Access, found: Comparison, asked: list[Question] | None) -> dict[str, Any]:
    """The questions for an adjudicator, with what they decided before filled in."""
    if not access.may("review"):
        return {}
    criteria = criteria_of(access.project)
    mine = access.membership.annotator
    decided = adjudicating.decision(mine, found) if mine else []
    if asked is None:
        given = filled(criteria, decided, letters(found.k)) if decided else None
        asked = questions(criteria, found.k, given)
    return {"questions": asked, "decided": decided, "waits": adjudicating.is_asked(access.project, found)}


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


def _gold(access: Access, comparison: Comparison, sent: GoldForm | None) -> dict[str, Any] | None:
    """The form that makes it gold, for whoever may, filled in where it is or as it was sent."""
    if not access.may("manage"):
        return None
    made = Gold.objects.filter(reference__comparison=comparison).select_related("reference__criterion")
    golds = list(made.order_by("reference__criterion__position"))
    known = {
        one.criterion: one.ranking
        for one in Reference.objects.filter(comparison=comparison).select_related("criterion")
    }
    use, explanation = (golds[0].use, golds[0].explanation) if golds else (Gold.Use.MONITORING, "")
    initial = initial_gold(known, use, explanation)
    form = sent or GoldForm(criteria_of(access.project), comparison, initial=initial)
    return {"form": form, "made": bool(golds)}


def _tags(comparison: Comparison) -> list[Tag]:
    """What is known of it beside its category, which stands there already."""
    tags = comparison.tags.order_by("name", "source")
    return list(tags.exclude(name__in=("subject", "category"), value=comparison.category))


def _explained(comparison: Comparison) -> Explanation | None:
    """Where routing sent it and what its score is made of."""
    decision = comparison.decisions.filter(superseded_at=None).select_related("judge").first()
    if decision is None:
        return None
    decision.comparison = comparison
    return explain(decision)


def _flags(comparison: Comparison) -> list[Flag]:
    """Open ones first."""
    order = F("resolved_at").desc(nulls_first=True), "pk"
    return list(comparison.flags.select_related("annotator").order_by(*order)[:FLAGS_SHOWN])


def _labels(comparison: Comparison) -> list[Label]:
    found: QuerySet[Label] = comparison.labels.filter(current=True)
    return list(
        found.select_related("annotator", "criterion", "annotation__assignment", "rationale").order_by(
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
