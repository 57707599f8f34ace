"""Submitting: the only place, imports apart, that creates an Annotation and its Labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import F

from .models import Annotation, Annotator, Assignment, Criterion, Demand, Label, Project, Rationale
from .projects import criteria_of, guidelines_of
from .ranking import Ranking, RankingError, Scale, check_answer, parse, relabel

CONFIDENCES = ("not", "somewhat", "fairly", "very")

# The row's state changes once, so a double click, a second tab or a replay finds nothing left to change.
_FINISH = """
UPDATE annotation_assignment SET state = 'submitted'
WHERE id IN ({ids}) AND annotator_id = %s AND state IN ('live', 'expired') AND purpose <> 'import'
RETURNING id, comparison_id, demand_id, shown, round, purpose
"""


class SubmissionError(ValueError):
    """The answer cannot be recorded. `field` is the criterion or field at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class NotLent(Exception):
    """There is no such assignment for this annotator."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One criterion's answer; `ranking` is over the letters as *shown*."""

    ranking: str
    strength: int | None = None
    confidence: str = ""
    reasons: tuple[str, ...] = ()
    rationale: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything an annotator says on one assignment. (assignment_id, revision) is the submission key."""

    assignment_id: int
    answers: Mapping[str, Answer]
    revision: int = 0
    active_seconds: float | None = None
    idle_seconds: float | None = None
    order_consistent: bool | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a submission: recorded now, or `replayed` (it had been recorded before)."""

    assignment_id: int
    annotation_id: int
    surplus: bool
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Finished:
    """An assignment that this transaction has just closed."""

    id: int
    comparison_id: int
    demand_id: int | None
    shown: str
    round: int
    purpose: str

    @property
    def surplus(self) -> bool:
        return self.demand_id is None and self.purpose == Assignment.Purpose.WORK

    @property
    def independent(self) -> bool:
        return self.round == 0 and self.purpose == Assignment.Purpose.WORK


@dataclass(slots=True)
class _Batch:
    annotations: list[Annotation] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    rationales: list[Rationale] = field(default_factory=list)


def submit_many(annotator: Annotator, project: Project, submissions: Sequence[Submission]) -> list[Receipt]:
    """Records submissions in one transaction: all or none.

    Idempotent by (assignment, revision). A submission whose lease was returned to the queue is kept as
    surplus: it counts in agreement and consensus, not in the demand's `done`. Receipts come in the order of
    `submissions`. Raises SubmissionError when an answer is missing or not one that the criterion offers,
    NotLent when an assignment is not this annotator's.
    """
    if not submissions:
        return []
    by_id = {submission.assignment_id: submission for submission in submissions}
    with transaction.atomic():
        finished = _finish(annotator, list(by_id))
        batch = _Batch()
        for assignment in finished:
            _add(batch, assignment, by_id[assignment.id], annotator, project)
        Annotation.objects.bulk_create(batch.annotations)
        Label.objects.bulk_create(batch.labels)
        if batch.rationales:
            Rationale.objects.bulk_create(batch.rationales)
        slots = [a.demand_id for a in finished if a.demand_id is not None]
        if slots:
            Demand.objects.filter(pk__in=slots).update(live=F("live") - 1, done=F("done") + 1)
        receipts = {
            annotation.assignment_id: Receipt(annotation.assignment_id, annotation.pk, annotation.surplus)
            for annotation in batch.annotations
        }
        if len(receipts) < len(by_id):
            receipts |= _replays(annotator, [by_id[pk] for pk in by_id if pk not in receipts])
    return [receipts[submission.assignment_id] for submission in submissions]


def _finish(annotator: Annotator, ids: list[int]) -> list[_Finished]:
    with connection.cursor() as cursor:
        cursor.execute(_FINISH.format(ids=", ".join(["%s"] * len(ids))), [*sorted(ids), annotator.pk])
        return [_Finished(*row) for row in cursor.fetchall()]


def _replays(annotator: Annotator, submissions: Iterable[Submission]) -> dict[int, Receipt]:
    receipts = {}
    for submission in submissions:
        known = Annotation.objects.filter(
            assignment_id=submission.assignment_id,
            assignment__annotator=annotator,
            revision=submission.revision,
        ).first()
        if known is None:
            raise NotLent(f"assignment {submission.assignment_id} is not lent to {annotator}")
        receipts[submission.assignment_id] = Receipt(
            submission.assignment_id, known.pk, known.surplus, replayed=True
        )
    return receipts


def _add(
    batch: _Batch, assignment: _Finished, submission: Submission, annotator: Annotator, project: Project
) -> None:
    criteria = {criterion.name: criterion for criterion in criteria_of(project)}
    for name in submission.answers:
        if name not in criteria:
            raise SubmissionError(name, f"this project has no criterion {name!r}")
    annotation = Annotation(
        assignment_id=assignment.id,
        revision=submission.revision,
        shown=assignment.shown,
        guidelines=guidelines_of(project),
        active_seconds=submission.active_seconds,
        idle_seconds=submission.idle_seconds,
        surplus=assignment.surplus,
        order_consistent=submission.order_consistent,
    )
    batch.annotations.append(annotation)
    for name, criterion in criteria.items():
        answer = submission.answers.get(name)
        if answer is None:
            raise SubmissionError(name, f"{name} is still open")
        ranking = _checked(answer, criterion, assignment.shown)
        if criterion.confidence and not answer.confidence and annotator.kind == Annotator.Kind.HUMAN:
            raise SubmissionError(name, "say how sure you are")
        if criterion.rationale == "required" and not answer.rationale.strip():
            raise SubmissionError(name, "say why in a few words")
        label = Label(
            annotation=annotation,
            project=project,
            comparison_id=assignment.comparison_id,
            annotator=annotator,
            criterion=criterion,
            ranking=str(ranking),
            strength=answer.strength,
            confidence=answer.confidence,
            independent=assignment.independent,
        )
        batch.labels.append(label)
        if answer.reasons or answer.rationale:
            batch.rationales.append(
                Rationale(label=label, reasons=list(answer.reasons), text=answer.rationale)
            )


def _checked(answer: Answer, criterion: Criterion, shown: str) -> Ranking:
    """The answer in stored letters, or SubmissionError naming the criterion."""
    k = len(shown)
    try:
        ranking = parse(answer.ranking, k)
        check_answer(ranking, answer.strength, Scale(criterion.scale), k, criterion.both_bad)
    except RankingError as error:
        raise SubmissionError(criterion.name, str(error)) from error
    if answer.confidence and answer.confidence not in CONFIDENCES:
        raise SubmissionError(criterion.name, f"confidence must be one of {', '.join(CONFIDENCES)}")
    if not _is_text(answer.rationale):
        raise SubmissionError(criterion.name, "the rationale holds characters that are not text")
    unknown = [reason for reason in answer.reasons if reason not in criterion.reasons]
    if unknown:
        raise SubmissionError(criterion.name, f"{unknown[0]!r} is not a reason offered here")
    return relabel(ranking, shown)


def _is_text(text: str) -> bool:
    """False for NUL and lone surrogates, which no database stores."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
