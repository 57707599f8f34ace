"""One round of a tagging: some comparisons are asked about, booked, and tagged where all has ended."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from copy import copy
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotation.models import Comparison, JudgeCall, JudgeRun, Tag
from annotation.tagging import SIMILARITY, source_of

from .. import booking, budget, rows
from ..asking import Answer
from ..client import connect, limit_key
from ..models import Judge, Tagging
from ..models.judges import PRICES
from ..prompts import Unshowable
from ..running.limits import Limits
from ..running.stores import Limiter
from . import prompt
from .asking import Chat, Embedding, chat, embedding

State = JudgeCall.State
Purpose = JudgeCall.Purpose
Ask = Chat | Embedding
# A worker that has given no sign of life for so many times the longest wait for one request is dead.
PATIENCE = 10


class Stopped(Exception):
    """The tagging cannot go on; `reason` is a slug, the message says why."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def work_a_round(tagging: Tagging, judge: Judge, comparisons: Sequence[Comparison]) -> tuple[int, str]:
    """Asks what is to be asked about these comparisons. Gives how many calls ended, or needed no asking, and
    what the last failure said. Raises Stopped for a budget that is used up and an endpoint that cannot
    answer, and KeyMissing."""
    calls = _calls(tagging, comparisons)
    asks = _asks(tagging, judge, comparisons, calls)
    limiter = Limiter(limit_key(judge), Limits(judge.requests_per_minute, judge.tokens_per_minute))
    with transaction.atomic():
        begun = _reserve(tagging, judge, asks)
    answers = asyncio.run(_ask(judge, begun, _delays(limiter, begun))) if begun else []
    with transaction.atomic():
        for run, purpose in ((tagging.run, Purpose.TAGS), (tagging.embedding_run, Purpose.EMBED)):
            if run is not None:
                mine = [(ask, answer) for ask, answer in answers if ask.call.purpose == purpose]
                booking.book(run, [(ask, answer, None) for ask, answer in mine])
        ended = _tag(tagging, comparisons, calls)
    failed = [answer for _, answer in answers if answer.state != State.OK]
    if fatal := next((answer.reason for answer in failed if answer.fatal), ""):
        raise Stopped("failing", fatal)
    if waits := [answer.retry_after for answer in failed if answer.retry_after]:
        limiter.ask(block=max(waits))
    heard = sum(not answer.passing for _, answer in answers)
    return heard or (0 if answers else ended), failed[-1].reason if failed else ""


def _calls(tagging: Tagging, comparisons: Sequence[Comparison]) -> dict[tuple[int, str], JudgeCall]:
    """The calls on these comparisons by comparison and purpose, made where they are missing."""
    purposes = [Purpose.TAGS, *([Purpose.EMBED] if tagging.embedding_run_id else [])]
    annotator = tagging.run.annotator_id
    known = JudgeCall.objects.filter(
        annotator=annotator, comparison__in=comparisons, purpose__in=purposes, order=F("purpose")
    )
    found = {(call.comparison_id, str(call.purpose)): call for call in known}
    new = [
        JudgeCall(
            annotator_id=annotator,
            comparison_id=comparison.pk,
            order=purpose.value,
            purpose=purpose.value,
            state=State.PENDING,
            attempts=0,
        )
        for comparison in comparisons
        for purpose in purposes
        if (comparison.pk, purpose.value) not in found
    ]
    for purpose in purposes:
        rows.insert([call for call in new if call.purpose == purpose])
    return found | {(call.comparison_id, str(call.purpose)): call for call in new}


def _asks(
    tagging: Tagging,
    judge: Judge,
    comparisons: Sequence[Comparison],
    calls: Mapping[tuple[int, str], JudgeCall],
) -> list[Ask]:
    """What is to be asked. A call that was answered stays; of the others, those that cannot be asked end."""
    known, cheaper = dict(judge.capabilities), _priced(judge, tagging.embedding_price)
    asks: list[Ask] = []
    unasked = []
    for comparison in comparisons:
        for purpose in (Purpose.TAGS, Purpose.EMBED):
            call = calls.get((comparison.pk, purpose.value))
            if call is None or _ended(call) or call.state == State.IN_FLIGHT:
                continue
            booking.open_again(call)
            try:
                if purpose == Purpose.TAGS:
                    asks.append(chat(call, judge, known, comparison))
                else:
                    asks.append(embedding(call, cheaper, known, comparison, tagging.embedding_model))
            except Unshowable as error:
                booking.end_unasked(call, State.INVALID_INPUT, str(error))
                unasked.append(call)
    rows.write([*(ask.call for ask in asks), *unasked])
    return asks


