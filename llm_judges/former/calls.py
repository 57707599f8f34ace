"""A judge's calls on one comparison: what to ask in each order, and the sending of it."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from annotation.models import Annotator, Assignment, Comparison, Criterion, JudgeCall, Project, Response
from annotation.projects import criteria_of, guidelines_of
from annotation.ranking import RankingTask, Scale, letters, relabel

from ..models import Judge
from .client import Client, Reply
from .prompts import Material, Unshowable, new_boundary, render, template_for
from .verdicts import Question, Unreadable, Verdict, read, schema

State = JudgeCall.State
# Faults of the endpoint or the way to it: they say nothing about the comparison.
TRANSIENT = frozenset({State.TRANSPORT_ERROR, State.RATE_LIMITED})
_POLL = 0.2


@dataclass(slots=True)
class Call:
    """One order of one comparison. `known` is the row of an earlier try; `verdicts` are in stored letters,
    and only a call that went well has them."""

    comparison_id: int
    order: str
    messages: list[dict[str, str]]
    request: dict[str, Any]
    known: JudgeCall | None = None
    verdicts: dict[str, Verdict] | None = None
    state: str = ""
    reason: str = ""
    cost: Decimal = Decimal(0)
    rejected: bool = False


@dataclass(slots=True)
class Work:
    """A lent comparison with its calls, one for each order."""

    assignment: Assignment
    calls: list[Call]

    @property
    def open(self) -> list[Call]:
        return [call for call in self.calls if not call.state]

    @property
    def failed(self) -> list[Call]:
        return [call for call in self.calls if call.state and call.state != State.OK]


@dataclass(frozen=True, slots=True)
class Brief:
    """What all calls of a batch share."""

    judge: Judge
    annotator: Annotator
    questions: tuple[Question, ...]
    guidelines: str
    guidelines_version: int | None


def brief(judge: Judge, annotator: Annotator, project: Project) -> Brief:
    """The project's present questions and guidelines for this judge."""
    guidelines = guidelines_of(project)
    return Brief(
        judge,
        annotator,
        tuple(question_of(criterion) for criterion in criteria_of(project)),
        guidelines.text if guidelines else "",
        guidelines.version if guidelines else None,
    )


def question_of(criterion: Criterion) -> Question:
    """The criterion as a judge is asked about it."""
    return Question(
        criterion.name,
        criterion.question,
        Scale(criterion.scale),
        criterion.both_bad,
        rationale_required=criterion.rationale == "required",
        task=RankingTask.parse(criterion.ranking),
    )


def orders(k: int) -> tuple[str, str]:
    """The orders every comparison is asked in: as stored, and reversed."""
    return letters(k), letters(k)[::-1]


def plan(brief: Brief, assignments: Sequence[Assignment]) -> list[Work]:
    """What to ask about the lent comparisons. Calls answered before to the very same prompt are not asked
    again, and comparisons that cannot be judged are never asked about: their calls come back with a state."""
    ids = [assignment.comparison_id for assignment in assignments]
    responses: dict[int, list[Response]] = {}
    for response in Response.objects.filter(comparison_id__in=ids).order_by("comparison_id", "position"):
        responses.setdefault(response.comparison_id, []).append(response)
    known = {
        (call.comparison_id, call.order): call
        for call in JudgeCall.objects.filter(
            annotator=brief.annotator, comparison_id__in=ids, sample=0, purpose=JudgeCall.Purpose.WORK
        )
    }
    return [
        Work(
            assignment,
            [
                _call(brief, assignment.comparison, responses[pk], order, known.get((pk, order)))
                for order in orders(assignment.comparison.k)
            ],
        )
        for assignment in assignments
        for pk in [assignment.comparison_id]
    ]


def send(
    client: Client, brief: Brief, works: Sequence[Work], stop: Callable[[], bool]
) -> Iterator[list[tuple[Call, Reply]]]:
    """Sends the open calls, `concurrency` at a time, and gives them as they are answered.

    Only HTTP happens in threads: the database is used by whoever consumes this. Once `stop()` is true no call
    begins any more, and those in flight are still waited for, since they are paid for.
    """
    pool = ThreadPoolExecutor(brief.judge.concurrency, thread_name_prefix="judge")
    waiting: dict[Future[Reply], Call] = {}
    try:
        for work in works:
            form = schema(brief.questions, work.assignment.comparison.k)
            for call in work.open:
                waiting[pool.submit(client.ask, call.messages, form)] = call
        while waiting:
            if stop():
                waiting = {future: call for future, call in waiting.items() if not future.cancel()}
            done, _ = wait(waiting, timeout=_POLL, return_when=FIRST_COMPLETED)
            if done:
                yield [(waiting.pop(future), future.result()) for future in done]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _call(
    brief: Brief, comparison: Comparison, responses: list[Response], order: str, known: JudgeCall | None
) -> Call:
    template = template_for(brief.judge.version.template, comparison.k)
    try:
        if not comparison.fit:
            raise Unshowable("responses are empty or identical")
        material = _material(comparison, responses, order)
        call = _prompted(brief, comparison, template, material, order, known, new_boundary())
        if known is not None and known.state == State.OK:
            boundary = known.request.get("boundary", "")
            same = _prompted(brief, comparison, template, material, order, known, boundary)
            if same.request == known.request and _reuse(brief, same):
                return same
    except Unshowable as error:
        reason = str(error)[:500]
        return Call(comparison.pk, order, [], {}, known, state=State.INVALID_INPUT, reason=reason)
    return call


def _prompted(
    brief: Brief,
    comparison: Comparison,
    template: str,
    material: Material,
    order: str,
    known: JudgeCall | None,
    boundary: str,
) -> Call:
    """A call with its prompt. The row keeps what is needed to render the prompt again, and its hash."""
    messages = render(template, material, brief.questions, brief.guidelines, boundary)
    request = {
        "template": template,
        "boundary": boundary,
        "guidelines": brief.guidelines_version,
        "sha256": hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).hexdigest(),
    }
    return Call(comparison.pk, order, messages, request, known)


def _reuse(brief: Brief, call: Call) -> bool:
    """Takes over the stored answer to the very same prompt, if today's reader can still read it."""
    try:
        reply = call.known.reply if call.known else ""
        call.verdicts = in_stored_letters(read(reply, brief.questions, len(call.order)), call.order)
    except Unreadable:
        return False
    call.state = State.OK
    return True


def _material(comparison: Comparison, responses: list[Response], order: str) -> Material:
    shown = [responses[letters(comparison.k).index(letter)] for letter in order]
    for response in shown:
        if response.media:
            raise Unshowable("a response has media, which a text prompt cannot show")
    return Material(
        comparison.prompt, [response.context for response in shown], [response.messages for response in shown]
    )


def in_stored_letters(verdicts: dict[str, Verdict], order: str) -> dict[str, Verdict]:
    """The same verdicts with the letters shown mapped back to stored ones."""
    return {
        name: Verdict(relabel(verdict.ranking, order), verdict.strength, verdict.rationale)
        for name, verdict in verdicts.items()
    }
