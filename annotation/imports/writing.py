"""Writing checked answers: assignments, annotations, labels, rationales and calls, a batch at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from .. import bulk
from ..models import Annotation, Assignment, JudgeCall, Label, Project, Rationale
from ..writing import LABEL
from .annotators import Annotators
from .fields import encode
from .records import Change, Record

_Changes = list[tuple[Record, Change]]


def write_records(
    project: Project,
    records: Sequence[Record],
    names: Mapping[int, str],
    annotators: Annotators,
    stamp: datetime,
) -> dict[int, int]:
    """Writes what the records amount to; gives the number of people new to each comparison."""
    criteria = {name: pk for pk, name in names.items()}
    changes = [(record, change) for record in records for change in record.settle(criteria)]
    _write_calls(records, annotators, stamp)
    _supersede([change for _, change in changes if change.supersedes], stamp)
    _write_assignments(changes, annotators, stamp)
    _write_annotations(changes, stamp)
    _write_labels(project, changes, annotators, stamp)
    return Counter(record.comparison_id for record in records if record.new_person)


def _write_calls(records: Sequence[Record], annotators: Annotators, stamp: datetime) -> None:
    new = [(record, call) for record in records for call in record.calls if call.id is None]
    rows = (
        (
            annotators.id(record.annotator),
            record.comparison_id,
            call.order,
            call.sample,
            encode(call.verdict, "verdict"),
            "\n".join(call.reply),
        )
        for record, call in new
    )
    bulk.insert(
        JudgeCall,
        ["annotator_id", "comparison_id", "order", "sample", "verdict", "reply"],
        rows,
        purpose=JudgeCall.Purpose.IMPORT,
        state=JudgeCall.State.OK,
        created_at=stamp,
    )
    changed = [call for record in records for call in record.calls if call.id is not None and call.changed]
    JudgeCall.objects.bulk_update(
        [JudgeCall(pk=call.id, verdict=call.verdict) for call in changed], ["verdict"], batch_size=500
    )


def _supersede(changes: list[Change], stamp: datetime) -> None:
    ids = [change.sheet.annotation_id for change in changes]
    if ids:
        Annotation.objects.filter(pk__in=ids).update(superseded_at=stamp)
        Label.objects.filter(annotation_id__in=ids).update(current=False)
    for change in changes:
        change.sheet.annotation_id = 0
        change.sheet.revision += 1


def _write_assignments(changes: _Changes, annotators: Annotators, stamp: datetime) -> None:
    new = [(record, change.sheet) for record, change in changes if not change.sheet.assignment_id]
    ids = bulk.reserve(Assignment, len(new))
    for (_, sheet), pk in zip(new, ids, strict=True):
        sheet.assignment_id = pk
    rows = (
        (sheet.assignment_id, record.comparison_id, annotators.id(record.annotator), sheet.round, sheet.shown)
        for record, sheet in new
    )
    bulk.insert(
        Assignment,
        ["id", "comparison_id", "annotator_id", "round", "shown"],
        rows,
        purpose=Assignment.Purpose.IMPORT,
        state=Assignment.State.SUBMITTED,
        claimed_at=stamp,
    )


def _write_annotations(changes: _Changes, stamp: datetime) -> None:
    new = [change for _, change in changes if not change.sheet.annotation_id]
    ids = bulk.reserve(Annotation, len(new))
    for change, pk in zip(new, ids, strict=True):
        change.sheet.annotation_id = pk
    rows = (
        (
            change.sheet.annotation_id,
            change.sheet.assignment_id,
            change.sheet.revision,
            change.sheet.shown,
            change.sheet.seconds,
            change.consistent,
        )
        for change in new
    )
    names = ["id", "assignment_id", "revision", "shown", "active_seconds", "order_consistent"]
    bulk.insert(Annotation, names, rows, created_at=stamp)


def _write_labels(project: Project, changes: _Changes, annotators: Annotators, stamp: datetime) -> None:
    ids = bulk.reserve(Label, sum(len(change.answers) for _, change in changes))
    rationales: list[tuple[int, str, str]] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        numbers = iter(ids)
        for record, change in changes:
            annotator = annotators.id(record.annotator)
            for criterion, answer in change.answers.items():
                pk = next(numbers)
                if answer.reasons or answer.rationale:
                    rationales.append((pk, encode(answer.reasons, "reasons"), answer.rationale))
                yield (
                    pk,
                    change.sheet.annotation_id,
                    record.comparison_id,
                    annotator,
                    criterion,
                    answer.ranking,
                    answer.strength,
                    answer.confidence,
                    change.sheet.round == 0,
                    connection.ops.adapt_datetimefield_value(answer.created_at or stamp),
                )

    bulk.insert(Label, ["id", *LABEL], rows(), project_id=project.pk)
    bulk.insert(Rationale, ["label_id", "reasons", "text"], rationales)
