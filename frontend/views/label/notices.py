"""What a person says besides answers: that they agree, have read something, or found something wrong."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation import people
from annotation.flags import FlagError, raise_flag
from annotation.guidelines import acknowledge
from annotation.instruments import before_work
from annotation.models import Assignment
from annotation.people import StandingError
from annotation.projects import guidelines_of

from ...forms import read_key
from ..signed_in import SignedInRequest, seated
from .desk import answer, numbers, scripted, sit_down
from .page import show_page


@seated
@require_POST
def guidelines(request: SignedInRequest, slug: str) -> HttpResponse:
    """Notes that the newest guidelines were read; a version replaced meanwhile is shown again instead."""
    desk = sit_down(request, slug)
    newest = guidelines_of(desk.access.project)
    if newest is not None and request.POST.get("guidelines") == str(newest.pk):
        acknowledge(desk.annotator, newest)
        desk.acknowledged = newest.pk
    if not scripted(request):
        return redirect("label", slug)
    return answer(request, desk, numbers(request.POST.get("held")))


@seated
@require_POST
def consent(request: SignedInRequest, slug: str) -> HttpResponse:
    """Notes that the newest consent was agreed to; a version replaced meanwhile is shown instead."""
    desk = sit_down(request, slug)
    newest = before_work.newest_consent(desk.access.project)
    if newest is not None and request.POST.get("consent") == str(newest.pk):
        before_work.agree(desk.annotator, newest)
    return redirect("label", slug)


@seated
@require_POST
def notice(request: SignedInRequest, slug: str) -> HttpResponse:
    """What waited to be read was read."""
    desk = sit_down(request, slug)
    for notice_id in numbers(request.POST.get("notice")):
        before_work.read_notice(desk.annotator, notice_id)
    return redirect("label", slug)


@seated
@require_POST
def appeal(request: SignedInRequest, slug: str) -> HttpResponse:
    """What a paused person says to the owner."""
    desk = sit_down(request, slug)
    note = request.POST.get("note", "")
    try:
        people.appeal(desk.annotator, note)
    except StandingError as error:
        if error.field:  # not paused any more is no fault of theirs: the page shows what is so
            return show_page(request, desk, fault=str(error), wrote=[note], status=422)
    return redirect("label", slug)


@seated
@require_POST
def flag(request: SignedInRequest, slug: str) -> HttpResponse:
    """Asks the project's owner to look at a comparison; it stays in hand."""
    desk = sit_down(request, slug)
    key = read_key(desk.annotator, request.POST.get("key", ""))
    try:
        if key is None:
            raise FlagError(_("That form was not yours or has changed since, so nothing was sent."))
        assignment = Assignment.objects.filter(pk=key.assignment_id, annotator=desk.annotator).first()
        if assignment is None:
            raise FlagError(_("That comparison is no longer here, so nothing was sent."))
        raise_flag(desk.annotator, assignment.comparison_id, request.POST.get("note", ""))
    except FlagError as error:
        if scripted(request):
            return JsonResponse({"message": str(error)}, status=422)
        return show_page(request, desk, banner=str(error), wrote=[request.POST.get("note", "")], status=422)
    return JsonResponse({"flagged": True}) if scripted(request) else redirect("label", slug)
