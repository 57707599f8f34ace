"""Takes what a batch brought: each call by its line, booked and labelled by whole comparisons."""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotation.models import JudgeCall, JudgeRun

from .. import booking
from ..asking import Answer, Prepared, Request, answer_to
from ..client import Batches, RemoteBatch
from ..models import JudgeBatch
from ..outcome import Outcome
from ..preparing import TOKEN, Brief
from ..prices import cost_of
from ..running.breaker import Breaker
from ..running.retry import delay
from .finishing import finish_all
from .handing_in import custom_id, portions
from .lines import Lines, replied
from .rows import LEASE, end_run, note

State = JudgeCall.State
MOST_TRIES = 3  # of one call


def collect(batch: JudgeBatch, found: RemoteBatch, remote: Batches, outcome: Outcome) -> None:
    """Downloads what an ended batch brought and takes it by portions. Raises BatchFailed."""
    with tempfile.TemporaryDirectory(prefix="tandem-batch-") as folder:
        lines = Lines()
        for name in filter(None, (found.output, found.errors)):
            path = Path(folder) / str(len(lines.files))
            remote.download(name, path)
            lines.read(path)
        try:
            breaker = Breaker(batch.run.breaker_share)
            for brief, prepared in portions(batch):
                _take(batch, brief, prepared, lines, found, breaker, outcome)
                note(batch, leased_until=timezone.now() + LEASE)
        finally:
            lines.close()


def _take(
    batch: JudgeBatch,
    brief: Brief,
    prepared: Sequence[Prepared],
    lines: Lines,
    found: RemoteBatch,
    breaker: Breaker,
    outcome: Outcome,
) -> None:
    now = timezone.now()
    heard = []
    for one in prepared:
        answer = _answer(one, lines.get(custom_id(one.call)), batch, found)
        due = _due(one.call, answer, now) if batch.run.state != JudgeRun.State.CANCELLED else None
        heard.append((one, answer, due))
    with transaction.atomic():
        booking.book(batch.run, heard)
        _count(batch, [answer.state for _, answer, _ in heard])
        finish_all(batch.run, brief, {one.call.comparison_id for one in prepared}, outcome)
    for one, answer, _ in heard:
        outcome.count_call(answer.state, answer.reason, cost_of(one.judge, answer.usage))
        if not answer.passing:
            breaker.replied(answer.reason or "unreadable" if answer.unreadable else "")
        if answer.fatal:
            slug = "quota" if answer.state == State.RATE_LIMITED else "failing"
            end_run(batch.run, JudgeRun.State.STOPPED, slug, f"no call can succeed: {answer.reason}")
    if words := breaker.open:
        end_run(batch.run, JudgeRun.State.STOPPED, "breaker", words)


def _count(batch: JudgeBatch, states: Sequence[str]) -> None:
    """Belongs into the transaction that books these calls, so that each is counted once."""
    note(batch, booked=dict(Counter(batch.booked) + Counter(states)))


def _answer(one: Prepared, line: Mapping[str, Any] | None, batch: JudgeBatch, found: RemoteBatch) -> Answer:
    if line is None:
        if batch.run.state == JudgeRun.State.CANCELLED:
            return Answer(State.CANCELLED, "the run was cancelled")
        return Answer(State.TRANSPORT_ERROR, f"the batch ({found.status}) brought no answer to it", sends=1)
    return answer_to(one.call.order, _as_sent(one), replied(line))


def _as_sent(one: Prepared) -> Request:
    """The request with letters and boundary as they were sent, whatever the project says since."""
    noted = one.call.request
    form = replace(one.request.form, letters=noted["letters"], token=noted["boundary"][:TOKEN])
    return replace(one.request, form=form)


def _due(call: JudgeCall, answer: Answer, now: datetime) -> datetime | None:
    """When a call that did not get through is asked again, in another batch."""
    if not (answer.passing and (answer.fatal or call.attempts + 1 < MOST_TRIES)):
        return None
    return now + timedelta(seconds=delay(call.attempts + 1, None))
