"""REST: plans and explained Decisions. Thin callers of the same functions as the page; see `docs/api.md`."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.cache import cache_control
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response as JsonResponse

from annotation.api.bodies import Unprocessable, body_of, whole_number
from annotation.models import Comparison, Project, User
from annotation.permissions import project_for

from . import approving, drafting
from .explaining import explain
from .models import Plan
from .policy import PlanError

MOST = 2**31 - 1


@api_view(["GET"])
def plan(request: Request, slug: str) -> JsonResponse:
    """`{plan}`: the newest plan with its curve; null where there is none."""
    found = drafting.newest(project_for(request.user, slug, "view").project)
    return JsonResponse({"plan": plan_shape(found) if found else None})


@api_view(["POST"])
def ask(request: Request, slug: str) -> JsonResponse:
    """`{policy?, kind?, amount, judge?, seed?}`: asks for a plan, to be worked out in the background."""
    access = project_for(request.user, slug, "manage")
    asked = _asked(access.project, body_of(request), request.user)
    return JsonResponse({"plan": plan_shape(asked)}, status=status.HTTP_202_ACCEPTED)


@api_view(["POST"])
def approve(request: Request, slug: str) -> JsonResponse:
    """`{plan, people}`: puts a draft into effect, in the background, at a point of its curve."""
    access, body = project_for(request.user, slug, "manage"), body_of(request)
    known = _uuid(body.get("plan"))
    found = access.project.plans.filter(pk=known).first() if known else None
    if found is None:
        raise Unprocessable("plan", "must be the id of a plan of this project")
    people = whole_number(body.get("people"), "people", 0, MOST)
    if not approving.begin(found, people):
        raise Unprocessable("people", "must be a number of `table.people` of a plan that is a draft")
    found.refresh_from_db()
    return JsonResponse({"plan": plan_shape(found)}, status=status.HTTP_202_ACCEPTED)


@api_view(["GET"])
def decision(request: Request, slug: str, comparison_id: int) -> JsonResponse:
    """`{decision}`: the one in force on a comparison, taken apart with the weights of the plan that made it;
    null where routing has not spoken."""
    project = project_for(request.user, slug, "view").project
    comparison = get_object_or_404(Comparison, project=project, pk=comparison_id)
    found = comparison.decisions.filter(superseded_at=None).select_related("comparison").first()
    return JsonResponse({"decision": explain(found).as_dict() if found else None})


def plan_shape(found: Plan) -> dict[str, Any]:
    """A plan as callers see it; `table` and `report` are empty until it is worked out."""
    return {
        "id": found.pk,
        "state": found.state,
        "message": found.message,
        "policy": found.policy,
        "policy_version": found.policy_version,
        "seed": found.seed,
        "parameters": found.parameters,
        "table": found.table,
        "report": found.report,
        "human": found.human,
        "ai": found.ai,
        "audit": found.audit,
        "cost": {"human": found.human_cost, "judge": found.judge_cost},
        "created_at": found.created_at,
        "approved_at": found.approved_at,
    }


def _asked(project: Project, body: Mapping[str, Any], user: Any) -> Plan:
    for name in body:
        if name not in {"policy", "kind", "amount", "judge", "seed"}:
            raise Unprocessable(name[:60], "unknown field")
    judge, amount = body.get("judge"), body.get("amount")
    if judge is not None and not isinstance(judge, str):
        raise Unprocessable("judge", "must be the name of a judge")
    if type(amount) not in (int, float, str):
        raise Unprocessable("amount", "must be a number")
    try:
        budget = drafting.Budget.of(str(body.get("kind", "share")), str(amount))
        by = user if isinstance(user, User) else None
        seed = whole_number(body.get("seed", 0), "seed", -(2**63), 2**63 - 1)
        return drafting.ask(project, str(body.get("policy", project.policy)), budget, judge, seed, by)
    except PlanError as error:
        raise Unprocessable("plan", str(error)) from error


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


_private = cache_control(private=True, no_store=True)

urlpatterns = [
    path("projects/<slug:slug>/plan/", _private(plan), name="api-plan"),
    path("projects/<slug:slug>/plan/ask/", _private(ask), name="api-plan-ask"),
    path("projects/<slug:slug>/plan/approve/", _private(approve), name="api-plan-approve"),
    path(
        "projects/<slug:slug>/comparisons/<int:comparison_id>/decision/",
        _private(decision),
        name="api-decision",
    ),
]