def _priced(judge: Judge, price: Decimal | None) -> Judge:
    """The judge at the price of embeddings. Not to be saved."""
    other = copy(judge)
    for name in PRICES:
        setattr(other, name, None)
    other.input_price = price
    return other


def _reserve(tagging: Tagging, judge: Judge, asks: Sequence[Ask]) -> list[Ask]:
    """Takes in hand what the caps allow, with what it may cost. Raises Stopped where that is nothing."""
    project, begun = judge.version.project, []
    budget.refresh(judge, project)
    people = budget.spent_on_people(project)
    until = timezone.now() + timedelta(seconds=PATIENCE * judge.timeout_seconds)
    for run, purpose in ((tagging.run, Purpose.TAGS), (tagging.embedding_run, Purpose.EMBED)):
        mine = [ask for ask in asks if ask.call.purpose == purpose]
        if run is None or not mine:
            continue
        worst = {ask.call.pk: ask.worst_case for ask in mine}
        allowance = budget.allow(run, judge, project, people, list(worst.values()))
        if not allowance.number:
            raise Stopped("budget", allowance.refused or "what is in flight may use up the budget")
        calls = [ask.call for ask in mine[: allowance.number]]
        free = {call.pk for call in booking.start(calls, run, f"tagging/{tagging.pk}", until, worst)}
        begun += [ask for ask in mine if ask.call.pk in free]
    return begun


def _delays(limiter: Limiter, asks: Sequence[Ask]) -> list[float]:
    """Seconds after which each may be sent, by the endpoint's limits; waits where they leave nothing."""
    if limiter.limits == Limits():
        return [0.0] * len(asks)
    most, delays, begun = max(ask.tokens for ask in asks), list[float](), time.monotonic()
    while len(delays) < len(asks):
        grant = limiter.ask(len(asks) - len(delays), most)
        delays += [time.monotonic() - begun + delay for delay in grant.permits]
        if len(delays) < len(asks):
            time.sleep(max(grant.wait, grant.blocked, 0.05))
    spent = time.monotonic() - begun
    return [max(0.0, delay - spent) for delay in delays]


async def _ask(judge: Judge, asks: Sequence[Ask], delays: Sequence[float]) -> list[tuple[Ask, Answer]]:
    client, turn = connect(judge), asyncio.Semaphore(judge.concurrency)

    async def one(ask: Ask, delay: float) -> tuple[Ask, Answer]:
        await asyncio.sleep(delay)
        async with turn:
            return ask, await ask.ask(client)

    try:
        return await asyncio.gather(*map(one, asks, delays))
    finally:
        await client.close()


def _tag(
    tagging: Tagging, comparisons: Sequence[Comparison], calls: Mapping[tuple[int, str], JudgeCall]
) -> int:
    """Writes the tags of comparisons whose calls have all ended; gives their number."""
    source = source_of(str(tagging.judge.version))
    tags, done, good = [], 0, 0
    for comparison in comparisons:
        mine = [call for (pk, _), call in calls.items() if pk == comparison.pk]
        if not all(map(_ended, mine)):
            continue
        found: dict[str, str] = {}
        for call in mine:
            if call.state == State.OK and call.purpose == Purpose.TAGS:
                found |= prompt.read(call.reply)
            elif call.state == State.OK:
                found[SIMILARITY] = str(call.evidence[SIMILARITY])
        done, good = done + 1, good + bool(found)
        tags += [
            Tag(comparison=comparison, name=name, value=value, source=source) for name, value in found.items()
        ]
    Tag.objects.bulk_create(tags, ignore_conflicts=True)
    JudgeRun.objects.filter(pk=tagging.run_id).update(taken=F("taken") + done, labelled=F("labelled") + good)
    return done


def _ended(call: JudgeCall) -> bool:
    """Answered, or failed in a way that asking again will not mend."""
    return call.state not in (State.PENDING, State.IN_FLIGHT, *JudgeCall.PASSING)
