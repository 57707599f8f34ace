"""The routing plan: what a budget buys, from nobody asked to everybody, and the button that makes it so."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from annotation.models import Comparison, Project
from annotation.permissions import Access, project_for
from routing import approving, drafting
from routing.models import Plan, Refit
from routing.policy import PlanError
from routing.series import newest_plan

from ...forms import number as whole
from ...templatetags.humanise import money, number
from ...words import opening
from ..signed_in import SignedInRequest, signed_in
from .form import PlanForm
from .judge import guess
from .point import Curve, Point
from .stopping import because


@signed_in
@require_safe
def plan(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """The newest plan. `?point=` is a place on its curve, else what was asked for. The slider asks for the
    parts that follow it (`of` names its plan), a page at work asks whether its `state` still holds."""
    access = project_for(request.user, slug, "view")
    found = drafting.newest(access.project)
    if not request.htmx:
        return _page(request, access, found)
    if "state" in request.GET:
        if found is None or found.state != request.GET["state"]:
            return HttpResponseClientRefresh()
        return render(request, "frontend/plan/at_work.html", {"project": access.project, "plan": found})
    if found is None or not found.points or str(found.pk) != request.GET.get("of"):
        return HttpResponseClientRefresh()
    context = _context(access, found) | {"swapped": True}
    return render(request, "frontend/plan/point.html", context | _chosen(found, request))


def _page(
    request: SignedInRequest, access: Access, found: Plan | None, form: PlanForm | None = None
) -> HttpResponse:
    """The whole page, with the form as it was sent where something is wrong with it."""
    context = _context(access, found) | _standing(access.project, found)
    context["form"] = form or PlanForm(access.project, initial=_asked(found))
    if found is not None and found.points:
        curve = Curve(found)
        context |= _chosen(found, request) | {
            "curve": curve if curve.points[0].predicted else None,
            "words": [_in_words(point, access.project) for point in curve.points],
            "last": found.points - 1,
            "recommended": _recommended(found),
            "ends": _ends(access.project, found),
            "limited": any(found.parameters["limits"].values()),
            "seed_percent": _seed_percent(found),
        }
    return render(request, "frontend/plan/page.html", context, status=422 if form else 200)


@signed_in
@require_POST
def plan_ask(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Has a plan worked out for a policy and a budget."""
    access = project_for(request.user, slug, "manage")
    form = PlanForm(access.project, request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            drafting.ask(
                access.project,
                said["policy"],
                said["budget"],
                said["judge"] or None,
                by=request.user,
                overlap=said["overlap"],
            )
        except PlanError as error:
            form.add_error(None, str(error))
        else:
            return redirect("plan", slug)
    return _page(request, access, drafting.newest(access.project), form)


@signed_in
@require_POST
def plan_approve(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Puts the plan into effect with as many people as the slider says."""
    access = project_for(request.user, slug, "manage")
    found, people = request.POST.get("plan", ""), whole(request.POST.get("people"))
    known = access.project.plans.filter(pk=found).first() if _is_uuid(found) else None
    if known is None or people is None or not approving.begin(known, people, request.user):
        messages.error(request, _("This plan is not a draft any more. Here is the newest one."))
    return redirect("plan", slug)


def _context(access: Access, found: Plan | None) -> dict[str, Any]:
    return {
        "access": access,
        "project": access.project,
        "section": "plan",
        "plan": found,
        "report": found.report if found else {},
        "may_manage": access.may("manage"),
    }


def _asked(found: Plan | None) -> dict[str, Any]:
    """What the form says at first: what was asked for last."""
    asked = found.parameters if found else {}
    kind, amount = asked.get("kind", "share"), asked.get("amount", "0.25")
    return {
        "judge": asked.get("judge"),
        "policy": found.policy if found else "combined",
        "overlap": asked.get("overlap"),
        "kind": kind,
        "amount": f"{100 * float(amount):g}" if kind == "share" else amount,
    }


def _standing(project: Project, found: Plan | None) -> dict[str, Any]:
    """What is in force, and what the last refit found."""
    refit = project.refits.filter(state=Refit.State.DONE).first()
    in_force = newest_plan(project)
    return {
        "in_force": in_force,
        "measured": _measured(found, in_force),
        "refit": refit,
        "because": because(refit.next_batch, project) if refit and refit.next_batch else "",
    }


def _measured(found: Plan | None, in_force: Plan | None) -> dict[str, Any] | None:
    """What routing was measured to be worth: a refit measures anew, so the newest goes before the plan."""
    if in_force and in_force.refit_id and (found is None or in_force.created_at > found.created_at):
        found = in_force
    return found.report.get("measured") if found else None


def _chosen(found: Plan, request: SignedInRequest) -> dict[str, Any]:
    """The point that is looked at: the one asked for, what was approved, or what the owner's budget buys."""
    table, kept = found.table["people"], found.parameters
    wanted = request.GET.get("point", "")
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 6:
        at = min(int(wanted), len(table) - 1)
    else:
        people = kept.get("people", kept["asked"])
        at = table.index(people) if people in table else 0
    curve = Curve(found)
    point = Point(found, at, guess(found.project, found))
    place = {"across": f"{curve.across(at):.2f}", "down": curve.down(at)} if point.predicted else None
    return {"point": point, "at": at, "place": place}


def _recommended(found: Plan) -> Point | None:
    at = found.report["recommended"]
    return None if at is None else Point(found, at)


def _seed_percent(found: Plan) -> str:
    """The proposed seed as per cent of what is open, exact enough to come out as that number again."""
    return repr(100 * found.report["seed"] / max(found.parameters["open"], 1))


def _in_words(point: Point, project: Project) -> str:
    """What the slider says at this point."""
    words = _("%(cost)s, %(people)s to people") if point.price else _("%(people)s to people")
    return words % {"cost": money(point.human_cost, project.currency), "people": number(point.people)}


def _ends(project: Project, found: Plan) -> list[dict[str, Any]]:
    """The comparisons most and least worth a person, those deleted since left out. One statement."""
    rows = [*found.report["most"], *found.report["least"]]
    ids = [row["comparison"] for row in rows]
    known = Comparison.objects.filter(project=project, pk__in=ids).only("pk", "prompt").in_bulk()
    return [
        {
            "key": name,
            "rows": [
                row | {"opening": opening(known[row["comparison"]].prompt)}
                for row in found.report[name]
                if row["comparison"] in known
            ],
        }
        for name in ("most", "least")
    ]


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
