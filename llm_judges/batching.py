"""A run by the provider's Batch API: files of calls that are answered within a day, at a part of the price.

Everything stands on rows before it is sent. A batch's calls are in flight under its name with what they may
cost reserved; its id is kept as soon as it is known, and one whose id got lost is found by its mark. Answers
are taken by `custom_id` (call and attempt) from output and error file together; a call that is in neither is
asked again. Booking and labelling go by comparisons, so whoever takes up a batch goes on from there.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from annotation import leases
from annotation.models import Annotator, Assignment, Comparison, JudgeCall, JudgeRun, Response

from . import booking, budget, calls, submitting
from .asking import Answer, Prepared, Request, answer_to, best_rung
from .client import Batches, BatchFailed, RemoteBatch, replied
from .demand import held_by, open_for
from .models import Judge, JudgeBatch
from .outcome import Outcome
from .preparing import TOKEN, Brief, prepare
from .prices import cost_of, discounted
from .prompts import Unshowable
from .registry import annotator_of
from .running.breaker import Breaker
from .running.desk import count_finished, finish_if_done
from .running.retry import delay

State = JudgeCall.State
MOST_REQUESTS = 50_000  # a file, as providers allow
MOST_BYTES = 190_000_000
PORTION = 250  # comparisons a transaction
# A batch is answered within a day or expires; its calls and comparisons stay with it a little longer.
HELD = timedelta(hours=26)
LEASE = timedelta(minutes=10)
GIVE_UP = timedelta(hours=1)  # on a batch that cannot be handed in
POLL_SECONDS = 15.0
MOST_TRIES = 3  # of one call


def open_batches(judge: Judge) -> "QuerySet[JudgeBatch]":
    """The judge's batches of which not everything is booked, whatever became of their runs."""
    return JudgeBatch.objects.filter(judge=judge, ended_at=None).select_related("run", "run__project")


def left_by_runs() -> list[int]:
    """Primary keys of judges with a batch that no worker of an open run looks after."""
    at_work = (JudgeRun.State.PENDING, JudgeRun.State.RUNNING)
    left = JudgeBatch.objects.filter(ended_at=None).exclude(run__state__in=at_work)
    return list(left.order_by("judge").values_list("judge", flat=True).distinct())


class BatchWorker:
    """One worker on a run whose judge is asked in batches; as `running.worker.Worker` otherwise."""

    def __init__(
        self,
        run: JudgeRun,
        judge: Judge,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[Outcome], None] = lambda outcome: None,
        patient: bool = True,
    ) -> None:
        self._run = run
        self._judge = judge
        self._stop = stop
        self._progress = progress
        self._patient = patient
        self._remote = Batches(judge)
        self._outcome = Outcome()

    def work(self) -> Outcome:
        """Hands in what is asked of the judge and takes what is answered, until nothing is left; without
        patience once, since batches take hours."""
        while True:
            self._run.refresh_from_db()
            running = self._run.state == JudgeRun.State.RUNNING
            JudgeRun.objects.filter(pk=self._run.pk).update(seen_at=timezone.now())
            if running and not self._outcome.stopped:
                self._hand_in()
            tend(self._judge, self._remote, self._outcome, at_once=self._patient)
            self._progress(self._outcome)
            self._run.refresh_from_db()
            if self._run.state != JudgeRun.State.RUNNING:
                self._outcome.stop(self._run.stop_reason or self._run.state, self._run.message)
            waiting = open_batches(self._judge).exists()
            if self._stop():
                self._outcome.stop("interrupted", "stopped; what was handed in is with the provider")
            if self._outcome.stopped or not self._patient or not (waiting or self._more()):
                break
            time.sleep(POLL_SECONDS if waiting else min(POLL_SECONDS, 1.0))
        if not self._outcome.stopped:
            self._end()
        return self._outcome

    def _hand_in(self) -> None:
        batch = fill(self._run, self._judge, self._outcome)
        while batch is not None and not self._stop():
            batch = fill(self._run, self._judge, self._outcome)

    def _more(self) -> bool:
        """Whether there is something left to hand in, now or when its next try is due."""
        limit = self._run.limit
        reached = limit is not None and self._run.taken >= limit
        return held_by(self._judge).exists() or (not reached and open_for(self._judge).exists())

    def _end(self) -> None:
        limit = self._run.limit
        if limit is not None and self._run.taken >= limit:
            words = f"stopped after {limit} comparisons, as asked"
            self._outcome.stop("limit", words)
            _end(self._run, JudgeRun.State.FINISHED, "limit", words)
        else:
            finish_if_done(self._run, self._judge)


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
            _finish(run, brief, known, outcome)
            requests += len(begun)
            size += sum(len(orjson.dumps(one.request.body)) + 200 for one in begun)
        if refused:
            if batch is None and not open_batches(judge).exists():
                outcome.stop("budget_stopped", refused)
                _end(run, JudgeRun.State.STOPPED, "budget_stopped", refused)
            break
        if len(fits) < len(works):
            break
    return batch


