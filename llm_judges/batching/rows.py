"""The rows a batch stands on: which are open, who goes on with one, how it and its run end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from annotation import leases
from annotation.models import Annotator, Assignment, JudgeCall, JudgeRun

from .. import booking
from ..models import Judge, JudgeBatch

# A batch is answered within a day or expires; its calls and comparisons stay with it a little longer.
HELD = timedelta(hours=26)
LEASE = timedelta(minutes=10)


def open_batches(judge: Judge) -> "QuerySet[JudgeBatch]":
    """The judge's batches of which not everything is booked, whatever became of their runs."""
    return JudgeBatch.objects.filter(judge=judge, ended_at=None).select_related("run", "run__project")


def left_by_runs() -> list[int]:
    """Primary keys of judges with a batch that no worker of an open run looks after."""
    at_work = (JudgeRun.State.PENDING, JudgeRun.State.RUNNING)
    left = JudgeBatch.objects.filter(ended_at=None).exclude(run__state__in=at_work)
    return list(left.order_by("judge").values_list("judge", flat=True).distinct())


def newest_batches(judge: Judge, number: int = 20) -> list[JudgeBatch]:
    """The judge's batches, the newest first."""
    return list(JudgeBatch.objects.filter(judge=judge).select_related("run").order_by("-pk")[:number])


def note(batch: JudgeBatch, **values: Any) -> None:
    """Writes these columns of the batch alone: others may have written the rest."""
    JudgeBatch.objects.filter(pk=batch.pk).update(**values)
    for name, value in values.items():
        setattr(batch, name, value)


@contextmanager
def leased(batch: JudgeBatch) -> Iterator[bool]:
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
def abandon(batch: JudgeBatch, why: str) -> None:
    """A batch that nobody works on: its calls are free again, and its run stops and says why."""
    mine = list(
        JudgeCall.objects.filter(claimed_by=batch.worker, state=JudgeCall.State.IN_FLIGHT, run=batch.run)
    )
    booking.put_back(mine)
    annotator = Annotator.objects.get(pk=batch.run.annotator_id)
    lent = Assignment.objects.filter(
        annotator=annotator,
        comparison__in={call.comparison_id for call in mine},
        state=Assignment.State.LIVE,
    )
    leases.give_back(annotator, list(lent.values_list("pk", flat=True)), again=True)
    note(batch, ended_at=timezone.now(), message=why[:500])
    end_run(batch.run, JudgeRun.State.STOPPED, "failing", f"a batch could not be worked on: {why}")


def end_run(run: JudgeRun, state: str, reason: str, message: str) -> None:
    """Ends a run that is running; one that is not keeps how it ended."""
    JudgeRun.objects.filter(pk=run.pk, state=JudgeRun.State.RUNNING).update(
        state=state, stop_reason=reason, message=message[:500], finished_at=timezone.now()
    )
