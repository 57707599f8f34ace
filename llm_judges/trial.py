"""A judge tried on a few comparisons: prompts, replies, verdicts and cost to look at, and no label.

A trial is a JudgeRun like any other, with the calls it asks as rows: what a worker has not come to yet, or
died over, stands in the database.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from annotation.models import Comparison, JudgeCall, JudgeRun, Project, User

from . import booking, budget
from .asking import Answer, Prepared, converse
from .calls import Brief, brief, open_calls, prompts_of
from .capabilities import ensure_probed
from .client import KeyMissing, connect
from .models import Judge
from .reconcile import Settled
from .registry import annotator_of
from .runs import JudgeError, check
from .submitting import enough, settle_all
from .verdicts import Unreadable

State = JudgeCall.State
SEVERAL = 5
# A worker that has given no sign of life for so many times the longest wait for one request is dead.
PATIENCE = 10
OPEN = (JudgeRun.State.PENDING, JudgeRun.State.RUNNING)


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
        """For `--json`."""
        return {
            "comparison": self.comparison.external_id,
            "cost": float(self.cost),
            "calls": [_call(call, self.prompts.get(call.pk, [])) for call in self.calls],
            "verdict": {name: _settled(one) for name, one in self.settled.items()},
            "why": self.why,
        }


def to_try(judge: Judge, number: int = SEVERAL, others: bool = False) -> list[Comparison]:
    """The project's first comparisons that can be judged; `others`: of those it was not tried on yet."""
    found = Comparison.objects.filter(project=judge.version.project, fit=True).order_by("pk")
    if others:
        tried = JudgeCall.objects.filter(
            annotator=annotator_of(judge), comparison=OuterRef("pk"), purpose=JudgeCall.Purpose.TRIAL
        )
        found = found.filter(~Exists(tried))
    return list(found.prefetch_related("responses")[:number])


def try_on(
    judge: Judge,
    number: int = SEVERAL,
    started_by: User | None = None,
    comparisons: Sequence[Comparison] | None = None,
) -> list[Trial]:
    """Asks the judge about these comparisons, or those of `to_try`, here and now, without labelling.

    Its cost is an entry of its own in the ledger, under the same caps as a run; answers that the project has
    already cost nothing. Raises JudgeError when the judge cannot be run or the money does not reach, and
    KeyMissing.
    """
    run = begin(judge, comparisons if comparisons is not None else to_try(judge, number), started_by)
    work_on(run, judge)
    return trials_of(run, judge)


def begin(judge: Judge, comparisons: Sequence[Comparison], started_by: User | None = None) -> JudgeRun:
    """Opens a trial on these comparisons for a worker to take up; gives the one that is open where there is
    one. Raises JudgeError when the judge cannot be run, or there is nothing to try it on."""
    check(judge)
    if not comparisons:
        raise JudgeError(f"judge {judge}: there is no comparison to try it on")
    asked = _brief(judge)
    with transaction.atomic():
        # Two clicks at once are one trial.
        Project.objects.select_for_update(no_key=True).get(pk=asked.project.pk)
        if run := _trials(judge).filter(state__in=OPEN).first():
            return run
        run = JudgeRun.objects.create(
            project=asked.project,
            annotator=asked.annotator,
            purpose=JudgeRun.Purpose.TRIAL,
            limit=len(comparisons),
            started_by=started_by,
        )
        open_calls(asked, run, comparisons)
    return run


def work_on(run: JudgeRun, judge: Judge) -> None:
    """Asks what the trial is to ask, unless somebody else does. How it ended stands on the run.

    Raises JudgeError when the judge cannot be run or the money does not reach, and KeyMissing.
    """
    now = timezone.now()
    taken = {"state": JudgeRun.State.RUNNING, "started_at": now, "seen_at": now}
    # What is known already was counted when the trial was opened, and is about to be again.
    if not _still(run, JudgeRun.State.PENDING).update(**taken, reused=0):
        return
    try:
        check(judge)
        message = _ask_all(run, ensure_probed(judge, run.started_by))
    except (JudgeError, KeyMissing) as error:
        _end(run, str(error))
        raise
    except Exception:
        _end(run, "something went wrong here; the log of the worker says what")
        raise
    _end(run, message)


def newest(judge: Judge) -> JudgeRun | None:
    """The latest trial of this version of the judge."""
    return _trials(judge).first()


def trials_of(run: JudgeRun, judge: Judge) -> list[Trial]:
    """What came of a trial so far, from the stored calls, under today's questions. A constant number of
    statements. Comparisons that a later trial has asked about again belong to that one."""
    asked = _brief(judge)
    calls = list(JudgeCall.objects.filter(run=run).select_related("comparison").order_by("comparison", "pk"))
    prompts = prompts_of(asked, calls)
    by_comparison: dict[int, list[JudgeCall]] = {}
    for call in calls:
        by_comparison.setdefault(call.comparison_id, []).append(call)
    return [_trial(asked, some[0].comparison, some, prompts) for some in by_comparison.values()]