def tend(judge: Judge, remote: Batches, outcome: Outcome | None = None, at_once: bool = False) -> None:
    """Goes on with every open batch of the judge: hands it in, asks after it, takes what it brought. One that
    somebody else is at is left alone, and unless `at_once` one that was asked after a moment ago."""
    total = outcome or Outcome()
    recently = timezone.now() - timedelta(seconds=POLL_SECONDS)
    for batch in open_batches(judge):
        if not at_once and batch.looked_at and batch.looked_at > recently:
            continue
        with _leased(batch) as mine:
            if mine:
                try:
                    _advance(batch, remote, total)
                except BatchFailed as error:
                    _failed(batch, error)


def _failed(batch: JudgeBatch, error: BatchFailed) -> None:
    """The endpoint did not do what was asked: tried again with the next look, as long as that may help."""
    _note(batch, message=str(error), looked_at=timezone.now())
    age = timezone.now() - batch.created_at
    if not batch.remote_id and (error.fatal or age > GIVE_UP):
        _abandon(batch, str(error))
    elif age > HELD:  # its calls have been swept
        _note(batch, ended_at=timezone.now())


# --- handing in ---


def _lend(run: JudgeRun, judge: Judge, brief: Brief) -> list[Assignment]:
    booking.sweep(timezone.now())
    wanted = PORTION
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


def _advance(batch: JudgeBatch, remote: Batches, outcome: Outcome) -> None:
    if batch.remote_id:
        found = remote.look(batch.remote_id)
    else:
        tried = batch.looked_at is not None
        _note(batch, looked_at=timezone.now())
        found = (remote.find(str(batch.mark)) if tried else None) or _send(batch, remote)
        _note(batch, remote_id=found.id, sent_at=timezone.now())
    if batch.run.state == JudgeRun.State.CANCELLED and not found.ended and found.status != "cancelling":
        found = remote.cancel(found.id)
    _note(batch, status=found.status, message=found.message, looked_at=timezone.now())
    if found.status == "failed":
        _abandon(batch, found.message or "the provider refused the batch")
    elif found.ended:
        _collect(batch, found, remote, outcome)
        _note(batch, ended_at=timezone.now())


def _send(batch: JudgeBatch, remote: Batches) -> RemoteBatch:
    with tempfile.TemporaryDirectory(prefix="tandem-batch-") as folder:
        path = Path(folder) / "requests.jsonl"
        with path.open("wb") as file:
            for _, prepared in _portions(batch):
                for one in prepared:
                    line = {
                        "custom_id": _custom_id(one.call),
                        "method": "POST",
                        "url": "/v1/chat/completions",
                        "body": one.request.body,
                    }
                    file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        return remote.create(path, str(batch.mark))


def _custom_id(call: JudgeCall) -> str:
    return f"{call.pk}-{call.attempts}"


