"""A judge's calls on lent comparisons: which there are to be, and which of them need no asking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from annotation.models import Annotator, Comparison, Criterion, JudgeCall, JudgeRun, Project, Response
from annotation.projects import criteria_of, guidelines_of
from annotation.ranking import RankingTask, Scale

from . import booking, rows
from .asking import Prepared
from .models import Judge
from .preparing import Brief, form_of, orders, prepare
from .prompts import Unshowable, Words
from .verdicts import Question, Unreadable, read_reply

State = JudgeCall.State


@dataclass(slots=True)
class Work:
    """A comparison with all its calls, and those of them that are to be asked."""

    comparison_id: int
    calls: list[JudgeCall] = field(default_factory=list)
    prepared: list[Prepared] = field(default_factory=list)


def brief(
    judge: Judge, annotator: Annotator, project: Project, purpose: str = JudgeCall.Purpose.WORK
) -> Brief:
    """The project's present questions and guidelines for this judge."""
    guidelines = guidelines_of(project)
    criteria = criteria_of(project)
    return Brief(
        judge,
        annotator,
        project,
        purpose,
        tuple(question_of(criterion) for criterion in criteria),
        tuple(criterion.pk for criterion in criteria),
        Words(guidelines.text if guidelines else "", judge.version.settings.get("rubric", "")),
        guidelines.version if guidelines else None,
        dict(judge.capabilities),
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


def open_calls(brief: Brief, run: JudgeRun, comparisons: Sequence[Comparison]) -> list[Work]:
    """The calls on these comparisons, made where they are missing, with those to be asked ready to be sent.

    What needs no asking ends here: comparisons that cannot be judged (`invalid_input`), answers that are
    there already, and answers that any judge of the project was given to the very same request. Failures are
    never used again. Calls in another worker's hands, and those not yet due for another try, are left alone.
    A constant number of statements, however many comparisons.
    """
    responses = _responses(comparison.pk for comparison in comparisons)
    known = _known(brief, comparisons)
    now = timezone.now()
    works, planned = [], []
    for comparison in comparisons:
        work = Work(comparison.pk)
        for order in orders(brief, comparison):
            for sample in range(brief.settings.get("samples", 1)):
                call = known.get((comparison.pk, order, sample)) or JudgeCall(
                    annotator_id=brief.annotator.pk,
                    comparison_id=comparison.pk,
                    order=order,
                    sample=sample,
                    purpose=brief.purpose,
                    attempts=0,
                )
                work.calls.append(call)
                if not _in_other_hands(call, now):
                    call.run_id = run.pk
                    _plan(brief, work, call, comparison, responses[comparison.pk])
                    planned.append(call)
        works.append(work)
    _use_again(brief, works)
    _write(run, planned)
    return works


def prompts_of(brief: Brief, calls: Sequence[JudgeCall]) -> dict[int, list[dict[str, str]]]:
    """By call the chat messages that it was asked with, made again; those whose prompt has changed since, or
    that were never asked, are left out."""
    comparisons = Comparison.objects.in_bulk({call.comparison_id for call in calls})
    responses = _responses(comparisons)
    found = {}
    for call in calls:
        again = JudgeCall(order=call.order, sample=call.sample)
        try:
            prepared = prepare(brief, again, comparisons[call.comparison_id], responses[call.comparison_id])
        except Unshowable:
            continue
        asked = prepared.request.on(call.evidence.get("rung", prepared.request.form.rung))
        if again.request["boundary"] == call.request.get("boundary"):  # drawn from all that is asked
            found[call.pk] = [dict(message) for message in asked.messages]
    return found


def _responses(comparison_ids: Iterable[int]) -> dict[int, list[Response]]:
    found: dict[int, list[Response]] = {pk: [] for pk in comparison_ids}
    for response in Response.objects.filter(comparison__in=list(found)).order_by("comparison_id", "position"):
        found[response.comparison_id].append(response)
    return found


def _known(brief: Brief, comparisons: Sequence[Comparison]) -> dict[tuple[int, str, int], JudgeCall]:
    calls = JudgeCall.objects.filter(
        annotator=brief.annotator, comparison__in=comparisons, purpose=brief.purpose
    )
    return {(call.comparison_id, call.order, call.sample): call for call in calls}


def _in_other_hands(call: JudgeCall, now: datetime) -> bool:
    """Asked by another worker, or not due for its next try."""
    if call.state == State.IN_FLIGHT:
        return call.leased_until is not None and call.leased_until >= now
    return call.next_attempt_at is not None and call.next_attempt_at > now


def _plan(
    brief: Brief, work: Work, call: JudgeCall, comparison: Comparison, responses: list[Response]
) -> None:
    """Decides what becomes of one call: stays answered, is asked, or cannot be."""
    answered = call.request_hash if call.state == State.OK else None
    try:
        prepared = prepare(brief, call, comparison, responses)
    except Unshowable as error:
        booking.end_unasked(call, State.INVALID_INPUT, str(error))
        return
    if answered is not None and answered == call.request_hash and _read(brief, call, call):
        return
    booking.open_again(call)
    work.prepared.append(prepared)


def _use_again(brief: Brief, works: Sequence[Work]) -> None:
    """Takes answers to the very same requests from other calls of the project."""
    wanted = {prepared.call.request_hash for work in works for prepared in work.prepared}
    answers = {
        answer.request_hash: answer
        for answer in JudgeCall.objects.filter(
            annotator__project=brief.project, state=State.OK, request_hash__in=wanted
        )
    }
    if not answers:
        return
    for work in works:
        asked = []
        for prepared in work.prepared:
            call, answer = prepared.call, answers.get(prepared.call.request_hash)
            if answer is None or answer.pk == call.pk or not _read(brief, call, answer):
                asked.append(prepared)
        work.prepared = asked


def _write(run: JudgeRun, calls: Sequence[JudgeCall]) -> None:
    new = [call for call in calls if call.pk is None]
    known = [call for call in calls if call.pk is not None]
    rows.insert(new)
    rows.write(known)
    if reused := sum(call.state == State.OK for call in calls):
        JudgeRun.objects.filter(pk=run.pk).update(reused=F("reused") + reused)


def _read(brief: Brief, call: JudgeCall, answer: JudgeCall) -> bool:
    """Gives the call what the stored answer says; False where today's reader cannot read it."""
    try:
        form = form_of(answer, brief.questions)
        readings = read_reply(answer.reply, form, call.order, answer.evidence.get("slots", {}))
    except (Unreadable, KeyError):
        return False
    booking.answer_again(call, answer, readings)
    return True
