"""Celery only says "look now": what there is to do stands in the database, so doubling or losing a message
is harmless."""

import logging
from typing import Any

from celery import shared_task

from .demand import is_resting, is_running, open_for
from .labelling import SHARD, JudgeError, label_some
from .models import in_service

log = logging.getLogger(__name__)
LOOK_SECONDS = 15


@shared_task
def look() -> None:
    """Starts every judge that has work nobody is at, unless its endpoint has just been found down.

    Messages that wait longer than the next look expire, so a busy queue does not fill up with them.
    """
    for judge in in_service():
        if not is_running(judge) and open_for(judge).exists() and not is_resting(judge):
            run_judge.apply_async((judge.pk,), expires=LOOK_SECONDS)


@shared_task(bind=True)
def run_judge(self: Any, judge_id: int) -> None:
    """Labels one shard and sends itself again while there is more; leaves it to another run that is at it."""
    judge = in_service().filter(pk=judge_id).first()
    while judge is not None and not is_running(judge):
        try:
            outcome = label_some(judge, SHARD)
        except JudgeError as error:
            log.warning("%s", error)
            return
        if outcome.stopped:
            log.warning("judge %s stopped: %s", judge, outcome.message)
        if outcome.stopped or not outcome.taken:
            return
        if not self.request.is_eager:  # eager: a loop, because tasks would nest
            run_judge.delay(judge_id)
            return
