"""A draft put into effect at one point of its curve: Decisions, and the Demand that follows from them."""

from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q, Sum

from annotation.audit import record
from annotation.models import Comparison, Demand, Project, User

from .choosing import Request, choose
from .frozen import joined, unpack
from .limits import Asked
from .models import Plan
from .planning import keep, parameters_of, put_into_effect, result_of
from .policy import PlanError
from .preparing import labels_wanted, policy_named, prepare
from .results import PlanResult
from .selection import select
from .series import newest_plan
from .slices import decided_by, one_at_a_time
from .standing import Standing, standing_judge


def begin(plan: Plan, people: int, by: User | None = None) -> bool:
    """Has a draft put into effect in the background (`tasks.approve_plan`), and notes whose word that was;
    False if it is none any more, or has no such point."""
    if people not in plan.table.get("people", []):
        return False
    from .tasks import approve_plan  # tasks call this module

    with transaction.atomic():
        before = newest_plan(plan.project)
        waiting = Plan.objects.filter(pk=plan.pk, state=Plan.State.DRAFT)
        if not waiting.update(state=Plan.State.APPROVING, message=""):
            return False
        in_force = {"policy": before.policy, "people": before.human} if before else {}
        record(
            plan.project,
            by,
            "approve-plan",
            plan.policy,
            before=in_force,
            after={"policy": plan.policy, "people": people, "plan": str(plan.pk)},
        )
        transaction.on_commit(lambda: approve_plan.delay(str(plan.pk), people))
    return True


def refuse(plan: Plan, why: str) -> None:
    """A plan that could not be put into effect is a draft again."""
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.DRAFT, message=why[:500], progress={})


def approve(plan: Plan, people: int) -> PlanResult | None:
    """Puts a draft into effect with so many comparisons for people; None if it is not one any more.

    The scores are those that were shown. What was started since the plan was worked out is left alone. Raises
    PlanError when the project's set-up has changed so that the plan's figures would not hold, or when the
    number is none of the plan's.
    """
    with one_at_a_time(plan.project):
        # A doubled message waited, and finds it approved.
        plan = Plan.objects.select_related("project").get(pk=plan.pk)
        if plan.state not in (Plan.State.DRAFT, Plan.State.APPROVING):
            return None
        project, kept = plan.project, plan.parameters
        if people not in plan.table["people"]:
            raise PlanError("this plan has no such point; plan again")
        wanted = labels_wanted(project)
        set_up = {str(pool): number for pool, number in wanted.items()}
        if set_up != kept["wanted"] or project.audit_share != kept["audit_share"]:
            raise PlanError("labels wanted or the audit share were changed since; plan again")
        request = _request(plan, people)
        standing = standing_judge(project, kept["judge"])
        fresh = request.limits or request.overlap is not None
        result = _again(plan, request) if fresh else _as_shown(plan, request, standing)
        if result.ai and standing is None:
            raise PlanError(f"{project.slug} has no judge to take {result.ai} comparisons; add one first")
        shown = len(result._frozen)
        plan.parameters |= request.as_dict() | {"people": people}
        changed = plan.report.setdefault("changed", {"before": _wanted_now(project)})
        plan.save()
        # A fresh choice is of what is open now: what was stored of an earlier one is no part of it.
        done = set[int]() if fresh else decided_by(plan)
        result = put_into_effect(plan, result, wanted, standing.judge if standing else None, done)
        changed |= {"after": _wanted_now(project), "left": shown - result.open}
        plan.save(update_fields=["report"])
    return result


def _request(plan: Plan, people: int) -> Request:
    """What a plan at this point is to keep, as refits that carry it on read it."""
    kept = plan.parameters
    exact, overlap = people == kept["asked"], kept.get("overlap")
    money = exact and kept["kind"] == "money"
    labels = exact and kept["kind"] == "labels" and overlap is not None
    return Request(
        policy_named(plan.policy, plan.seed),
        share=None if money or labels else people / max(kept["open"], 1),
        budget=Decimal(kept["amount"]) if money else None,
        seed=plan.seed,
        limits=Asked(**kept["limits"]),
        labels=int(Decimal(kept["amount"])) if labels else None,
        overlap=overlap,
        lot=kept.get("lot", 0),
    )


def _as_shown(plan: Plan, request: Request, standing: Standing | None) -> PlanResult:
    """From the scores that were kept with the plan."""
    kept = plan.parameters
    frozen = joined([unpack(bytes(part.packed)) for part in plan.parts.order_by("first")])
    comparisons = Comparison.objects.filter(project=plan.project)
    names = dict(comparisons.values_list("pk", "external_id").iterator(5000))
    keys = [names.get(pk, "") for pk in frozen.ids.tolist()]
    # Labels asked for are slots too, though they are no money.
    exact = kept["slots"] is not None and request.share in (None, kept["asked"] / max(kept["open"], 1))
    selection = select(
        frozen.scores,
        keys,
        share=None if exact else request.share,
        slots=kept["slots"] if exact else None,
        audit_share=kept["audit_share"],
        seed=plan.seed,
        lot=request.lot,
        drawn=request.policy.drawn,
    )
    price = kept["judge_price"]
    return PlanResult(
        id=plan.pk,
        policy=plan.policy,
        version=plan.policy_version,
        seed=plan.seed,
        judge=kept["judge"],
        judge_is_asked=standing is not None and standing.can_be_asked,
        human_price=Decimal(kept["human_price"]),
        judge_price=None if price is None else Decimal(price),
        each=sum(kept["wanted"].values()),
        beside=0,  # nothing varies here
        warnings=[],
        _keys=keys,
        _frozen=frozen,
        _selection=selection,
        _kept=np.array([pk in names for pk in frozen.ids.tolist()], dtype=np.bool_),
    )


def _again(plan: Plan, request: Request) -> PlanResult:
    """Limits, and labels that vary, need what is open as it is now, so scores are worked out again, with the
    labels there are."""
    prepared = prepare(
        plan.project,
        request.policy,
        plan.seed,
        plan.parameters["judge"],
        labels_wanted(plan.project),
        request.share,
    )
    plan.parameters |= parameters_of(prepared)
    plan.model = dict(prepared.scored.model)
    with transaction.atomic():
        plan.parts.all().delete()
        keep(plan, prepared.frozen)
    return result_of(prepared, choose(prepared, request), [], plan.pk)


def _wanted_now(project: Project) -> dict[str, Any]:
    """Labels that the queue still wants of people and of judges, leases included."""
    rows = Demand.objects.filter(comparison__project=project).order_by()
    found = rows.aggregate(
        people=Sum("wanted", filter=Q(judge=None)),
        given=Sum("done", filter=Q(judge=None)),
        judges=Sum("wanted", filter=Q(pool=None)),
        answered=Sum("done", filter=Q(pool=None)),
    )
    number = {name: value or 0 for name, value in found.items()}
    return {
        "people": number["people"] - number["given"],
        "judges": number["judges"] - number["answered"],
    }