def _portions(batch: JudgeBatch) -> Iterator[tuple[Brief, list[Prepared]]]:
    """The batch's calls that are still in flight, by whole comparisons, each with its request."""
    judge = batch.judge
    brief = calls.brief(discounted(judge), annotator_of(judge), batch.run.project)
    mine = JudgeCall.objects.filter(claimed_by=batch.worker, state=State.IN_FLIGHT, run=batch.run)
    last = 0
    while ids := list(
        mine.filter(comparison__gt=last)
        .order_by("comparison")
        .values_list("comparison", flat=True)
        .distinct()[:PORTION]
    ):
        some = list(mine.filter(comparison__in=ids).order_by("comparison", "pk"))
        yield brief, _prepared(brief, some, batch.rung)
        last = ids[-1]


def _prepared(brief: Brief, some: Sequence[JudgeCall], rung: str) -> list[Prepared]:
    """The calls with their requests made again, asked in the way that the batch asks."""
    comparisons = Comparison.objects.in_bulk({call.comparison_id for call in some})
    responses: dict[int, list[Response]] = {pk: [] for pk in comparisons}
    for response in Response.objects.filter(comparison__in=list(comparisons)).order_by("position"):
        responses[response.comparison_id].append(response)
    found = []
    for call in some:
        noted = call.request
        try:
            one = prepare(brief, call, comparisons[call.comparison_id], responses[call.comparison_id])
        except Unshowable:
            continue
        call.request = noted  # the letters and boundary that were sent
        one.request = one.request.on(rung)
        found.append(one)
    return found


# --- taking answers ---


def _collect(batch: JudgeBatch, found: RemoteBatch, remote: Batches, outcome: Outcome) -> None:
    with tempfile.TemporaryDirectory(prefix="tandem-batch-") as folder:
        lines = _Lines()
        for name in filter(None, (found.output, found.errors)):
            path = Path(folder) / str(len(lines.files))
            remote.download(name, path)
            lines.read(path)
        try:
            breaker = Breaker(batch.run.breaker_share)
            for brief, prepared in _portions(batch):
                _take(batch, brief, prepared, lines, found, breaker, outcome)
                _note(batch, leased_until=timezone.now() + LEASE)
        finally:
            lines.close()


def _take(
    batch: JudgeBatch,
    brief: Brief,
    prepared: Sequence[Prepared],
    lines: "_Lines",
    found: RemoteBatch,
    breaker: Breaker,
    outcome: Outcome,
) -> None:
    now = timezone.now()
    heard = []
    for one in prepared:
        answer = _answer(one, lines.get(_custom_id(one.call)), batch, found)
        due = _due(one.call, answer, now) if batch.run.state != JudgeRun.State.CANCELLED else None
        heard.append((one, answer, due))
    with transaction.atomic():
        booking.book(batch.run, heard)
        _finish_all(batch.run, brief, {one.call.comparison_id for one in prepared}, outcome)
    for one, answer, _ in heard:
        outcome.count_call(answer.state, answer.reason, cost_of(one.judge, answer.usage))
        if not answer.passing:
            breaker.replied(answer.reason or "unreadable" if answer.unreadable else "")
        if answer.fatal:
            slug = "quota" if answer.state == State.RATE_LIMITED else "failing"
            _end(batch.run, JudgeRun.State.STOPPED, slug, f"no call can succeed: {answer.reason}")
    if words := breaker.open:
        _end(batch.run, JudgeRun.State.STOPPED, "breaker", words)


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


def _finish_all(run: JudgeRun, brief: Brief, comparisons: set[int], outcome: Outcome) -> None:
    """Labels the comparisons whose calls have all ended. The lease of one with a call that is asked again
    ends when that is due, so the queue lends it by itself."""
    every: dict[int, list[JudgeCall]] = {pk: [] for pk in comparisons}
    mine = JudgeCall.objects.filter(
        annotator=brief.annotator, comparison__in=comparisons, purpose=JudgeCall.Purpose.WORK
    )
    for call in mine.order_by("pk"):
        every[call.comparison_id].append(call)
    live = Assignment.objects.filter(
        annotator=brief.annotator, comparison__in=comparisons, state=Assignment.State.LIVE
    ).select_related("comparison")
    lent = [(one, every[one.comparison_id]) for one in live]
    unasked = [pair for pair in lent if any(call.state == State.CANCELLED for call in pair[1])]
    leases.give_back(brief.annotator, [one.pk for one, _ in unasked], again=True)
    _finish(run, brief, [pair for pair in lent if pair not in unasked], outcome)


