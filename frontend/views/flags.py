"""Flags: what annotators ask the owner to look at, one by one, until it is settled."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation.flags import open_flags, resolve
from annotation.models import Flag
from annotation.permissions import project_for

from ..forms import number
from ..words import opening, who
from .signed_in import SignedInRequest, signed_in

PAGE = 50


@signed_in
@require_safe
def flags(request: SignedInRequest, slug: str) -> HttpResponse:
    """A page of open flags, the oldest first; `after` continues behind one of them. Two statements."""
    access = project_for(request.user, slug, "view")
    after = number(request.GET.get("after"))
    found = open_flags(access.project).select_related("annotator", "comparison")
    found = found.only("note", "created_at", "annotator", "comparison__external_id", "comparison__prompt")
    page = list((found if after is None else found.filter(pk__gt=after))[: PAGE + 1])
    context = {
        "access": access,
        "project": access.project,
        "section": "comparisons",
        "rows": [_row(flag) for flag in page[:PAGE]],
        "next": page[PAGE - 1].pk if len(page) > PAGE else None,
        "first": after is None,
        "may_settle": access.may("manage"),
    }
    return render(request, "frontend/flags.html#rows" if request.htmx else "frontend/flags.html", context)


@signed_in
@require_POST
def settle(request: SignedInRequest, slug: str, flag_id: int) -> HttpResponse:
    """Settles a flag and leads back to where it was settled: the comparison, or the list with `list`."""
    access = project_for(request.user, slug, "manage")
    try:
        flag = resolve(access.project, flag_id, request.user)
    except Flag.DoesNotExist:
        raise Http404("No such flag") from None
    if "list" in request.POST:
        return redirect("flags", slug)
    return redirect("comparison", slug, flag.comparison_id)


def _row(flag: Flag) -> dict[str, Any]:
    return {"flag": flag, "who": who(flag.annotator), "opening": opening(flag.comparison.prompt)}
