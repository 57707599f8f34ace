"""REST: plans and explained Decisions. Thin callers of the same functions as the page; see `docs/api.md`."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict, cast

from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.request import Request

from annotation.api.bodies import body_of, whole_number
from annotation.api.describing import reads, writes
from annotation.api.hints import Must
from annotation.api.paging import page
from annotation.api.problems import Unprocessable
from annotation.api.shapes import amount as money
from annotation.models import Comparison, Decision, Project, User
from annotation.permissions import project_for

from . import approving, drafting
from .explaining import explain
from .models import Plan
from .policy import PlanError
from .preparing import MOST_LABELS

MOST = 2**31 - 1
_Text = Annotated[str, Must(maxLength=200)]


class PlanWanted(TypedDict):
    """What share of the open comparisons, how many labels or how much money people may get."""

    amount: float | Annotated[str, Must(maxLength=40)]
    kind: NotRequired[_Text]
    policy: NotRequired[_Text]
    judge: NotRequired[_Text | None]
    seed: NotRequired[int]
    overlap: NotRequired[Annotated[int, Must(minimum=1, maximum=MOST_LABELS)] | None]


class Approval(TypedDict):
    """A draft, and one of its `table.people`."""

    plan: uuid.UUID
    people: Annotated[int, Must(minimum=0, maximum=MOST)]


class Cost(TypedDict):
    human: str
    judge: str


class PlanShape(TypedDict):
    """A plan; `table` and `report` are empty until it is worked out. Amounts of money are texts."""

    id: uuid.UUID
    state: str
    message: str
    policy: str
    policy_version: str
    seed: int
    parameters: dict[str, Any]
    table: dict[str, Any]
    report: dict[str, Any]
    human: int
    ai: int
    audit: int
    cost: Cost
    created_at: datetime
    approved_at: datetime | None


class PlanFound(TypedDict):
    plan: PlanShape | None


class PlanAsked(TypedDict):
    plan: PlanShape


class DecisionShape(TypedDict):
    """Where a comparison went. Higher scores are more worth a person; `probability` that one was asked."""

    comparison: str
    destination: str
    audit: bool
    probability: float
    score: float
    reason: str
    policy: str
    policy_version: str
    plan: uuid.UUID
    created_at: datetime


class DecisionFound(TypedDict):
    """The decision in force, with its score taken apart; null where routing has not spoken."""

    decision: dict[str, Any] | None


@reads(PlanFound)
def plan(request: Request, slug: str) -> PlanFound:
    """`{plan}`: the newest plan with its curve; null where there is none."""
    found = drafting.newest(project_for(request.user, slug, "view").project)
    return {"plan": plan_shape(found) if found else None}


@writes(PlanWanted, PlanAsked, status=202, heavy=True)
def ask_plan(request: Request, slug: str) -> PlanAsked:
    """`{policy?, kind?, amount, judge?, seed?, overlap?}`: asks for a plan, worked out in the background."""
    access = project_for(request.user, slug, "manage")
    asked = _asked(access.project, body_of(request), request.user)
    return {"plan": plan_shape(asked)}


@writes(Approval, PlanAsked, status=202)
def approve_plan(request: Request, slug: str) -> PlanAsked:
    """`{plan, people}`: puts a draft into effect, in the background, at a point of its curve."""
    access, body = project_for(request.user, slug, "manage"), body_of(request)
    known = _uuid(body.get("plan"))
    found = access.project.plans.filter(pk=known).first() if known else None
    if found is None:
        raise Unprocessable("plan", "must be the id of a plan of this project")
    people = whole_number(body.get("people"), "people", 0, MOST)
    if not approving.begin(found, people, cast("User", request.user)):
        raise Unprocessable("people", "must be a number of `table.people` of a plan that is a draft")
    found.refresh_from_db()
    return {"plan": plan_shape(found)}


@reads(DecisionShape, paged=1000)
def decisions(request: Request, slug: str) -> Any:
    """Decisions in force."""
    access = project_for(request.user, slug, "view")
    rows = Decision.objects.filter(comparison__project=access.project, superseded_at=None)
    rows = rows.select_related("comparison").defer("comparison__prompt", "comparison__metadata")
    return page(request, rows, _decision_shape)


@reads(DecisionFound)
def decision(request: Request, slug: str, comparison_id: int) -> DecisionFound:
    """`{decision}`: the one in force on a comparison, taken apart with the weights of the plan that made it;
    null where routing has not spoken."""
    project = project_for(request.user, slug, "view").project
    comparison = get_object_or_404(Comparison, project=project, pk=comparison_id)
    found = comparison.decisions.filter(superseded_at=None).select_related("comparison").first()
    return {"decision": explain(found).as_dict() if found else None}


def plan_shape(found: Plan) -> PlanShape:
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
        "cost": {"human": money(found.human_cost), "judge": money(found.judge_cost)},
        "created_at": found.created_at,
        "approved_at": found.approved_at,
    }


def _decision_shape(found: Decision) -> DecisionShape:
    return {
        "comparison": found.comparison.external_id,
        "destination": found.destination,
        "audit": found.audit,
        "probability": found.probability,
        "score": found.score,
        "reason": found.reason,
        "policy": found.policy,
        "policy_version": found.policy_version,
        "plan": found.plan,
        "created_at": found.created_at,
    }


def _asked(project: Project, body: Mapping[str, Any], user: Any) -> Plan:
    for name in body:
        if name not in {"policy", "kind", "amount", "judge", "seed", "overlap"}:
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
        most = body.get("overlap")
        overlap = None if most is None else whole_number(most, "overlap", 1, MOST_LABELS)
        policy = str(body.get("policy", project.policy))
        return drafting.ask(project, policy, budget, judge, seed, by, overlap)
    except PlanError as error:
        raise Unprocessable("plan", str(error)) from error


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


urlpatterns = [
    path("projects/<slug:slug>/plan/", plan, name="api-plan"),
    path("projects/<slug:slug>/plan/ask/", ask_plan, name="api-plan-ask"),
    path("projects/<slug:slug>/plan/approve/", approve_plan, name="api-plan-approve"),
    path("projects/<slug:slug>/decisions/", decisions, name="api-decisions"),
    path("projects/<slug:slug>/comparisons/<int:comparison_id>/decision/", decision, name="api-decision"),
]
