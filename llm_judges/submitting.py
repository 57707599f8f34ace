"""Comparisons whose calls have all ended: one annotation from all orders, or none.

A comparison gets a label only when in every order more than half of the samples were answered and read (of
one sample: all of them). Its calls keep what each order said, and whether they agree, whatever becomes of it.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.utils import timezone

from annotation import labels, leases
from annotation.models import Annotation, Annotator, Assignment, JudgeCall, Label, Project, SoftLabel

from .calls import Brief
from .preparing import form_of
from .reconcile import Said, Settled, settle
from .verdicts import Reading, Unreadable, read_reply

log = logging.getLogger(__name__)
State = JudgeCall.State
SOFT = ["probabilities", "source", "votes", "asked", "mass", "shift", "order_consistent"]
LABELLED, UNDECIDED, FAILED, OPEN = "labelled", "undecided", "failed", "open"
Lent = tuple[Assignment, Sequence[JudgeCall]]
Answers = Mapping[int, tuple[Assignment, Mapping[str, Settled]]]


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a comparison.

    `labelled`; `undecided`: all calls went well, and yet there is no label (`why`); `failed`: a call did not;
    `open`: a call is still to be asked, so nothing was done. `consistent`: whether all orders said the same
    on every criterion, None with one order.
    """

    assignment: Assignment
    outcome: str
    consistent: bool | None = None
    why: str = ""


@dataclass(slots=True)
class _Batch:
    """What there is to write."""

    answers: dict[int, tuple[Assignment, Mapping[str, Settled]]] = field(default_factory=dict)
    calls: dict[bool | None, list[int]] = field(default_factory=dict)


def finish(brief: Brief, lent: Sequence[Lent]) -> list[Finished]:
    """Submits what has been answered; gives back what has not, for good. A constant number of statements.

    May run inside a transaction of the caller's.
    """
    batch = _Batch()
    found: dict[int, Finished] = {}
    for assignment, calls in lent:
        found[assignment.pk] = _judged(brief, batch, assignment, calls)
    with transaction.atomic():
        for consistent, ids in batch.calls.items():
            JudgeCall.objects.filter(pk__in=ids).update(order_consistent=consistent)
        for pk, why in record(brief.annotator, brief.project, batch.answers).items():
            found[pk] = Finished(found[pk].assignment, UNDECIDED, found[pk].consistent, why)
        gone = [pk for pk, done in found.items() if done.outcome in (UNDECIDED, FAILED)]
        leases.give_back(brief.annotator, gone)
    return list(found.values())


def enough(calls: Sequence[JudgeCall]) -> bool:
    """Whether the calls on one comparison that are ok may stand for all of them: in every order more than
    half. So an order is never missing, and a failure among samples costs no more than its vote."""
    asked = Counter(call.order for call in calls)
    ok = Counter(call.order for call in calls if call.state == State.OK)
    return bool(calls) and all(2 * ok[order] > number for order, number in asked.items())


def settle_all(brief: Brief, calls: Sequence[JudgeCall]) -> dict[str, Settled]:
    """By criterion what the calls on one comparison say together, those that are ok. Raises Unreadable."""
    k = len(calls[0].order)
    readings = [(call.order, readings_of(brief, call)) for call in calls if call.state == State.OK]
    settled = {
        question.name: settle(
            [Said(order, found[question.name]) for order, found in readings],
            question,
            k,
            brief.project.inconsistency,
        )
        for question in brief.questions
    }
    return {name: replace(one, asked=len(calls)) for name, one in settled.items()}


def readings_of(brief: Brief, call: JudgeCall) -> dict[str, Reading]:
    """What an answered call says, from its stored reply. Raises Unreadable."""
    try:
        form = form_of(call, brief.questions)
    except KeyError:
        raise Unreadable("the call was made before it was kept how to read its reply") from None
    return read_reply(call.reply, form, call.order, call.evidence.get("slots", {}))


def consistency(settled: Mapping[str, Settled]) -> bool | None:
    """Whether the orders said the same on every criterion; None with one order."""
    known = [one.consistent for one in settled.values() if one.consistent is not None]
    return all(known) if known else None


def submission_of(
    assignment: Assignment, settled: Mapping[str, Settled], revision: int = 0
) -> labels.Submission:
    """A judge's assignment is in stored order, so stored letters are the letters shown."""
    answers = {
        name: labels.Answer(str(one.ranking), one.strength, rationale=one.rationale)
        for name, one in settled.items()
    }
    return labels.Submission(assignment.pk, answers, revision=revision, order_consistent=consistency(settled))


