"""Responses that say who wrote them: looked at, and accepted, masked or excluded."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from annotation import leaks as telling
from annotation.models import IdentityLeak
from annotation.permissions import project_for

from ..forms import number
from .signed_in import SignedInRequest, signed_in

PAGE = 50
AROUND = 120  # characters shown on either side of what was found


@signed_in
@require_safe
def leaks(request: SignedInRequest, slug: str) -> HttpResponse:
    """A page of flagged responses in one state (`state`, those not decided without); `after` continues."""
    access = project_for(request.user, slug, "view")
    state = request.GET.get("state", "")
    state = state if state in IdentityLeak.State.values else IdentityLeak.State.FOUND.value
    of_project = IdentityLeak.objects.filter(project=access.project)
    after = number(request.GET.get("after")) or 0
    found = of_project.filter(state=state, response__gt=after).select_related("response__comparison")
    page = list(found.order_by("response")[: PAGE + 1])
    numbers = dict(of_project.order_by().values_list("state").annotate(Count("response")))
    context = {
        "access": access,
        "project": access.project,
        "section": "comparisons",
        "state": state,
        "states": [(one, numbers.get(one.value, 0)) for one in IdentityLeak.State],
        "rows": [_row(one) for one in page[:PAGE]],
        "next": page[PAGE - 1].response_id if len(page) > PAGE else None,
        "may_decide": access.may("manage"),
        "choices": [choice for choice, then in telling.CHOICES.items() if then != state],
    }
    return render(request, "frontend/leaks.html", context)


@signed_in
@require_POST
def decide(request: SignedInRequest, slug: str) -> HttpResponse:
    """Does with the ticked responses what was chosen, and leads back to the list."""
    access = project_for(request.user, slug, "manage")
    ticked = [pk for text in request.POST.getlist("response") if (pk := number(text)) is not None]
    try:
        telling.decide(access.project, ticked[:PAGE], request.POST.get("choice", ""), request.user)
    except telling.LeakError as error:
        messages.error(request, str(error))
    state = request.POST.get("state", "")
    return redirect(f"{reverse('leaks', args=[slug])}?state={state if state.isalpha() else ''}")


def _row(one: IdentityLeak) -> dict[str, Any]:
    said = one.original or one.response.messages
    parts = []
    for leak in one.found:
        text = said[leak["message"]]["content"]
        start, end = leak["start"], leak["end"]
        parts.append((text[max(0, start - AROUND) : start], text[start:end], text[end : end + AROUND]))
    return {"leak": one, "response": one.response, "parts": parts, "letter": chr(97 + one.response.position)}
