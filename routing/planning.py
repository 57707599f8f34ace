"""Planning: a policy over a project's open comparisons, under a share or a budget, becomes Decisions.

A comparison is open when no person has labelled it, none holds it, and it is fit to be lent. Planning again
decides again what is still open; `updating` does so as one plan with what people have begun. What people
start between reading and storing is left out of the plan and of its figures: those are of what was stored.
"""

import uuid
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from annotation.models import Annotator, Project

from .choosing import Request, choose
from .decisions import close_earlier
from .frozen import Frozen, pack, parts
from .limits import Asked, asked_of, settings_of
from .models import Plan, PlanPart
from .policy import PlanError, Policy
from .preparing import Prepared, check_price, labels_wanted, policy_named, prepare, varied_pool
from .refits import newest_label
from .results import PlanResult
from .selection import Selection
from .series import lot_of
from .slices import one_at_a_time, store_in_slices


def make_plan(
    project: Project,
    policy: str,
    human_share: float | None = None,
    budget: Decimal | None = None,
    judge: str | None = None,
    seed: int = 0,
    dry_run: bool = False,
    limits: Asked | None = None,
    overlap: int | None = None,
) -> PlanResult:
    """Decides every open comparison of `project` and, unless `dry_run`, stores Plan, Decisions and Demand.

    `human_share` (0..1) is of the open comparisons, the audit slice on top; `budget` is money for people,
    audit included, and is never exceeded. `judge` names whose label stands where no person is asked
    (`standing.standing_judge`). `limits` stand for those of the project's routing settings. With `overlap`
    share or budget are spent on labels where they pay, up to so many on one comparison (`routing.overlap`).
    Leases that ran out go back to the queue first, in a dry run too. Raises PlanError.
    """
    chosen = policy_named(policy, seed)
    warnings: list[str] = []
    human_share = _share(chosen, human_share, budget, warnings)
    wanted = labels_wanted(project)
    if budget is not None:
        check_price(project, wanted)
    if overlap is not None:
        varied_pool(project, chosen, wanted, overlap)
    prepared = prepare(project, chosen, seed, judge, wanted, human_share)
    asked = asked_of(settings_of(project)) if limits is None else limits
    held_to = Asked() if chosen.share is not None else asked
    lot = lot_of(project, prepared.known.open.ids)
    request = Request(chosen, human_share, budget, seed, held_to, overlap=overlap, lot=lot)
    selection = choose(prepared, request)
    result = result_of(prepared, selection, warnings, None if dry_run else uuid.uuid4())
    standing = prepared.standing
    if result.ai and standing is not None and standing.others and judge is None:
        result.warnings.append(f"several judges; the label of {standing.name} stands, --judge names another")
    if dry_run:
        return result
    plan = Plan(
        id=result.id,
        project=project,
        policy=chosen.name,
        policy_version=chosen.version,
        parameters=parameters_of(prepared) | request.as_dict(),
        model=dict(prepared.scored.model),
        seed=seed,
    )
    with one_at_a_time(project):
        with transaction.atomic(savepoint=False):
            plan.state, plan.approved_at = Plan.State.APPROVED, timezone.now()
            plan.save()
            keep(plan, result._frozen)
        return put_into_effect(plan, result, wanted, standing.judge if standing else None)


def result_of(
    prepared: Prepared, selection: Selection, warnings: list[str], plan_id: uuid.UUID | None
) -> PlanResult:
    """A selection as a result that can be stored. Raises PlanError where no judge can take its part."""
    project, found, standing = prepared.project, prepared.known.open, prepared.standing
    told = [*warnings, *prepared.scored.notes, *filter(None, [selection.note])]
    if selection.labels is None and selection.gap:
        told.append(
            f"the limits were solved for in the time there was: at most {selection.gap:.2%} below the best"
        )
    elif selection.gap >= 0.01:
        told.append(f"labels went one by one where they are worth most: at most {selection.gap:.0%} lost")
    result = PlanResult(
        id=plan_id,
        policy=prepared.policy.name,
        version=prepared.policy.version,
        seed=prepared.seed,
        judge=standing.name if standing else None,
        judge_is_asked=standing is not None and standing.can_be_asked,
        human_price=prepared.human_price,
        judge_price=prepared.judge_price,
        each=sum(prepared.wanted.values()),
        beside=prepared.beside,
        warnings=told,
        _keys=found.signals.keys,
        _frozen=prepared.frozen,
        _selection=selection,
        _kept=np.ones(len(found.ids), dtype=np.bool_),
    )
    if result.ai and standing is None:
        raise PlanError(f"{project.slug} has no judge to take {result.ai} comparisons; add one first")
    if result.lacking and standing is not None and not standing.can_be_asked:
        told.append(
            f"{standing.name} was imported and cannot be asked for the {result.lacking} labels it lacks"
        )
    return result


def parameters_of(prepared: Prepared) -> dict[str, Any]:
    """What the figures of a plan rest on beside its scores."""
    price = prepared.judge_price
    return {
        "audit_share": prepared.project.audit_share,
        "judge": prepared.standing.name if prepared.standing else None,
        "human_price": str(prepared.human_price),
        "judge_price": None if price is None else str(price),
        **prepared.known.basis.as_dict(),
        "through": newest_label(prepared.project),
        "wanted": {str(pool): number for pool, number in prepared.wanted.items()},
    }


def put_into_effect(
    plan: Plan,
    result: PlanResult,
    wanted: dict[int, int],
    judge: Annotator | None,
    done: Collection[int] = (),
) -> PlanResult:
    """Stores what is still open of a saved plan as Decisions and Demand, and gives just that. `done` is what
    of it is stored already. To be called by whoever keeps others out (`slices.one_at_a_time`)."""
    rows = (row for row in result.rows() if row.comparison_id not in done)
    left = store_in_slices(plan, rows, result.open - len(done), wanted, judge)
    result = result.without(left)
    if left or plan.parameters.get("lot"):
        close_earlier(plan)
    plan.progress = {}
    settle(plan, result)
    plan.save()
    return result


def settle(plan: Plan, result: PlanResult) -> None:
    """Notes in the plan that it holds, and its figures: those of what was stored."""
    plan.state, plan.approved_at = Plan.State.APPROVED, timezone.now()
    plan.parameters |= {"open": result.open}
    plan.human, plan.ai, plan.audit = result.human, result.ai, result.audit
    plan.human_cost, plan.judge_cost = result.human_cost, result.judge_cost


def keep(plan: Plan, frozen: Frozen) -> None:
    """Stores what the plan's scores rest on."""
    PlanPart.objects.bulk_create(
        (
            PlanPart(plan=plan, first=int(part.ids[0]), size=len(part), packed=pack(part))
            for part in parts(frozen)
        ),
        batch_size=20,
    )


def _share(policy: Policy, share: float | None, budget: Decimal | None, warnings: list[str]) -> float | None:
    """The human share that holds, or None where a budget decides."""
    if policy.share is not None:
        if budget is not None:
            raise PlanError(f"{policy.name} leaves no choice, so it takes no budget")
        if share is not None and share != policy.share:
            warnings.append(f"{policy.name} leaves no choice; the human share is not used")
        return policy.share
    if (share is None) == (budget is None):
        raise PlanError(f"{policy.name} needs either a human share or a budget")
    return share
