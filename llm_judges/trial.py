"""A judge tried on a few comparisons: prompts, replies, verdicts and cost to look at, and no label."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotation.models import Comparison, JudgeCall, JudgeRun, User

from . import booking, budget
from .asking import Answer, Prepared, converse
from .calls import Brief, Work, brief, open_calls, prompts_of
from .capabilities import ensure_probed
from .client import connect
from .models import Judge
from .reconcile import Settled
from .registry import annotator_of
from .runs import JudgeError, check
from .submitting import enough, settle_all
from .verdicts import Unreadable

State = JudgeCall.State
SEVERAL = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """One comparison tried: its calls, the prompt of each by primary key, and what they say together by
    criterion (empty with `why` where they say nothing)."""

    comparison: Comparison
    calls: Sequence[JudgeCall]
    prompts: dict[int, list[dict[str, str]]]
    settled: dict[str, Settled] = field(default_factory=dict)
    why: str = ""

    @property
    def cost(self) -> Decimal:
        return sum((call.cost for call in self.calls), Decimal(0))

    def as_dict(self) -> dict[str, Any]:
        """For `--json` and pages."""
        return {
            "comparison": self.comparison.external_id,
            "cost": float(self.cost),
            "calls": [_call(call, self.prompts.get(call.pk, [])) for call in self.calls],
            "verdict": {name: _settled(one) for name, one in self.settled.items()},
            "why": self.why,
        }


def try_on(
    judge: Judge,
    number: int = SEVERAL,
    started_by: User | None = None,
    comparisons: Sequence[Comparison] | None = None,
) -> list[Trial]:
    """Asks the judge about these comparisons, or the project's first that can be judged, without labelling.

    Its cost is an entry of its own in the ledger, under the same caps as a run; answers that the project has
    already cost nothing. Raises JudgeError when the judge cannot be run or the money does not reach, and
    KeyMissing.
    """
    check(judge)
    judge = ensure_probed(judge, started_by)
    project = judge.version.project
    if comparisons is None:
        comparisons = list(Comparison.objects.filter(project=project, fit=True).order_by("pk")[:number])
    asked = brief(judge, annotator_of(judge), project, JudgeCall.Purpose.TRIAL)
    run = JudgeRun.objects.create(
        project=project,
        annotator=asked.annotator,
        purpose=JudgeRun.Purpose.TRIAL,
        state=JudgeRun.State.RUNNING,
        started_by=started_by,
        started_at=timezone.now(),
    )
    try:
        works = _begin(asked, run, comparisons)
        answers = asyncio.run(_ask(judge, [prepared for work in works for prepared in work.prepared]))
        with transaction.atomic():
            booking.book(run, [(prepared, answer, None) for prepared, answer in answers])
    except JudgeError as error:
        _end(run, JudgeRun.State.STOPPED, "budget", str(error))
        raise
    _end(run, JudgeRun.State.FINISHED)
    ids = [call.pk for work in works for call in work.calls]
    rows = JudgeCall.objects.in_bulk(ids)
    prompts = prompts_of(asked, list(rows.values()))
    by_id = {comparison.pk: comparison for comparison in comparisons}
    return [
        _trial(asked, by_id[work.comparison_id], [rows[call.pk] for call in work.calls], prompts)
        for work in works
    ]


@transaction.atomic
def _begin(asked: Brief, run: JudgeRun, comparisons: Sequence[Comparison]) -> list[Work]:
    """Opens the calls and reserves what they may cost, all or nothing."""
    works = open_calls(asked, run, comparisons)
    prepared = [one for work in works for one in work.prepared]
    worst = {one.call.pk: one.worst_case for one in prepared}
    people = budget.spent_on_people(asked.project)
    allowance = budget.allow(run, asked.judge, asked.project, people, list(worst.values()))
    if allowance.number < len(prepared):
        raise JudgeError(allowance.refused or "what other runs have in flight may use up the budget")
    patience = timedelta(seconds=10 * asked.judge.timeout_seconds)
    begun = booking.start(
        [one.call for one in prepared], run, f"trial/{run.pk}", timezone.now() + patience, worst
    )
    free = {call.pk for call in begun}
    for work in works:
        work.prepared = [one for one in work.prepared if one.call.pk in free]
    return works


async def _ask(judge: Judge, calls: Sequence[Prepared]) -> list[tuple[Prepared, Answer]]:
    places = asyncio.Semaphore(judge.concurrency)
    client = connect(judge)

    async def let_by(prepared: Prepared) -> None:
        """No other gate: a trial is a handful of calls."""

    async def ask(prepared: Prepared) -> tuple[Prepared, Answer]:
        async with places:
            return prepared, await converse(client, prepared, let_by)

    try:
        return await asyncio.gather(*map(ask, calls))
    finally:
        await client.close()


def _end(run: JudgeRun, state: str, reason: str = "", message: str = "") -> None:
    values = {"state": state, "stop_reason": reason, "message": message[:500], "finished_at": timezone.now()}
    JudgeRun.objects.filter(pk=run.pk).update(**values)


def _trial(
    asked: Brief, comparison: Comparison, calls: Sequence[JudgeCall], prompts: dict[int, list[dict[str, str]]]
) -> Trial:
    mine = {call.pk: prompts[call.pk] for call in calls if call.pk in prompts}
    if not enough(calls):
        bad = next(call for call in calls if call.state != State.OK)
        return Trial(comparison, calls, mine, why=f"{bad.state}: {bad.reason}")
    try:
        settled = settle_all(asked, calls)
    except Unreadable as error:
        return Trial(comparison, calls, mine, why=str(error))
    return Trial(comparison, calls, mine, settled, next((one.why for one in settled.values() if one.why), ""))


def _call(call: JudgeCall, prompt: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "order": call.order,
        "sample": call.sample,
        "state": call.state,
        "reason": call.reason,
        "prompt": prompt,
        "reply": call.reply,
        "verdict": call.verdict,
        "cost": float(call.cost),
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "latency_ms": call.latency_ms,
        "reused": call.cached_from_id is not None,
        "left_out": call.request.get("left_out", 0),
    }


def _settled(one: Settled) -> dict[str, Any]:
    return {
        "ranking": str(one.ranking) if one.ranking else None,
        "strength": one.strength,
        "probabilities": {name: round(p, 4) for name, p in one.probabilities.items()},
        "source": one.source,
        "consistent": one.consistent,
    }
