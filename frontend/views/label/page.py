"""The page itself, and answers: from its script as JSON, without scripts as a page load."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotation import leases
from annotation.labels import NotLent, Receipt, Submission, SubmissionError, recorded, submit_many
from annotation.models import Assignment
from annotation.projects import criteria_of, guidelines_of

from ...forms import Key, read_key, seconds, view_of
from ...policy import allow_media
from ...questions import Question, questions
from ...rendering import render_ahead
from ..signed_in import SignedInRequest, seated
from .cards import card, filled_in, in_hand
from .desk import (
    AHEAD,
    RECOUNT_WHEN_OPENED,
    Desk,
    answer,
    end,
    given,
    guidelines_html,
    numbers,
    pace_line,
    scripted,
    sit_down,
)


@seated
@require_http_methods(["GET", "POST"])
def label(request: SignedInRequest, slug: str) -> HttpResponse:
    """GET shows the comparison in hand or lends one; POST records the answer and brings the next."""
    desk = sit_down(request, slug)
    if request.method == "POST":
        return _submit(request, desk)
    render_ahead(desk.annotator, desk.access.project)
    return show_page(request, desk)


def show_page(
    request: SignedInRequest,
    desk: Desk,
    assignment: Assignment | None = None,
    *,
    banner: str = "",
    fault: str = "",
    wrote: Sequence[str] = (),
    saved: bool = False,
    status: int = 200,
    **in_hand_more: Any,
) -> HttpResponse:
    """The whole page with `assignment`, or with what the person holds, or with what stands in its place.

    `wrote`: words of theirs that were not kept, to be copied; `fault`: what is wrong with their appeal.
    """
    project = desk.access.project
    guidelines = guidelines_of(project)
    unread = desk.unread()
    context: dict[str, Any] = {
        "access": desk.access,
        "annotator": desk.annotator,
        "project": project,
        "number": desk.done + 1,
        "banner": banner,
        "fault": fault,
        "wrote": [text for text in wrote if text.strip()],
        "saved": saved,
        "guidelines": guidelines,
        "csrf": True,
        "held_cards": [],
    } | pace_line(desk, recount_after=RECOUNT_WHEN_OPENED)
    if guidelines is not None:
        context["guidelines_turn"] = {"html": guidelines_html(guidelines.text)}
    if assignment is None and unread is None:
        lent = leases.claim(desk.annotator, project, n=AHEAD, ahead=True, lean=True)
        if lent:
            assignment, *held = lent
            leases.renew(desk.annotator, project, [assignment.pk], [one.pk for one in held])
            context["held_cards"] = [
                card(desk.annotator, project, one, desk.done + 2 + index) for index, one in enumerate(held)
            ]
    if assignment is not None:
        context |= in_hand(
            desk.annotator, project, assignment, desk.done + 1, save=request.method == "GET", **in_hand_more
        )
    else:
        kind, more = end(desk, unread)
        context |= more | {"end": kind}
    response = render(request, "frontend/label.html", context, status=status)
    return allow_media(response, project)


def _submit(request: SignedInRequest, desk: Desk) -> HttpResponse:
    key = read_key(desk.annotator, request.POST.get("key", ""))
    if key is None:
        return _lost(request, desk, _("That form was not yours or has changed since, so nothing was saved."))
    asked = questions(criteria_of(desk.access.project), key.k, request.POST)
    for question in asked:
        question.error = question.problem()
    if any(question.error for question in asked):
        # A replay may answer questions as they were asked before.
        if receipt := recorded(desk.annotator, key.assignment_id, key.revision):
            return _saved(request, desk, key, receipt)
        kept = _("Not saved yet. Your answer is kept here; complete what is marked.")
        return _show_again(request, desk, key, asked, kept)
    submission = Submission(
        assignment_id=key.assignment_id,
        answers={question.criterion.name: question.answer() for question in asked},
        revision=key.revision,
        active_seconds=seconds(request.POST.get("active")),
        idle_seconds=seconds(request.POST.get("idle")),
        guidelines_id=desk.acknowledged,
        view=view_of(request.POST.get("view")),
    )
    try:
        (receipt,) = submit_many(desk.annotator, desk.access.project, [submission])
    except SubmissionError as error:
        for question in asked:
            if question.criterion.name == error.field:
                question.error = error.message
        return _show_again(request, desk, key, asked, error.message)
    except NotLent:
        return _lost(request, desk, _("That comparison is no longer yours, so this answer was not saved."))
    return _saved(request, desk, key, receipt)


def _saved(request: SignedInRequest, desk: Desk, key: Key, receipt: Receipt) -> HttpResponse:
    if scripted(request):
        return answer(request, desk, numbers(request.POST.get("held")), {"receipt": _receipt(key, receipt)})
    if key.revision and not receipt.differs:
        return redirect("label-work", desk.access.project.slug)
    differs = _("You had already answered this one. The first answer stands; My work can change it.")
    return show_page(request, desk, banner=differs if receipt.differs else "", saved=True)


def _receipt(key: Key, receipt: Receipt) -> dict[str, Any]:
    return {
        "assignment": receipt.assignment_id,
        "revision": key.revision,
        "replayed": receipt.replayed,
        "differs": receipt.differs,
        "surplus": receipt.surplus,
    }


def _show_again(
    request: SignedInRequest, desk: Desk, key: Key, asked: list[Question], message: str
) -> HttpResponse:
    """The same comparison with the answer kept and what is missing said beside it."""
    states = ["submitted"] if key.revision else ["live", "expired"]
    assignment = (
        Assignment.objects.select_related("comparison", "comparison__rendering")
        .filter(pk=key.assignment_id, annotator=desk.annotator, state__in=states)
        .first()
    )
    if assignment is None:
        return _lost(request, desk, _("That comparison is no longer yours, so this answer was not saved."))
    if not scripted(request):
        return show_page(
            request, desk, assignment, banner=message, status=422, asked=asked, revision=key.revision
        )
    shown = filled_in(
        desk.annotator,
        desk.access.project,
        assignment,
        max(given(request), 1),
        asked=asked,
        revision=key.revision,
    )
    return JsonResponse({"message": message, "card": shown}, status=422)


def _lost(request: SignedInRequest, desk: Desk, message: str) -> HttpResponse:
    if scripted(request):
        return JsonResponse({"message": message, "card": None}, status=422)
    wrote = [text for name, text in request.POST.items() if name.endswith("-rationale")]
    told = f"{message} {_('Here is your work.')}"
    return show_page(request, desk, banner=told, wrote=[str(text) for text in wrote], status=422)
