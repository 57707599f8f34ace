"""Goes on with batches that are under way: handed in, asked after, cancelled, taken."""

from datetime import timedelta

from django.utils import timezone

from annotation.models import JudgeRun

from ..client import Batches, BatchFailed
from ..models import Judge, JudgeBatch
from ..outcome import Outcome
from .answers import collect
from .handing_in import send
from .rows import HELD, abandon, leased, note, open_batches

GIVE_UP = timedelta(hours=1)  # on a batch that cannot be handed in
POLL_SECONDS = 15.0


def tend(judge: Judge, remote: Batches, outcome: Outcome | None = None, at_once: bool = False) -> None:
    """Goes on with every open batch of the judge: hands it in, asks after it, takes what it brought. One that
    somebody else is at is left alone, and unless `at_once` one that was asked after a moment ago."""
    total = outcome or Outcome()
    recently = timezone.now() - timedelta(seconds=POLL_SECONDS)
    for batch in open_batches(judge):
        if not at_once and batch.looked_at and batch.looked_at > recently:
            continue
        with leased(batch) as mine:
            if mine:
                try:
                    _advance(batch, remote, total)
                except BatchFailed as error:
                    _failed(batch, error)


def _advance(batch: JudgeBatch, remote: Batches, outcome: Outcome) -> None:
    if batch.remote_id:
        found = remote.look(batch.remote_id)
    else:
        tried = batch.looked_at is not None
        note(batch, looked_at=timezone.now())
        found = (remote.find(str(batch.mark)) if tried else None) or send(batch, remote)
        note(batch, remote_id=found.id, sent_at=timezone.now())
    if batch.run.state == JudgeRun.State.CANCELLED and not found.ended and found.status != "cancelling":
        found = remote.cancel(found.id)
    note(batch, status=found.status, message=found.message, looked_at=timezone.now())
    if found.status == "failed":
        abandon(batch, found.message or "the provider refused the batch")
    elif found.ended:
        collect(batch, found, remote, outcome)
        note(batch, ended_at=timezone.now())


def _failed(batch: JudgeBatch, error: BatchFailed) -> None:
    """The endpoint did not do what was asked: tried again with the next look, as long as that may help."""
    note(batch, message=str(error), looked_at=timezone.now())
    age = timezone.now() - batch.created_at
    cancelled = batch.run.state == JudgeRun.State.CANCELLED
    if (error.fatal and (cancelled or not batch.remote_id)) or (age > GIVE_UP and not batch.remote_id):
        abandon(batch, str(error))
    elif age > HELD:  # its calls have been swept
        note(batch, ended_at=timezone.now())
