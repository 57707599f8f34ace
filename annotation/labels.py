"""Submitting: the only place, imports apart, that creates an Annotation and its Labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from .models import Annotation, Annotator, Assignment, Criterion, Label, Project
from .projects import criteria_of, guidelines_of
from .ranking import Ranking, RankingError, RankingTask, Scale, check_answer, parse, relabel
from .stopping import after_answers
from .writing import Rows, json_text, write

CONFIDENCES = ("not", "somewhat", "fairly", "very")

# The row's state changes once, so a double click, a second tab or a replay finds nothing left to change.
_FINISH = """
UPDATE annotation_assignment SET state = 'submitted'
WHERE id IN ({ids}) AND annotator_id = %s AND state IN ('live', 'expired') AND purpose <> 'import'
RETURNING id, comparison_id, demand_id, shown, round, purpose
"""

_FILL = "UPDATE annotation_demand SET live = live - 1, done = done + 1 WHERE id IN ({ids})"


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
    guidelines_id: int | None = None  # the version read; None: the newest
    view: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a submission: recorded now, or `replayed` (this key had been recorded before).

    `differs`: a replay that says something else than what was recorded. The first one stands.
    """

    assignment_id: int
    annotation_id: int
    surplus: bool
    replayed: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class _Finished:
    """An assignment that this transaction has just closed, or opened again for another revision."""

    id: int
    comparison_id: int
    demand_id: int | None
    shown: str
    round: int
    purpose: str
    was_surplus: bool | None = None

    @property
    def surplus(self) -> bool:
        if self.was_surplus is not None:
            return self.was_surplus
        return self.demand_id is None and self.purpose == Assignment.Purpose.WORK

    @property
    def independent(self) -> bool:
        return self.round == 0 and self.purpose == Assignment.Purpose.WORK


def submit_many(annotator: Annotator, project: Project, submissions: Sequence[Submission]) -> list[Receipt]:
    """Records submissions in one transaction: all or none.

    Idempotent by (assignment, revision). Revision 0 answers what was lent; revision n + 1 supersedes the
    annotator's own revision n, whose labels stay but are not current any more, and takes no slot. A
    submission whose lease was returned to the queue is kept as surplus: it counts in agreement and
    consensus, not in the demand's `done`. Receipts come in the order of `submissions`. Raises SubmissionError
    when an answer is missing or not one that the criterion offers, NotLent when an assignment is not this
    annotator's.
    """
    if not submissions:
        return []
    by_id = {submission.assignment_id: submission for submission in submissions}
    with transaction.atomic(), connection.cursor() as cursor:
        finished = _finish(cursor, annotator, [s.assignment_id for s in submissions if s.revision == 0])
        revised = [_reopen(annotator, s) for s in submissions if s.revision > 0]
        written = [
            (assignment, _rows(assignment, by_id[assignment.id], annotator, project))
            for assignment in [*finished, *filter(None, revised)]
        ]
        keys = write(cursor, [rows for _, rows in written])
        receipts = {
            assignment.id: Receipt(assignment.id, key, assignment.surplus)
            for key, (assignment, _) in zip(keys, written, strict=True)
        }
        slots = [a.demand_id for a in finished if a.demand_id is not None]
        if slots:
            cursor.execute(_FILL.format(ids=", ".join(["%s"] * len(slots))), slots)
        if annotator.kind == Annotator.Kind.HUMAN:
            after_answers(cursor, project, [a.comparison_id for a, _ in written if a.independent])
        if len(receipts) < len(by_id):
            late = [by_id[pk] for pk in by_id if pk not in receipts]
            receipts |= _replays(annotator, project, late)
    return [receipts[submission.assignment_id] for submission in submissions]


def _finish(cursor: Any, annotator: Annotator, ids: list[int]) -> list[_Finished]:
    if not ids:
        return []
    cursor.execute(_FINISH.format(ids=", ".join(["%s"] * len(ids))), [*sorted(ids), annotator.pk])
    return [_Finished(*row) for row in cursor.fetchall()]


