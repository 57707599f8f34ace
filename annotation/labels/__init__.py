"""Submitting: the only place, imports apart, that creates an Annotation and its Labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import connection, transaction
from django.utils import timezone

from ..instruments.watching import Given
from ..instruments.watching import after_answers as watch
from ..models import Annotation, Annotator, Assignment, Label, Project
from ..projects import criteria_of, guidelines_of
from ..stopping import after_answers
from ..webhooks import labels_submitted
from ..writing import Rows, json_text, write
from .answers import CONFIDENCES, Answer, SubmissionError, check

__all__ = [
    "CONFIDENCES",
    "Answer",
    "NotLent",
    "Receipt",
    "Submission",
    "SubmissionError",
    "recorded",
    "submit_many",
]

# The row's state changes once, so a double click, a second tab or a replay finds nothing left to change.
_FINISH = """
UPDATE annotation_assignment SET state = 'submitted'
WHERE id IN ({ids}) AND annotator_id = %s AND state IN ('live', 'expired') AND purpose <> 'import'
RETURNING id, comparison_id, demand_id, shown, round, purpose
"""

_FILL = "UPDATE annotation_demand SET live = live - 1, done = done + 1 WHERE id IN ({ids})"


class NotLent(Exception):
    """There is no such assignment for this annotator."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything an annotator says on one assignment. (assignment_id, revision) is the submission key."""

    assignment_id: int
    answers: Mapping[str, Answer]
    revision: int = 0
    active_seconds: float | None = None
    idle_seconds: float | None = None
    order_consistent: bool | None = None
    guidelines_id: int | Literal["newest"] | None = "newest"  # the version read; None: none was
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
    def first(self) -> bool:
        """Whether this is the first answer to it."""
        return self.was_surplus is None

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
    receipts: dict[int, Receipt] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for wave in _waves(submissions):
            by_id = {pk: submissions[number] for pk, number in wave.items()}
            written = _record(cursor, annotator, project, by_id)
            receipts |= {number: written[pk] for pk, number in wave.items()}
    return [receipts[number] for number in range(len(submissions))]


def recorded(annotator: Annotator, assignment_id: int, revision: int) -> Receipt | None:
    """The receipt of what this annotator said under a submission key before; None if that was nothing.

    For replays that cannot be read any more, because the questions have changed since.
    """
    known = _recorded(annotator, assignment_id, revision)
    return Receipt(assignment_id, known.pk, known.surplus, replayed=True) if known else None


def _waves(submissions: Sequence[Submission]) -> list[dict[int, int]]:
    """The submissions by assignment id, as positions; several on one assignment come one after the other, by
    revision."""
    waves: list[dict[int, int]] = []
    for number in sorted(range(len(submissions)), key=lambda number: submissions[number].revision):
        pk = submissions[number].assignment_id
        wave = next((wave for wave in waves if pk not in wave), None)
        if wave is None:
            waves.append(wave := {})
        wave[pk] = number
    return waves


def _record(
    cursor: Any, annotator: Annotator, project: Project, by_id: Mapping[int, Submission]
) -> dict[int, Receipt]:
    """Records one submission for each of these assignments, if it has not been recorded before."""
    submissions = by_id.values()
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
        watch(annotator, project, [_given(a, by_id[a.id], rows) for a, rows in written if a.first])
    labels_submitted(project, annotator, keys)
    return receipts | {pk: _replay(annotator, s) for pk, s in by_id.items() if pk not in receipts}


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


def _replay(annotator: Annotator, submission: Submission) -> Receipt:
    known = _recorded(annotator, submission.assignment_id, submission.revision)
    if known is None:
        raise NotLent(f"assignment {submission.assignment_id} is not lent to {annotator}")
    differs = _differs(known, submission)
    return Receipt(submission.assignment_id, known.pk, known.surplus, replayed=True, differs=differs)


def _recorded(annotator: Annotator, assignment_id: int, revision: int) -> Annotation | None:
    return Annotation.objects.filter(
        assignment_id=assignment_id, assignment__annotator=annotator, revision=revision
    ).first()


def _differs(known: Annotation, submission: Submission) -> bool:
    """Whether a replay says something else. By the criteria's names, not by whether it would be an answer
    today: a criterion may have a newer version since."""
    before = {}
    for label in known.labels.select_related("rationale", "criterion"):
        rationale = getattr(label, "rationale", None)
        why = (rationale.reasons, rationale.text) if rationale else ([], "")
        before[label.criterion.name] = (label.ranking, label.strength, label.confidence, *why)
    return before != {name: answer.stored(known.shown) for name, answer in submission.answers.items()}


def _rows(assignment: _Finished, submission: Submission, annotator: Annotator, project: Project) -> Rows:
    """What is to be written of one submission, or SubmissionError."""
    criteria = {criterion.name: criterion for criterion in criteria_of(project)}
    for name in submission.answers:
        if name not in criteria:
            raise SubmissionError(name, f"this project has no criterion {name!r}")
    now = timezone.now()
    rows = Rows(
        (
            assignment.id,
            submission.revision,
            assignment.shown,
            _guidelines_of(submission, project),
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
        ranking = check(answer, criterion, assignment.shown, annotator)
        label = (
            assignment.comparison_id,
            annotator.pk,
            criterion.pk,
            str(ranking),
            answer.strength,
            answer.confidence,
            assignment.independent and annotator.excluded_at is None,
            now,
            project.pk,
            True,
        )
        said = answer.reasons or answer.rationale
        rows.labels.append((label, (json_text(list(answer.reasons)), answer.rationale) if said else None))
    return rows


def _given(assignment: _Finished, submission: Submission, rows: Rows) -> Given:
    said = {criterion: (ranking, strength) for (_c, _a, criterion, ranking, strength, *_), _ in rows.labels}
    return Given(
        assignment.comparison_id, assignment.purpose, assignment.shown, submission.active_seconds, said
    )


def _guidelines_of(submission: Submission, project: Project) -> int | None:
    if submission.guidelines_id != "newest":
        return submission.guidelines_id
    newest = guidelines_of(project)
    return newest.pk if newest else None
