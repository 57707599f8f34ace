"""Every call is a row: state, reply, tokens, cost. Booked before its verdict is used for anything."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from annotation.models import Annotator, JudgeCall

from .. import budget
from .calls import Brief, Call, Work, in_stored_letters
from .client import Reply
from .verdicts import Unreadable, read

State = JudgeCall.State
# What the columns hold at most: a call may be tried again for weeks, and a sum stops there.
LARGEST = {"attempts": 2**15 - 1, "input_tokens": 2**31 - 1, "output_tokens": 2**31 - 1}


def settle(brief: Brief, answered: Sequence[tuple[Call, Reply]]) -> None:
    """Reads the replies and books each as a JudgeCall row, with its cost, in one transaction."""
    book(brief.annotator, [_settled(brief, call, reply) for call, reply in answered])


def book(annotator: Annotator, rows: Sequence[JudgeCall]) -> None:
    """Writes rows. A call tried before keeps its row: the new outcome replaces the old one, and tokens, cost
    and attempts add up, because every try was paid for."""
    fresh = [row for row in rows if row.pk is None]
    again = [row for row in rows if row.pk is not None]
    with transaction.atomic():
        try:
            with transaction.atomic():
                JudgeCall.objects.bulk_create(fresh)
        except IntegrityError:  # another worker took up the same comparison after its lease ran out
            for row in fresh:
                row.pk = _pk_of(row)
                if row.pk is None:
                    row.save(force_insert=True)
                else:
                    again.append(row)
        for row in again:
            _add_to(row)


def _settled(brief: Brief, call: Call, reply: Reply) -> JudgeCall:
    """The row of an answered call; `call` learns how it went."""
    call.state, call.reason, call.rejected = reply.state, reply.reason, reply.rejected
    if reply.state == State.OK:
        try:
            call.verdicts = in_stored_letters(read(reply.text, brief.questions, len(call.order)), call.order)
        except Unreadable as error:
            call.state, call.reason = State.UNPARSABLE, str(error)[:500]
    input_tokens, output_tokens, estimated = budget.used_tokens(reply, call.messages)
    call.cost = budget.price(brief.judge, input_tokens or 0, output_tokens or 0)
    note = "; ".join(filter(None, [call.reason, "usage not reported, tokens estimated" if estimated else ""]))
    return JudgeCall(
        pk=call.known.pk if call.known else None,
        annotator=brief.annotator,
        comparison_id=call.comparison_id,
        order=call.order,
        state=call.state,
        reason=note[:500],
        request=call.request,
        reply=reply.text,
        verdict={
            name: {"ranking": str(verdict.ranking), "strength": verdict.strength}
            for name, verdict in (call.verdicts or {}).items()
        },
        model_reported=reply.model,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost=call.cost,
        latency_ms=reply.latency_ms,
        attempts=reply.attempts,
    )


def refused(brief: Brief, works: Sequence[Work]) -> list[JudgeCall]:
    """Rows of the calls that were never sent because the comparison cannot be judged."""
    return [
        JudgeCall(
            pk=call.known.pk if call.known else None,
            annotator=brief.annotator,
            comparison_id=call.comparison_id,
            order=call.order,
            state=call.state,
            reason=call.reason,
            attempts=0,
        )
        for work in works
        for call in work.calls
        if call.state == State.INVALID_INPUT and not call.messages
    ]


def _pk_of(row: JudgeCall) -> int | None:
    return (
        JudgeCall.objects.filter(
            annotator=row.annotator,
            comparison=row.comparison_id,
            order=row.order,
            sample=row.sample,
            purpose=row.purpose,
        )
        .values_list("pk", flat=True)
        .first()
    )


def _add_to(row: JudgeCall) -> None:
    def sum_of(name: str) -> Any:
        number = getattr(row, name)
        if number is None:
            return F(name)
        return Least(Coalesce(F(name), Value(0)), Value(LARGEST[name] - number)) + number

    cost = Value(budget.DEAREST - row.cost, output_field=JudgeCall._meta.get_field("cost"))

    JudgeCall.objects.filter(pk=row.pk).update(
        state=row.state,
        reason=row.reason,
        request=row.request,
        reply=row.reply,
        verdict=row.verdict,
        model_reported=row.model_reported,
        latency_ms=row.latency_ms,
        cost=Least(F("cost"), cost) + row.cost,
        **{name: sum_of(name) for name in LARGEST},
        updated_at=timezone.now(),
    )
