"""Carrying a plan on with what a refit learned: only comparisons that nobody has begun move."""

import time
import uuid
from collections.abc import Collection
from dataclasses import replace

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from annotation.models import Annotator

from .choosing import choose, request_of
from .learned import Learned, learn
from .limits import settings_of
from .models import Plan, Refit
from .planning import keep, parameters_of, result_of, settle
from .policy import PlanError
from .preparing import Prepared, labels_wanted, prepare
from .refits import finish, note
from .results import PlanResult
from .selection import Selection
from .series import Held, held_by, newest_plan
from .slices import one_at_a_time, store_in_slices
from .summary import measured

BATCH = 50  # labels of the batch that the stop rule looks at, where the owner leaves refits to himself


def update_plan(plan: Plan, refit: Refit) -> PlanResult:
    """Carries on `plan` with what the running `refit` learns, and stores it slice by slice (`slices`).

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
    with one_at_a_time(project):
        newest = newest_plan(project)
        if newest is None or newest.pk != plan.pk:
            raise PlanError("another plan was put into effect while this one was refitted")
        with transaction.atomic():
            note(refit, learned, prepared.known.basis.version)
            settle(update, result)
            update.save()
            keep(update, result._frozen)
        result = _store(update, result, held, wanted, judge)
        with transaction.atomic():
            update.progress = {}
            settle(update, result)
            update.save()
            finish(refit, time.monotonic() - start)
    return result


def _store(
    update: Plan, result: PlanResult, held: Held, wanted: dict[int, int], judge: Annotator | None
) -> PlanResult:
    """Stores what moves, slice by slice, and gives what holds then. What people gain comes last, so that they
    are never asked for more than the plan says; a worker that dies before that leaves the rest as the series
    had decided it, and the next refit carries on from there."""
    gained = _gained(result, held)
    left = _slices(update, result, ~gained, wanted, judge)
    result = _not_more(result, held, left, gained)
    left |= _slices(update, result, gained, wanted, judge)
    return result.without(left)


def _slices(
    update: Plan, result: PlanResult, part: NDArray[np.bool_], wanted: dict[int, int], judge: Annotator | None
) -> set[int]:
    some = result.only(part)
    return store_in_slices(update, some.rows(), some.new, wanted, judge)


def _learn(prepared: Prepared, selection: Selection) -> Learned:
    """What is learned about the judge, and about the next batch: the best-scored comparisons not audited."""
    settings = settings_of(prepared.project)
    size = max((settings.refit_after or BATCH) // sum(prepared.wanted.values()), 1)
    rows = np.flatnonzero(~selection.audit)
    best = rows[np.argsort(-prepared.scored.values[rows], kind="stable")[:size]]
    batch = prepared.known.open.signals.at(best)
    price = prepared.human_price * len(best)
    return learn(prepared.known.labelled, batch, prepared.seed, price, settings.label_worth)


def _gained(result: PlanResult, held: Held) -> NDArray[np.bool_]:
    """Where people are asked for more labels of what the series had decided, (n,)."""
    return result._selection.human & held.decided & (_more(result, held) > 0)


def _more(result: PlanResult, held: Held) -> NDArray[np.int64]:
    more: NDArray[np.int64] = result._labels - held.labels - result.beside * held.asked
    return more


def _not_more(result: PlanResult, held: Held, left: Collection[int], gained: NDArray[np.bool_]) -> PlanResult:
    """Takes back labels that people gained, as many as they began meanwhile beyond what this plan counted, of
    the comparisons `left` (ids)."""
    ids, more = result._frozen.ids, _more(result, held)
    over = -int(more[np.isin(ids, list(left))].sum())
    if over <= 0:
        return result
    new = np.flatnonzero(gained)
    new = new[np.argsort(result._frozen.scores[new], kind="stable")]
    enough = int(np.searchsorted(np.cumsum(more[new]), over)) + 1
    return replace(result, _kept=result._kept & ~np.isin(ids, ids[new[:enough]]))