def _reopen(annotator: Annotator, submission: Submission) -> _Finished | None:
    """Supersedes the annotator's latest revision, if this submission is the next one."""
    latest = (
        Annotation.objects.select_related("assignment")
        .select_for_update(of=("self",))
        .filter(
            assignment_id=submission.assignment_id,
            assignment__annotator=annotator,
            revision=submission.revision - 1,
            superseded_at=None,
        )
        .exclude(assignment__purpose=Assignment.Purpose.IMPORT)
        .first()
    )
    if latest is None:
        return None
    Annotation.objects.filter(pk=latest.pk).update(superseded_at=timezone.now())
    Label.objects.filter(annotation=latest).update(current=False)
    a = latest.assignment
    return _Finished(a.pk, a.comparison_id, a.demand_id, latest.shown, a.round, a.purpose, latest.surplus)


def _replays(annotator: Annotator, project: Project, submissions: Iterable[Submission]) -> dict[int, Receipt]:
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
            submission.assignment_id,
            known.pk,
            known.surplus,
            replayed=True,
            differs=_differs(known, submission, project),
        )
    return receipts


def _differs(known: Annotation, submission: Submission, project: Project) -> bool:
    recorded = {
        label.criterion_id: (
            label.ranking,
            label.strength,
            label.confidence,
            rationale.reasons if (rationale := getattr(label, "rationale", None)) else [],
            rationale.text if rationale else "",
        )
        for label in known.labels.select_related("rationale")
    }
    criteria = {criterion.name: criterion for criterion in criteria_of(project)}
    said = {
        criterion.pk: (
            str(_checked(answer, criterion, known.shown)),
            answer.strength,
            answer.confidence,
            list(answer.reasons),
            answer.rationale,
        )
        for name, answer in submission.answers.items()
        if (criterion := criteria.get(name))
    }
    return said != recorded


def _rows(assignment: _Finished, submission: Submission, annotator: Annotator, project: Project) -> Rows:
    """What is to be written of one submission, or SubmissionError."""
    criteria = {criterion.name: criterion for criterion in criteria_of(project)}
    for name in submission.answers:
        if name not in criteria:
            raise SubmissionError(name, f"this project has no criterion {name!r}")
    newest = guidelines_of(project)
    now = timezone.now()
    rows = Rows(
        (
            assignment.id,
            submission.revision,
            assignment.shown,
            submission.guidelines_id or (newest.pk if newest else None),
            submission.active_seconds,
            submission.idle_seconds,
            assignment.surplus,
            submission.order_consistent,
            json_text(dict(submission.view)),
            now,
        )
    )
    for name, criterion in criteria.items():
        answer = submission.answers.get(name)
        if answer is None:
            raise SubmissionError(name, f"{name} is still open")
        ranking = _checked(answer, criterion, assignment.shown)
        if criterion.confidence and not answer.confidence and annotator.kind == Annotator.Kind.HUMAN:
            raise SubmissionError(name, "say how sure you are")
        _check_rationale(answer.rationale.strip(), criterion, annotator)
        label = (
            project.pk,
            assignment.comparison_id,
            annotator.pk,
            criterion.pk,
            str(ranking),
            answer.strength,
            answer.confidence,
            assignment.independent,
            True,
            now,
        )
        said = answer.reasons or answer.rationale
        rows.labels.append((label, (json_text(list(answer.reasons)), answer.rationale) if said else None))
    return rows


def _check_rationale(text: str, criterion: Criterion, annotator: Annotator) -> None:
    """Raises SubmissionError for a missing rationale, and for a person's that is too short."""
    if criterion.rationale == "required" and not text:
        raise SubmissionError(criterion.name, "say why in a few words")
    short = text and len(text) < criterion.rationale_min
    if short and annotator.kind == Annotator.Kind.HUMAN:
        raise SubmissionError(criterion.name, f"write at least {criterion.rationale_min} characters")


def _checked(answer: Answer, criterion: Criterion, shown: str) -> Ranking:
    """The answer in stored letters, or SubmissionError naming the criterion."""
    k = len(shown)
    try:
        ranking = parse(answer.ranking, k)
        task = RankingTask.parse(criterion.ranking)
        check_answer(ranking, answer.strength, Scale(criterion.scale), k, criterion.both_bad, task)
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
