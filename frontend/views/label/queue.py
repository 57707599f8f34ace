"""What the page's script asks for between answers: the next comparisons, skipping, and the heartbeat."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from annotation import leases
from annotation.models import Assignment

from ...forms import read_key
from ...rendering import render_ahead
from ..signed_in import SignedInRequest, seated
from .desk import answer, numbers, pace_line, scripted, sit_down


@seated
@require_POST
def following(request: SignedInRequest, slug: str) -> HttpResponse:
    """The next cards, without an answer."""
    desk = sit_down(request, slug)
    return answer(request, desk, numbers(request.POST.get("held")))


@seated
@require_POST
def skip(request: SignedInRequest, slug: str) -> HttpResponse:
    """Gives a comparison back with a reason; the person is not asked about it again. May be repeated."""
    desk = sit_down(request, slug)
    key = read_key(desk.annotator, request.POST.get("key", ""))
    reason = request.POST.get("reason", "")
    if reason not in Assignment.SkipReason.values:
        reason = Assignment.SkipReason.OTHER
    if key is not None and key.revision == 0:
        leases.give_back(desk.annotator, [key.assignment_id], reason=reason)
    if not scripted(request):
        return redirect("label", slug)
    skipped = key.assignment_id if key else None
    return answer(request, desk, numbers(request.POST.get("held")), {"skipped": skipped})


@seated
@require_POST
def unskip(request: SignedInRequest, slug: str) -> HttpResponse:
    """Takes a skipped comparison back: it comes again when its turn comes, if somebody is still wanted."""
    desk = sit_down(request, slug)
    key = read_key(desk.annotator, request.POST.get("key", ""))
    ids = [key.assignment_id] if key else numbers(request.POST.get("assignment"))
    again = leases.lend_again(desk.annotator, ids)
    return JsonResponse({"again": bool(again)}) if scripted(request) else redirect("label-work", slug)


@seated
@require_POST
def beat(request: SignedInRequest, slug: str) -> HttpResponse:
    """While a person is at work: renews their leases, prepares what comes, and gives the pace line."""
    desk = sit_down(request, slug)
    shown, held = numbers(request.POST.get("shown")), numbers(request.POST.get("held"))
    kept = leases.renew(desk.annotator, desk.access.project, shown, held) if shown or held else set()
    render_ahead(desk.annotator, desk.access.project)
    context = {"project": desk.access.project, **pace_line(desk)}
    return JsonResponse(
        {
            "lost": [pk for pk in (*shown, *held) if pk not in kept],
            "pace_html": render_to_string("frontend/parts/pace.html", context),
        }
    )