def left_open() -> list[JudgeRun]:
    """Trials of all projects that wait for a worker; those whose worker died are ended first."""
    now = timezone.now()
    running = JudgeRun.objects.filter(purpose=JudgeRun.Purpose.TRIAL, state=JudgeRun.State.RUNNING)
    for run in running.select_related("annotator__judge_version__judge"):
        version = run.annotator.judge_version
        seconds = PATIENCE * (version.judge.timeout_seconds if version else 0)
        if run.seen_at is None or run.seen_at < now - timedelta(seconds=seconds):
            _end(run, "the worker that asked has died; try again")
    waiting = JudgeRun.objects.filter(purpose=JudgeRun.Purpose.TRIAL, state=JudgeRun.State.PENDING)
    return list(waiting)


def _ask_all(run: JudgeRun, judge: Judge) -> str:
    """Asks all calls of the trial, a few at a time; gives why it left off, empty where it did not."""
    ids = JudgeCall.objects.filter(run=run).values_list("comparison", flat=True).distinct()
    comparisons = list(Comparison.objects.filter(pk__in=list(ids)).order_by("pk"))
    with transaction.atomic():
        begun = _reserve(run, judge, comparisons)
    with asyncio.Runner() as runner:
        while begun:
            some, begun = begun[: judge.concurrency], begun[judge.concurrency :]
            answers = runner.run(_ask(judge, some))
            with transaction.atomic():
                booking.book(run, [(prepared, answer, None) for prepared, answer in answers])
                going = _still(run, JudgeRun.State.RUNNING).update(seen_at=timezone.now())
                fatal = next((answer.reason for _, answer in answers if answer.fatal), "")
                if fatal or not going:
                    booking.put_back([one.call for one in begun])
            if fatal or not going:
                return fatal
    return ""


def _reserve(run: JudgeRun, judge: Judge, comparisons: Sequence[Comparison]) -> list[Prepared]:
    """Takes the calls in hand with what they may cost, all or nothing. Raises JudgeError."""
    asked = _brief(judge)
    prepared = [one for work in open_calls(asked, run, comparisons) for one in work.prepared]
    worst = {one.call.pk: one.worst_case for one in prepared}
    people = budget.spent_on_people(asked.project)
    allowance = budget.allow(run, judge, asked.project, people, list(worst.values()))
    if allowance.number < len(prepared):
        raise JudgeError(allowance.refused or "what other runs have in flight may use up the budget")
    rounds = -(-len(prepared) // judge.concurrency)
    until = timezone.now() + timedelta(seconds=PATIENCE * judge.timeout_seconds * rounds)
    begun = booking.start([one.call for one in prepared], run, f"trial/{run.pk}", until, worst)
    free = {call.pk for call in begun}
    return [one for one in prepared if one.call.pk in free]


async def _ask(judge: Judge, calls: Sequence[Prepared]) -> list[tuple[Prepared, Answer]]:
    client = connect(judge)

    async def let_by(prepared: Prepared) -> None:
        """No other gate: a trial is a handful of calls."""

    async def ask(prepared: Prepared) -> tuple[Prepared, Answer]:
        return prepared, await converse(client, prepared, let_by)

    try:
        return await asyncio.gather(*map(ask, calls))
    finally:
        await client.close()


def _brief(judge: Judge) -> Brief:
    return brief(judge, annotator_of(judge), judge.version.project, JudgeCall.Purpose.TRIAL)


def _trials(judge: Judge) -> QuerySet[JudgeRun]:
    runs = JudgeRun.objects.filter(annotator=annotator_of(judge), purpose=JudgeRun.Purpose.TRIAL)
    return runs.select_related("started_by").order_by("-pk")


def _still(run: JudgeRun, state: str) -> QuerySet[JudgeRun]:
    return JudgeRun.objects.filter(pk=run.pk, state=state)


def _end(run: JudgeRun, message: str) -> None:
    """Ends the trial: `message` says why it did not get through. What it did not ask is open no more."""
    _still(run, JudgeRun.State.RUNNING).update(
        state=JudgeRun.State.STOPPED if message else JudgeRun.State.FINISHED,
        stop_reason="failing" if message else "",
        message=message[:500],
        finished_at=timezone.now(),
    )
    JudgeCall.objects.filter(run=run, state=State.PENDING).update(state=State.CANCELLED)


def _trial(
    asked: Brief, comparison: Comparison, calls: Sequence[JudgeCall], prompts: dict[int, list[dict[str, str]]]
) -> Trial:
    mine = {call.pk: prompts[call.pk] for call in calls if call.pk in prompts}
    if any(call.state in (State.PENDING, State.IN_FLIGHT) for call in calls):
        return Trial(comparison, calls, mine)
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
