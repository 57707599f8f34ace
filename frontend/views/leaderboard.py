"""The leaderboard: how strong the models are that wrote the responses, each with its interval."""

import csv
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from annotation import figures
from annotation.figures import Found
from annotation.models import Criterion, Project
from annotation.permissions import Access, project_for
from annotation.projects import criteria_of
from annotation.reports.leaderboard import VOTES
from annotation.spreadsheets import plain
from routing import arena

from .as_of import AsOf, dated
from .signed_in import SignedInRequest, signed_in

VOTES_IN_WORDS = {
    "standing": _("the votes that stand"),
    "human": _("people's votes"),
    "judge": _("judges' votes"),
}
COLUMNS = ("group", "rank", "model", "rating", "low", "high", "battles", "wins", "ties", "losses")


@signed_in
@require_safe
def leaderboard(request: SignedInRequest, slug: str) -> HttpResponse:
    """Models by their rating on one criterion, with what was asked for in the address."""
    access = project_for(request.user, slug, "view")
    criteria = criteria_of(access.project)
    context: dict[str, Any] = {
        "access": access,
        "project": access.project,
        "criteria": criteria,
        "section": "leaderboard",
        "votes_in_words": VOTES_IN_WORDS,
    }
    if criteria:
        criterion, votes, controlled = _asked(request, access)
        kept = _kept(access.project, criterion, votes, controlled)
        as_of = AsOf.of(request, [kept])
        if as_of.unchanged:
            return HttpResponse(status=204)
        found = kept.content
        context |= {
            "as_of": as_of,
            "found": found,
            "criterion": criterion,
            "votes": votes,
            "controlled": controlled,
            "groups": _groups(found.get("models", [])),
            "query": as_of.address.partition("?")[2],
        }
    return render(request, "frontend/leaderboard.html", context)


@signed_in
@require_safe
def leaderboard_table(request: SignedInRequest, slug: str) -> HttpResponse:
    """The same as a CSV file."""
    access = project_for(request.user, slug, "view")
    if not criteria_of(access.project):
        raise Http404("No criteria")
    criterion, votes, controlled = _asked(request, access)
    found = _kept(access.project, criterion, votes, controlled, wait=True)
    reply = HttpResponse(content_type="text/csv; charset=utf-8")
    name = dated(f"{slug}-{criterion.name}-leaderboard.csv", [found])
    reply["Content-Disposition"] = f'attachment; filename="{name}"'
    rows = csv.writer(reply)
    rows.writerow(COLUMNS)
    for model in found.content["models"]:
        low, high = model["ci95"]
        values = model | {
            "group": model["group"] + 1,
            "low": low,
            "high": high,
            "model": plain(model["model"]),
        }
        rows.writerow([values[column] for column in COLUMNS])
    return reply


@signed_in
@require_POST
def leaderboard_matchmake(request: SignedInRequest, slug: str) -> HttpResponse:
    """Has people lent first what should tell most about which model is better."""
    access = project_for(request.user, slug, "manage")
    criteria = criteria_of(access.project)
    asked = request.POST.get("criterion")
    criterion = next((one for one in criteria if asked in (None, one.name)), None)
    if criterion is None:
        raise Http404("No such criterion")
    arena.begin(access.project, criterion, request.user)
    messages.success(request, _("A worker puts what is open in order. People who come next are lent it so."))
    return redirect(f"{reverse('leaderboard', args=[slug])}?{urlencode({'criterion': criterion.name})}")


def _asked(request: SignedInRequest, access: Access) -> tuple[Criterion, str, bool]:
    """The criterion, whose votes, and whether lengths are controlled. Raises Http404."""
    criteria = criteria_of(access.project)
    name, votes = request.GET.get("criterion", criteria[0].name), request.GET.get("votes", "standing")
    criterion = next((one for one in criteria if one.name == name), None)
    if criterion is None or votes not in VOTES:
        raise Http404("No such leaderboard")
    return criterion, votes, request.GET.get("length") == "equal"


def _kept(project: Project, criterion: Criterion, votes: str, controlled: bool, wait: bool = False) -> Found:
    name = figures.board_named(criterion, votes, controlled)
    return figures.find_all(project, [name], wait)[name]


def _groups(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Models by group, each with where its interval stands, in per cent of the width of the widest group."""
    ends = [end for model in models for end in model["ci95"]]
    low, width = (min(ends), max(max(ends) - min(ends), 1.0)) if ends else (0.0, 1.0)

    def at(value: float) -> str:
        return f"{100 * (value - low) / width:.2f}"

    groups: dict[int, dict[str, Any]] = {}
    for model in models:
        group = groups.setdefault(model["group"], {"number": model["group"] + 1, "models": []})
        first, last = model["ci95"]
        group["models"].append(
            model | {"from": at(first), "to": at(last), "at": at(model["rating"]), "low": first, "high": last}
        )
    return list(groups.values())
