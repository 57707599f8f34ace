"""What becomes of a call's row: opened, started, answered, put back. Every call is booked with what it cost
before its verdict is used for anything.

Everything that writes takes a constant number of statements for any number of calls, and works inside a
transaction of the caller's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Count, F, QuerySet, Sum
from django.utils import timezone

from annotation.models import JudgeCall, JudgeRun

from . import rows
from .asking import Answer
from .models import Judge
from .prices import cost_of
from .verdicts import PARSER, Reading

State = JudgeCall.State
NOTHING = Decimal(0)
DIED = "the worker that asked died; what the call may have cost counts"

_STARTED = ("id", "reserved", "claimed_by", "leased_until", "run_id", "updated_at")
_START = """
UPDATE {call} SET state = 'in_flight', next_attempt_at = NULL, {sets} FROM {rows}
WHERE {call}.id = v.id AND {call}.state NOT IN ('in_flight', 'ok') RETURNING {call}.id
"""
# What an answer sets, and what it adds to: every try was paid for.
_SET = (
    "state",
    "reason",
    "next_attempt_at",
    "reply",
    "evidence",
    "parser",
    "verdict",
    "model_reported",
    "usage_estimated",
    "latency_ms",
    "updated_at",
)
_ADDED = ("cost", "attempts", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")
# Where a sum would leave the column, it stays: a call may be tried again for weeks.
_MOST = {"attempts": 30_000, "cost": 900_000}
_MOST_TOKENS = 2_000_000_000
# The money is added with the outcome or not at all, so that booking the same answers twice adds it once.
_BOOK = """
UPDATE {call} SET reserved = 0, claimed_by = '', leased_until = NULL, {sets} FROM {rows}
WHERE {call}.id = v.id AND {call}.state = 'in_flight' AND {call}.claimed_by = v.claimed_by RETURNING {call}.id
"""


class Booked(Protocol):
    """A call in hand: `known` is what its judge's endpoint can do, as far as the call found out."""

    call: JudgeCall
    judge: Judge
    known: dict[str, Any]


def open_again(call: JudgeCall) -> None:
    """The call is to be asked; not written. What earlier tries cost stays."""
    call.state, call.reason, call.next_attempt_at = State.PENDING, "", None
    call.claimed_by, call.leased_until, call.reserved = "", None, NOTHING
    call.cached_from, call.order_consistent = None, None


def end_unasked(call: JudgeCall, state: str, reason: str) -> None:
    """The call ends without having been asked; not written."""
    open_again(call)
    call.state, call.reason, call.verdict = state, reason[:500], {}


def answer_again(call: JudgeCall, answer: JudgeCall, readings: Mapping[str, Reading]) -> None:
    """The call is answered by what another row, or its own, holds; not written, and nothing is paid."""
    if answer is not call:
        open_again(call)
        call.cached_from_id = answer.cached_from_id or answer.pk
        call.request, call.reply, call.evidence = answer.request, answer.reply, answer.evidence
        call.model_reported = answer.model_reported
    call.state, call.reason, call.parser = State.OK, "", PARSER
    call.verdict = {name: reading.as_json() for name, reading in readings.items()}


def start(
    calls: Sequence[JudgeCall],
    run: JudgeRun,
    worker: str,
    until: datetime,
    reserved: Mapping[int, Decimal],
) -> list[JudgeCall]:
    """Takes calls in hand until then, with what each may cost at most. Gives those that were free: neither
    answered nor asked by another worker meanwhile."""
    if not calls:
        return []
    now = timezone.now()
    given = [(call.pk, reserved[call.pk], worker, until, run.pk, now) for call in calls]
    got = rows.update(_START, _STARTED, given, dict.fromkeys(_STARTED[1:], "{value}"))
    begun = [call for call in calls if call.pk in got]
    for call in begun:
        call.state, call.claimed_by, call.leased_until = State.IN_FLIGHT, worker, until
        call.reserved, call.run, call.next_attempt_at = reserved[call.pk], run, None
    return begun