def _finish(run: JudgeRun, brief: Brief, lent: Sequence[submitting.Lent], outcome: Outcome) -> None:
    done = submitting.finish(brief, lent)
    finished = [one for one in done if one.outcome != submitting.OPEN]
    still = {one.assignment.pk for one in done if one.outcome == submitting.OPEN}
    waiting = {one.pk: _when(some) for one, some in lent if one.pk in still}
    for due in set(waiting.values()):
        ids = [pk for pk, when in waiting.items() if when == due]
        Assignment.objects.filter(pk__in=ids, state=Assignment.State.LIVE).update(leased_until=due)
    if finished:
        count_finished(run, finished)
        outcome.count_finished(finished)


def _when(some: Sequence[JudgeCall]) -> datetime:
    """When a comparison of which a call is open may be lent again; to the second, so that there are few."""
    later = [call.next_attempt_at for call in some if call.next_attempt_at is not None]
    held = [call.leased_until for call in some if call.state == State.IN_FLIGHT and call.leased_until]
    due = max([*later, *held], default=timezone.now() + LEASE)
    return due.replace(microsecond=0) + timedelta(seconds=1)


# --- the rows ---


def _note(batch: JudgeBatch, **values: Any) -> None:
    JudgeBatch.objects.filter(pk=batch.pk).update(**values)
    for name, value in values.items():
        setattr(batch, name, value)


@contextmanager
def _leased(batch: JudgeBatch) -> Iterator[bool]:
    """Whether this worker may go on with the batch; nobody else does meanwhile."""
    now = timezone.now()
    free = JudgeBatch.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=now), pk=batch.pk, ended_at=None
    )
    mine = bool(free.update(leased_until=now + LEASE))
    if mine:
        batch.refresh_from_db()
        batch.run.refresh_from_db()
    try:
        yield mine
    finally:
        if mine:
            JudgeBatch.objects.filter(pk=batch.pk).update(leased_until=None)


@transaction.atomic
def _abandon(batch: JudgeBatch, why: str) -> None:
    """A batch that nobody works on: its calls are free again, and its run stops and says why."""
    mine = list(JudgeCall.objects.filter(claimed_by=batch.worker, state=State.IN_FLIGHT, run=batch.run))
    booking.put_back(mine)
    annotator = Annotator.objects.get(pk=batch.run.annotator_id)
    lent = Assignment.objects.filter(
        annotator=annotator,
        comparison__in={call.comparison_id for call in mine},
        state=Assignment.State.LIVE,
    )
    leases.give_back(annotator, list(lent.values_list("pk", flat=True)), again=True)
    _note(batch, ended_at=timezone.now(), message=why[:500])
    _end(batch.run, JudgeRun.State.STOPPED, "failing", f"a batch could not be worked on: {why}")


def _end(run: JudgeRun, state: str, reason: str, message: str) -> None:
    JudgeRun.objects.filter(pk=run.pk, state=JudgeRun.State.RUNNING).update(
        state=state, stop_reason=reason, message=message[:500], finished_at=timezone.now()
    )


class _Lines:
    """Lines of downloaded files by custom_id, read where they stand: a file may be larger than memory."""

    def __init__(self) -> None:
        self.files: list[BinaryIO] = []
        self._place: dict[str, tuple[int, int]] = {}

    def read(self, path: Path) -> None:
        file = path.open("rb")
        self.files.append(file)
        place = 0
        for line in file:
            try:
                name = orjson.loads(line).get("custom_id")
            except (ValueError, AttributeError):
                name = None
            if isinstance(name, str):
                self._place.setdefault(name, (len(self.files) - 1, place))
            place += len(line)

    def get(self, name: str) -> Mapping[str, Any] | None:
        if name not in self._place:
            return None
        number, place = self._place[name]
        self.files[number].seek(place)
        found: dict[str, Any] = orjson.loads(self.files[number].readline())
        return found

    def close(self) -> None:
        for file in self.files:
            file.close()
