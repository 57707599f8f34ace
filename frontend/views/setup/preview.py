"""The label page as annotators will see it, on the project's own comparisons, with nothing stored.

The page, its scripts, its cards and its checks are the real ones; the answers are looked at and forgotten.
Its annotator has no row, so no key that it is given opens anything.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotation import leases
from annotation.models import Annotator, Assignment, Comparison, Project
from annotation.pace import Pace
from annotation.permissions import project_for
from annotation.projects import criteria_of, guidelines_of

from ...forms import read_key
from ...policy import allow_media
from ...questions import Question, questions
from ...rendering import to_html
from ..label.cards import Card, in_hand
from ..label.desk import AHEAD, numbers, scripted
from ..signed_in import SignedInRequest, signed_in

SHOWN = 10  # comparisons that are looked at


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: SignedInRequest, slug: str) -> HttpResponse:
    """GET shows the guidelines, then (`read`) the first comparison; POST checks an answer and forgets it."""
    project = project_for(request.user, slug, "manage").project
    if request.method == "POST":
        return _answered(request, project)
    first = number_of(request.GET.get("from"))
    guidelines = guidelines_of(project)
    unread = guidelines is not None and guidelines.text.strip() and "read" not in request.GET
    context = _page(project) | {"guidelines": guidelines}
    if guidelines:
        context["guidelines_turn"] = {"html": to_html(guidelines.text)}
    waiting = [] if unread else _after(project, first, AHEAD)
    if unread:
        context |= {"end": "guidelines", "before": None, "changes": []}
    elif waiting:
        context |= _in_hand(project, waiting[0])
        context["held_cards"] = [_card(project, one) for one in waiting[1:]]
    else:
        context["end"] = "done"
    return allow_media(render(request, "frontend/setup/preview.html", context), project)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def preview_act(request: SignedInRequest, slug: str, act: str) -> HttpResponse:
    """What the page's script asks for beside answers, answered as if it had been done."""
    project = project_for(request.user, slug, "manage").project
    if not scripted(request):
        read = f"{reverse('preview', args=[slug])}?read"
        return redirect(read if act == "guidelines" else reverse("project-state", args=[slug]))
    if act == "beat":
        return JsonResponse({"lost": [], "pace_html": render_to_string("frontend/parts/pace.html", _pace())})
    if act in ("flag", "unskip"):
        return JsonResponse({"flagged": True, "again": True})
    if act in ("skip", "next", "guidelines"):
        key = read_key(_nobody(project), request.POST.get("key", ""))
        skipped = key.assignment_id if key else None
        return _next(request, project, skipped or 0, {"skipped": skipped})
    return JsonResponse({"card": None})


def _answered(request: SignedInRequest, project: Project) -> HttpResponse:
    key = read_key(_nobody(project), request.POST.get("key", ""))
    found = Comparison.objects.filter(project=project, pk=key.assignment_id).first() if key else None
    if key is None or found is None:
        gone = _("That comparison is no longer here.")
        return JsonResponse({"message": gone, "card": None}, status=422)
    asked = questions(criteria_of(project), key.k, request.POST)
    for question in asked:
        question.error = question.problem()
    if any(question.error for question in asked):
        message = _("Not saved yet. Your answer is kept here; complete what is marked.")
        if scripted(request):
            card = _card(project, found, asked)
            return JsonResponse({"message": message, "card": card}, status=422)
        context = _page(project) | _in_hand(project, found, asked) | {"banner": message}
        return render(request, "frontend/setup/preview.html", context, status=422)
    if not scripted(request):
        return redirect(f"{reverse('preview', args=[project.slug])}?read&from={found.pk}")
    receipt = {"assignment": found.pk, "revision": 0, "replayed": False, "differs": False, "surplus": False}
    return _next(request, project, found.pk, {"receipt": receipt})


def _next(request: SignedInRequest, project: Project, last: int, more: dict[str, Any]) -> JsonResponse:
    """The cards behind the last one that the browser has."""
    have = numbers(request.POST.get("held"))
    brought = _after(project, max([last, *have]), AHEAD - len(have))
    end = None
    if not (brought or have):
        html = render_to_string("frontend/setup/preview_end.html", {"project": project}, request)
        end = {"kind": "done", "html": html}
    return JsonResponse({**more, "cards": [_card(project, one) for one in brought], "end": end})


def _after(project: Project, last: int, limit: int) -> list[Comparison]:
    """The next of the first SHOWN comparisons that people could be lent."""
    lent = Comparison.objects.filter(project=project, **({} if project.lend_unfit else {"fit": True}))
    shown = lent.order_by("pk").values_list("pk", flat=True)[:SHOWN]
    wanted = [pk for pk in shown if pk > last][:limit]
    return list(Comparison.objects.filter(pk__in=wanted).select_related("rendering").order_by("pk"))


def _nobody(project: Project) -> Annotator:
    return Annotator(pk=0, project=project, kind=Annotator.Kind.HUMAN)


def _in_hand(
    project: Project, comparison: Comparison, asked: Sequence[Question] | None = None
) -> dict[str, Any]:
    """What a card of the label page shows; its assignment has no row."""
    nobody = _nobody(project)
    shown = leases.shown_order(nobody, comparison.pk, comparison.k)
    assignment = Assignment(pk=comparison.pk, comparison=comparison, annotator=nobody, shown=shown)
    context = in_hand(nobody, project, assignment, 1, asked=asked)
    return context | {"submit_url": reverse("preview", args=[project.slug])}


def _card(project: Project, comparison: Comparison, asked: Sequence[Question] | None = None) -> Card:
    html = render_to_string("frontend/label.html#desk", _in_hand(project, comparison, asked))
    return {"assignment": comparison.pk, "html": html}


def _page(project: Project) -> dict[str, Any]:
    return {
        "project": project,
        "annotator": _nobody(project),
        "number": 1,
        "csrf": True,
        "held_cards": [],
        "preview_url": reverse("preview", args=[project.slug]),
        "guidelines_url": reverse("preview-act", args=[project.slug, "guidelines"]),
    } | _pace()


def _pace() -> dict[str, Any]:
    return {"done": 0, "left": 0, "all": None, "pace": Pace(), "minutes": None, "pay": None}


def number_of(text: str | None) -> int:
    """A comparison's key from an address; 0, which is before all, for anything else."""
    return next(iter(numbers(text)), 0)
