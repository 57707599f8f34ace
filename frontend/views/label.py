"""The label page: one comparison, its questions, and the next one as soon as they are answered.

A submission and the next comparison take one request and at most ten SQL statements: account, access, four
to record the answer, three to lend the next one, and one more for either a rationale or counting anew what
is left.
"""

from dataclasses import dataclass
from functools import lru_cache
from time import time
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotation import leases
from annotation.labels import NotLent, Submission, SubmissionError, submit_many
from annotation.models import Annotator, Assignment
from annotation.permissions import Access, project_for
from annotation.projects import criteria_of, guidelines_of

from ..forms import Key, issue_key, read_key, seconds
from ..questions import Question, questions
from ..rendering import Content, content_of, render_ahead, to_html
from .signed_in import SignedInRequest, signed_in

# Seconds after which what is left is counted anew.
_RECOUNT_WHEN_OPENED = 30
_RECOUNT = 300
_KEPT = 24 * 3600


@dataclass(slots=True)
class Desk:
    """What the page shows: the comparison in hand, or none when there is no work."""

    access: Access
    annotator: Annotator
    done: int
    assignment: Assignment | None = None
    asked: list[Question] | None = None
    banner: str = ""
    saved: bool = False
    recount: bool = True


@signed_in
@require_http_methods(["GET", "POST"])
def label(request: SignedInRequest, slug: str) -> HttpResponse:
    """GET shows the comparison in hand or lends one; POST records the answer and shows the next."""
    access = project_for(request.user, slug, "label", done=leases.done_count())
    desk = Desk(access, access.annotator(), access.membership.done)  # type: ignore[attr-defined]
    if request.method == "POST":
        return _submit(request, desk)
    if not request.htmx:
        render_ahead(desk.annotator, access.project)
    return _show(request, desk)


def _submit(request: SignedInRequest, desk: Desk) -> HttpResponse:
    key = read_key(desk.annotator, request.POST.get("key", ""))
    if key is None:
        desk.banner = _(
            "That form was not yours or has changed since, so nothing was saved. Here is your work."
        )
        return _show(request, desk, status=422)
    asked = questions(criteria_of(desk.access.project), key.k, request.POST)
    for question in asked:
        question.error = question.problem()
    if any(question.error for question in asked):
        return _show_again(request, desk, key, asked)
    submission = Submission(
        assignment_id=key.assignment_id,
        answers={question.criterion.name: question.answer() for question in asked},
        revision=key.revision,
        active_seconds=seconds(request.POST.get("active")),
        idle_seconds=seconds(request.POST.get("idle")),
    )
    try:
        (receipt,) = submit_many(desk.annotator, desk.access.project, [submission])
    except SubmissionError as error:
        for question in asked:
            if question.criterion.name == error.field:
                question.error = error.message
        return _show_again(request, desk, key, asked, banner=error.message)
    except NotLent:
        desk.banner = _(
            "That comparison is no longer yours, so this answer was not saved. Here is the next one."
        )
        return _show(request, desk, status=422)
    desk.done += not receipt.replayed
    desk.recount = not any(a.reasons or a.rationale for a in submission.answers.values())
    desk.saved = True
    return _show(request, desk)


def _show_again(
    request: SignedInRequest, desk: Desk, key: Key, asked: list[Question], banner: str = ""
) -> HttpResponse:
    """The same comparison with the answer kept and what is missing said beside it."""
    desk.assignment = (
        Assignment.objects.select_related("comparison", "comparison__rendering")
        .filter(pk=key.assignment_id, annotator=desk.annotator, state__in=["live", "expired"])
        .first()
    )
    desk.asked = asked if desk.assignment else None
    desk.banner = banner or _("Not saved yet. Your answer is kept below; complete what is marked.")
    return _show(request, desk, status=422)


def _show(request: SignedInRequest, desk: Desk, status: int = 200) -> HttpResponse:
    project = desk.access.project
    if desk.assignment is None:
        desk.assignment = next(iter(leases.claim(desk.annotator, project)), None)
    guidelines = guidelines_of(project)
    left = _left(desk, opened=request.method == "GET")
    context: dict[str, Any] = {
        "access": desk.access,
        "project": project,
        "done": desk.done,
        "left": left if desk.assignment is None or left is None else max(left, 1),
        "all": None if left is None else desk.done + left,
        "number": desk.done + 1,
        "banner": desk.banner,
        "saved": desk.saved,
        "guidelines": guidelines,
    }
    if desk.assignment is not None:
        context |= _in_hand(desk, save=request.method == "GET")
    if guidelines is not None:
        context["guidelines_turn"] = {"html": _guidelines_html(guidelines.text)}
    template = "frontend/label.html#desk" if request.htmx else "frontend/label.html"
    return render(request, template, context, status=status)


def _in_hand(desk: Desk, save: bool) -> dict[str, Any]:
    """The comparison as this annotator sees it. Submitting stays lean: only page loads keep a rendering."""
    assignment = desk.assignment
    assert assignment is not None
    content: Content = content_of(assignment.comparison, save=save)
    shown = [content["responses"][ord(letter) - ord("a")] for letter in assignment.shown]
    asked = desk.asked or questions(criteria_of(desk.access.project), len(shown))
    for question in asked:
        for item, side in zip(question.items, shown, strict=False):
            item.opening = side["opening"]
    *earlier, last = content["prompt"] or [{"role": "user", "html": ""}]
    return {
        "assignment": assignment,
        "key": issue_key(desk.annotator, assignment),
        "pair": len(shown) == 2,
        "earlier": earlier,
        "prompt": last,
        "responses": [{"letter": chr(ord("a") + index), **side} for index, side in enumerate(shown)],
        "questions": asked,
        "detailed": any(question.has_detail for question in asked),
        "apart": any(question.apart for question in asked),
        "guidelines_key": len(shown) < 7,  # g would pick the seventh response
    }


def _left(desk: Desk, opened: bool) -> int | None:
    """Comparisons left for this annotator: counted when the page is opened and every few minutes, counted
    down in between. None where it has not been counted yet and this request has statements enough."""
    name = f"label/left/{desk.annotator.pk}"
    known = cache.get(name)
    age = time() - known[2] if known else float("inf")
    if desk.recount and age > (_RECOUNT_WHEN_OPENED if opened else _RECOUNT):
        known = (leases.open_count(desk.annotator, desk.access.project), desk.done, time())
        cache.set(name, known, _KEPT)
    if known is None:
        return None
    counted, done_then, _when = known
    return max(counted - (desk.done - done_then), 0)


# A version of the guidelines never changes, so its HTML is made once per process.
_guidelines_html = lru_cache(maxsize=64)(to_html)