def write_soft(receipts: Mapping[int, int], settled: Mapping[int, Mapping[str, Settled]]) -> None:
    """Soft labels of new annotations: `receipts` are annotations by assignment."""
    by_annotation = {receipts[pk]: found for pk, found in settled.items() if pk in receipts}
    rows = Label.objects.filter(annotation__in=list(by_annotation)).values_list(
        "pk", "annotation", "criterion__name"
    )
    SoftLabel.objects.bulk_create(
        soft_of(label, by_annotation[annotation][name]) for label, annotation, name in rows
    )


def revise(
    annotator: Annotator,
    project: Project,
    assignment: Assignment,
    annotation: Annotation,
    settled: Mapping[str, Settled],
) -> str:
    """Makes the current annotation (its labels fetched with criteria) say what is settled now; without
    anything settled it is withdrawn. Gives `same` (the soft labels are renewed), `revised` or `withdrawn`."""
    said = {label.criterion.name: label for label in annotation.labels.all()}
    if not settled:
        Annotation.objects.filter(pk=annotation.pk).update(superseded_at=timezone.now())
        Label.objects.filter(annotation=annotation).update(current=False)
        return "withdrawn"
    before = {name: (label.ranking, label.strength) for name, label in said.items()}
    if before == {name: (str(one.ranking), one.strength) for name, one in settled.items()}:
        SoftLabel.objects.bulk_create(
            [soft_of(label.pk, settled[name]) for name, label in said.items()],
            update_conflicts=True,
            unique_fields=["label"],
            update_fields=SOFT,
        )
        return "same"
    submission = submission_of(assignment, settled, annotation.revision + 1)
    (receipt,) = labels.submit_many(annotator, project, [submission])
    write_soft({assignment.pk: receipt.annotation_id}, {assignment.pk: settled})
    return "revised"


def _judged(brief: Brief, batch: _Batch, assignment: Assignment, calls: Sequence[JudgeCall]) -> Finished:
    if any(
        call.state in (State.PENDING, State.IN_FLIGHT) or call.next_attempt_at is not None for call in calls
    ):
        return Finished(assignment, OPEN)
    if not enough(calls):
        return Finished(assignment, FAILED)
    try:
        settled = settle_all(brief, calls)
    except Unreadable as error:
        return Finished(assignment, FAILED, why=str(error))
    consistent = consistency(settled)
    batch.calls.setdefault(consistent, []).extend(call.pk for call in calls)
    for call in calls:
        call.order_consistent = consistent
    if why := next((one.why for one in settled.values() if one.ranking is None), ""):
        return Finished(assignment, UNDECIDED, consistent, why)
    batch.answers[assignment.pk] = (assignment, settled)
    return Finished(assignment, LABELLED, consistent)


def record(annotator: Annotator, project: Project, answers: Answers) -> dict[int, str]:
    """Submits what was settled, by assignment id, with its soft labels: all together, or where one of them is
    refused each by itself. Gives why by assignment that was not recorded."""
    try:
        with transaction.atomic():
            _record(annotator, project, answers)
    except (labels.NotLent, labels.SubmissionError):
        found: dict[int, str] = {}
        for pk, answer in answers.items():
            found |= _record_one(annotator, project, {pk: answer})
        return found
    return {}


def _record_one(annotator: Annotator, project: Project, answer: Answers) -> dict[int, str]:
    try:
        with transaction.atomic():
            _record(annotator, project, answer)
    except (labels.NotLent, labels.SubmissionError) as error:
        log.warning("judge %s: a label was refused: %s", annotator, error)
        return dict.fromkeys(answer, f"the label was refused: {error}")
    return {}


def _record(annotator: Annotator, project: Project, answers: Answers) -> None:
    submissions = [submission_of(assignment, settled) for assignment, settled in answers.values()]
    receipts = labels.submit_many(annotator, project, submissions)
    new = {receipt.assignment_id: receipt.annotation_id for receipt in receipts if not receipt.replayed}
    write_soft(new, {pk: answers[pk][1] for pk in new})


def soft_of(label: int, settled: Settled) -> SoftLabel:
    return SoftLabel(
        label_id=label,
        probabilities={name: round(p, 6) for name, p in settled.probabilities.items()},
        source=settled.source,
        votes=settled.votes,
        asked=settled.asked,
        mass=None if settled.mass is None else round(settled.mass, 6),
        shift=None if settled.shift is None else round(settled.shift, 6),
        order_consistent=settled.consistent,
    )