def book(run: JudgeRun, answered: Sequence[tuple[Booked, Answer, datetime | None]]) -> None:
    """Records answers with their cost, on the rows and on the run. The moment is when the call is asked
    again; None: this is how it ends.

    A row that is not in the hands of the worker that asked any more stays as it is and adds nothing: so the
    same answers may be booked twice. The calls in memory then know their outcome.
    """
    if not answered:
        return
    now = timezone.now()
    given = [_row(prepared, answer, again, now) for prepared, answer, again in answered]
    names = ("id", "claimed_by", *_SET, *_ADDED)
    sets = dict.fromkeys(_SET, "{value}") | {name: _sum_of(name) for name in _ADDED}
    got = rows.update(_BOOK, names, given, sets)
    booked = [(prepared, answer) for prepared, answer, _ in answered if prepared.call.pk in got]
    for (prepared, _, _), row in zip(answered, given, strict=True):
        if prepared.call.pk in got:
            for name, value in zip(names[2:], row[2:], strict=True):
                if name in _SET:
                    setattr(prepared.call, name, value)
    _enter(run, booked)
    _note_what_was_learned(booked)


def put_back(calls: Sequence[JudgeCall]) -> None:
    """Calls that were started but never sent are free again."""
    JudgeCall.objects.filter(pk__in=[call.pk for call in calls], state=State.IN_FLIGHT).update(
        state=State.PENDING, claimed_by="", leased_until=None, reserved=0, updated_at=timezone.now()
    )
    for call in calls:
        open_again(call)


def sweep(now: datetime) -> int:
    """Frees calls whose worker died. Their reply is lost but may have to be paid, so what was reserved for
    them counts as spent: caps hold in a crash loop too. Gives their number."""
    lapsed: QuerySet[JudgeCall] = JudgeCall.objects.filter(state=State.IN_FLIGHT, leased_until__lt=now)
    ids = list(
        lapsed.order_by("pk").select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
    )
    if not ids:
        return 0
    lost = JudgeCall.objects.filter(pk__in=ids)
    for run, cost, number in lost.order_by().values_list("run").annotate(Sum("reserved"), Count("pk")):
        JudgeRun.objects.filter(pk=run).update(spent=F("spent") + cost, sent=F("sent") + number)
    return lost.update(
        state=State.PENDING,
        reason=DIED,
        cost=F("cost") + F("reserved"),
        reserved=0,
        claimed_by="",
        leased_until=None,
        updated_at=timezone.now(),
    )


def _row(prepared: Booked, answer: Answer, again: datetime | None, now: datetime) -> tuple[Any, ...]:
    """The values of ("id", "claimed_by", *_SET, *_ADDED)."""
    usage = answer.usage
    readings = answer.readings or {}
    return (
        prepared.call.pk,
        prepared.call.claimed_by,
        answer.state,
        answer.reason,
        again if answer.passing else None,
        answer.text,
        dict(answer.evidence),
        PARSER if answer.text else 0,
        {name: reading.as_json() for name, reading in readings.items()},
        answer.model,
        answer.usage_estimated,
        answer.latency_ms,
        now,
        cost_of(prepared.judge, usage),
        answer.sends,
        usage.input,
        usage.cached,
        usage.output,
        usage.reasoning,
    )


def _enter(run: JudgeRun, booked: Sequence[tuple[Booked, Answer]]) -> None:
    JudgeRun.objects.filter(pk=run.pk).update(
        spent=F("spent")
        + sum((cost_of(prepared.judge, answer.usage) for prepared, answer in booked), NOTHING),
        sent=F("sent") + sum(answer.sends for _, answer in booked),
        throttled=F("throttled") + sum(answer.state == State.RATE_LIMITED for _, answer in booked),
        answered=F("answered") + sum(answer.state == State.OK for _, answer in booked),
        input_tokens=F("input_tokens") + sum(answer.usage.input or 0 for _, answer in booked),
        output_tokens=F("output_tokens") + sum(answer.usage.output or 0 for _, answer in booked),
    )


def _note_what_was_learned(booked: Sequence[tuple[Booked, Answer]]) -> None:
    for judge, known in {
        prepared.judge.pk: (prepared.judge, prepared.known) for prepared, _ in booked
    }.values():
        if known != judge.capabilities:
            judge.capabilities = dict(known)
            Judge.objects.filter(pk=judge.pk).update(capabilities=judge.capabilities)


def _sum_of(name: str) -> str:
    most = _MOST.get(name, _MOST_TOKENS)
    so_far = f"COALESCE({rows.CALL}.{name}, 0)"
    return f"CASE WHEN {so_far} < {most} THEN {so_far} + COALESCE({{value}}, 0) ELSE {so_far} END"
