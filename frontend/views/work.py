"""My work: what a person did today, their own answers, and what they skipped."""

from typing import Any

from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation.crowd import part_of
from annotation.leases import done_count
from annotation.models import Annotation, Annotator, Assignment, Label
from annotation.pace import Pace, answers_needed, fairness, hourly_pay, pace_of
from annotation.permissions import project_for

from ..forms import number
from ..templatetags.humanise import when
from ..words import opening, said, skip_reason, title
from .signed_in import SignedInRequest, signed_in

PAGE = 25


@signed_in
@require_safe
def work(request: SignedInRequest, slug: str) -> HttpResponse:
    """The caller's own answers in this project, the one lent last first; `before` continues behind one.

    Six statements, however many answers there are; a further page takes four.
    """
    access = project_for(request.user, slug, "label", done=done_count())
    annotator = access.membership.annotator  # none before the first visit to the label page
    before = number(request.GET.get("before"))
    first = before is None
    context: dict[str, Any] = {"access": access, "project": access.project, "first": first}
    if annotator is not None:
        found = _answers(annotator)
        page = list((found if first else found.filter(assignment__lt=before))[: PAGE + 1])
        context["rows"] = [_row(annotation) for annotation in page[:PAGE]]
        context["next"] = page[PAGE - 1].assignment_id if len(page) > PAGE else None
    if request.htmx:
        return render(request, "frontend/work.html#rows", context)
    pace = pace_of(annotator) if annotator else Pace()
    price, usual = access.project.human_label_price, pace.median_seconds
    context |= {
        "part": part_of(annotator) if annotator else None,
        "fair": fairness(access.project, hourly_pay(usual, price)),
        "done": access.membership.done,  # type: ignore[attr-defined]
        "pace": pace,
        "pay": hourly_pay(usual, price),
        "fewest": answers_needed(pace),
        "skipped": _skipped(annotator) if annotator and first else [],
    }
    return render(request, "frontend/work.html", context)


def _answers(annotator: Annotator) -> QuerySet[Annotation, Annotation]:
    """Their answers as they stand, in the order in which they were lent, so that a changed one keeps its
    place; each with `seconds`, the time of all its revisions.

    A range of one annotator, sorted by it, can only be read along the index of what they have submitted; an
    equality would let PostgreSQL guess that a scan of everybody's answers soon meets 25 of theirs.
    """
    revisions = Annotation.objects.filter(assignment=OuterRef("assignment")).order_by()
    labels = Label.objects.select_related("criterion").order_by("criterion__position", "criterion_id")
    return (
        Annotation.objects.filter(assignment__annotator__gte=annotator, assignment__annotator__lte=annotator)
        .filter(assignment__state=Assignment.State.SUBMITTED, superseded_at=None)
        .exclude(assignment__purpose=Assignment.Purpose.IMPORT)
        .annotate(
            prompt=F("assignment__comparison__prompt"),
            seconds=Subquery(
                revisions.values("assignment").annotate(all=Sum("active_seconds")).values("all")
            ),
        )
        .prefetch_related(Prefetch("labels", labels))
        .order_by("-assignment__annotator_id", "-assignment_id")
    )


def _row(annotation: Any) -> dict[str, Any]:
    labels = annotation.labels.all()
    return {
        "assignment": annotation.assignment_id,
        "opening": opening(annotation.prompt),
        "answers": [
            {
                "title": title(label.criterion) if len(labels) > 1 else "",
                "said": said(label.ranking, label.strength, label.criterion, annotation.shown),
            }
            for label in labels
        ],
        "at": annotation.created_at,
        "when": when(annotation.created_at),
        "revised": annotation.revision > 0,
        "seconds": annotation.seconds,
    }


def _skipped(annotator: Annotator) -> list[dict[str, Any]]:
    """The latest that they gave back with a reason."""
    found = (
        Assignment.objects.filter(annotator=annotator, state=Assignment.State.RETURNED)
        .exclude(skip_reason="")
        .select_related("comparison")
        .only("skip_reason", "comparison__prompt")
        .order_by("-claimed_at", "-pk")[:PAGE]
    )
    return [
        {
            "assignment": assignment.pk,
            "opening": opening(assignment.comparison.prompt),
            "reason": skip_reason(assignment.skip_reason),
        }
        for assignment in found
    ]
