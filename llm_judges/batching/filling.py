"""Which calls make the next file: what is asked of the judge, as far as the money and the file reach."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from annotation import leases
from annotation.models import Assignment, JudgeRun

from .. import booking, budget, calls
from ..asking import best_rung
from ..demand import held_by
from ..models import Judge, JudgeBatch
from ..outcome import Outcome
from ..preparing import Brief
from ..prices import discounted
from ..registry import annotator_of
from . import handing_in
from .finishing import finish
from .rows import HELD, end_run, open_batches

MOST_REQUESTS = 50_000  # a file, as providers allow
MOST_BYTES = 190_000_000


def fill(run: JudgeRun, judge: Judge, outcome: Outcome) -> JudgeBatch | None:
    """Takes comparisons that are asked of the judge for one more file, as many as it holds and the money
    allows; None where there are none. Nothing is sent yet."""
    brief = calls.brief(discounted(judge), annotator_of(judge), run.project)
    people = budget.spent_on_people(run.project)
    batch: JudgeBatch | None = None
    requests = size = 0
    while requests < MOST_REQUESTS and size < MOST_BYTES:
        with transaction.atomic():
            lent = _lend(run, judge, brief)
            if not lent:
                break
            works = calls.open_calls(brief, run, [one.comparison for one in lent])
            fits, refused = _affordable(run, brief, people, works, MOST_REQUESTS - requests)
            begun = [one for work in fits for one in work.prepared]
            if begun:
                batch = batch or JudgeBatch.objects.create(run=run, judge=judge, rung=best_rung(brief.known))
                until = timezone.now() + HELD
                reserved = {one.call.pk: one.worst_case for one in begun}
                booking.start([one.call for one in begun], run, batch.worker, until, reserved)
                JudgeBatch.objects.filter(pk=batch.pk).update(requests=requests + len(begun))
            taken = {work.comparison_id for work in fits}
            leases.give_back(
                brief.annotator, [one.pk for one in lent if one.comparison_id not in taken], again=True
            )
            by_comparison = {work.comparison_id: work for work in fits}
            known = [
                (one, by_comparison[one.comparison_id].calls)
                for one in lent
                if one.comparison_id in taken and not by_comparison[one.comparison_id].prepared
            ]
            finish(run, brief, known, outcome)
            requests += len(begun)
            size += sum(len(orjson.dumps(one.request.body)) + 200 for one in begun)
        if refused:
            if batch is None and not open_batches(judge).exists():
                outcome.stop("budget_stopped", refused)
                end_run(run, JudgeRun.State.STOPPED, "budget_stopped", refused)
            break
        if len(fits) < len(works):
            break
    return batch


def _lend(run: JudgeRun, judge: Judge, brief: Brief) -> list[Assignment]:
    booking.sweep(timezone.now())
    wanted = handing_in.PORTION
    if run.limit is not None:
        taken = JudgeRun.objects.values_list("taken", flat=True).get(pk=run.pk)
        wanted = min(wanted, run.limit - taken - held_by(judge).count())
    lent = leases.claim(brief.annotator, run.project, wanted) if wanted > 0 else []
    until = timezone.now() + HELD
    Assignment.objects.filter(pk__in=[one.pk for one in lent]).update(leased_until=until)
    return lent


def _affordable(
    run: JudgeRun, brief: Brief, people: Any, works: Sequence[calls.Work], most: int
) -> tuple[list[calls.Work], str]:
    """The works, from the first, of which every call is paid for and has room in the file; why not all."""
    costs = [one.worst_case for work in works for one in work.prepared]
    allowance = budget.allow(run, brief.judge, run.project, people, costs)
    room = min(allowance.number, most)
    fits = []
    for work in works:
        if len(work.prepared) > room:
            break
        room -= len(work.prepared)
        fits.append(work)
    short = allowance.number < len(costs)
    return fits, (allowance.refused or "the budget is reserved for what is in flight") if short else ""
