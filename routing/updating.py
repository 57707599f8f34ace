"""Carrying a plan on with what a refit learned: only comparisons that nobody has begun move."""

import time
import uuid
from collections.abc import Collection
from dataclasses import replace

import numpy as np
from django.db import transaction

from .choosing import choose, request_of
from .decisions import drop, stage, store
from .limits import settings_of
from .models import Plan, Refit
from .planning import keep, parameters_of, result_of, settle
from .policy import PlanError
from .preparing import Prepared, labels_wanted, prepare
from .refitting import Learned, finish, learn
from .results import PlanResult
from .selection import Selection
from .series import Held, held_by, newest_plan
from .slices import one_at_a_time
from .summary import measured

BATCH = 50  # labels of the batch that the stop rule looks at, where the owner leaves refits to himself


def update_plan(plan: Plan, refit: Refit) -> PlanResult:
    """Carries on `plan` with what the running `refit` learns, and stores both together.

    People get as many comparisons as they had, those begun included, and their share of what came since; a
    budget is that of the whole series. Nothing leaves the audit. Where the judge's label stood and still
    stands, the Decision of the plan that made it stays. Raises PlanError, LostLease.
    """
    start = time.monotonic()
    request = request_of(plan)
    project = plan.project
    wanted = labels_wanted(project)
    prepared = prepare(
        project, request.policy, plan.seed, plan.parameters.get("judge"), wanted, request.share
    )
    found = prepared.known.open
    held = held_by(plan, found.ids, found.signals.categories, prepared.usual)
    selection = choose(prepared, request, held)
    moved = selection.human | held.human | (selection.audit & ~held.audit) | ~held.decided
    result = replace(result_of(prepared, selection, [], uuid.uuid4()), _new=moved)
    learned = _learn(prepared, selection)
    told = {"measured": measured(project, prepared.known.labelled, plan.seed)}
    update = Plan(
        id=result.id,
        project=project,
        policy=plan.policy,
        policy_version=request.policy.version,
        parameters=parameters_of(prepared) | request.as_dict(),
        model=dict(prepared.scored.model),
        report=told,
        seed=plan.seed,
        series=plan.series or plan.pk,
        refit=refit,
    )
    judge = prepared.standing.judge if prepared.standing else None
    with one_at_a_time(project), transaction.atomic():
        newest = newest_plan(project)
        if newest is None or newest.pk != plan.pk:
            raise PlanError("another plan was put into effect while this one was refitted")
        left = stage(project, result.rows(), judge)
        result = _not_more(result.without(left), held, left)
        finish(refit, learned, prepared.known.basis.version, time.monotonic() - start)
        settle(update, result)
        update.save()
        store(update, result.rows(), wanted, judge)
        keep(update, result._frozen)
    return result


def _learn(prepared: Prepared, selection: Selection) -> Learned:
    """What is learned about the judge, and about the next batch: the best-scored comparisons not audited."""
    settings = settings_of(prepared.project)
    size = max((settings.refit_after or BATCH) // sum(prepared.wanted.values()), 1)
    rows = np.flatnonzero(~selection.audit)
    best = rows[np.argsort(-prepared.scored.values[rows], kind="stable")[:size]]
    batch = prepared.known.open.signals.at(best)
    price = prepared.human_price * len(best)
    return learn(prepared.known.labelled, batch, prepared.seed, price, settings.label_worth)


def _not_more(result: PlanResult, held: Held, left: Collection[int]) -> PlanResult:
    """Takes back new labels of people, as many as were begun meanwhile beyond what this plan counted."""
    chosen, ids = result._selection, result._frozen.ids
    gone = np.isin(ids, list(left))
    more = result._labels - held.labels - result.beside * held.asked
    over = -int(more[gone].sum())
    if over <= 0:
        return result
    new = np.flatnonzero(result._kept & chosen.human & held.decided & (more > 0))
    new = new[np.argsort(result._frozen.scores[new], kind="stable")]
    enough = int(np.searchsorted(np.cumsum(more[new]), over)) + 1
    back = ids[new[:enough]].tolist()
    drop(back)
    return replace(result, _kept=result._kept & ~np.isin(ids, back))
