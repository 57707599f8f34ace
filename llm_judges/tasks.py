"""Celery only says "look now": what there is to do stands in the database, so doubling or losing a message
is harmless."""

import logging
import threading
import time
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.db import transaction
from django.utils import timezone

from annotation.models import JudgeRun

from . import (
    booking,
    calibration,  # noqa: F401 - its reports are renewed by workers, who know them by this
    panels,
    runs,
    tagging,
    trial,
)
from .batching import left_by_runs, tend
from .client import Batches, KeyMissing
from .labelling import JudgeError, work_on
from .models import Judge, Panel, Tagging, in_service, panels_in_service

log = logging.getLogger(__name__)
LOOK_SECONDS = 15
# A task leaves off after so long, well before the broker takes its message for lost, and sends itself again.
SLICE_SECONDS = 600.0
# Runs that this process is at: a second worker of the same process would bring nothing.
_at_work: set[int] = set()
_lock = threading.Lock()
_closing = threading.Event()


@worker_shutting_down.connect
def close(**signal: Any) -> None:
    """A worker that is told to end finishes the calls in flight and leaves the rest to others."""
    _closing.set()


@shared_task
def look() -> None:
    """Has every judge with work worked on, by one more worker with every look.

    Messages that wait longer than the next look expire, so a busy queue does not fill up with them.
    """
    with transaction.atomic():
        booking.sweep(timezone.now())
    for panel in panels_in_service():
        _tend(panel)
    for judge in in_service():
        try:
            run = runs.to_work_on(judge)
        except JudgeError as error:
            log.warning("%s", error)
            continue
        if run is not None:
            work.apply_async((run.pk,), expires=LOOK_SECONDS)
    for judge_id in left_by_runs():
        tend_batches.apply_async((judge_id,), expires=LOOK_SECONDS)
    for waiting in trial.left_open():
        try_out.apply_async((waiting.pk,), expires=LOOK_SECONDS)
    for left in tagging.left_open():
        tag.apply_async((left.pk,), expires=LOOK_SECONDS)


@shared_task(bind=True)
def tag(self: Any, tagging_id: int) -> None:
    """One worker on a tagging for a while; sends itself again while there is more."""
    found = Tagging.objects.select_related("run", "judge__version__project").filter(pk=tagging_id).first()
    if found is None or _closing.is_set():
        return
    until = time.monotonic() + SLICE_SECONDS
    try:
        again = tagging.work_on(found, lambda: _closing.is_set() or time.monotonic() > until)
    except (JudgeError, KeyMissing) as error:
        log.warning("%s", error)
        return
    if again and not _closing.is_set():
        tag.delay(tagging_id)


@shared_task
def try_out(run_id: int) -> None:
    """Asks what an open trial is to ask; how it ended stands on it."""
    run = JudgeRun.objects.filter(pk=run_id).select_related("annotator", "started_by").first()
    if run is None:
        return
    try:
        trial.work_on(run, _judge_of(run))
    except (JudgeError, KeyMissing) as error:
        log.warning("%s", error)


@shared_task
def tend_batches(judge_id: int) -> None:
    """Takes what is answered of batches whose run has ended: it is paid for."""
    judge = Judge.objects.select_related("version", "version__project").get(pk=judge_id)
    try:
        tend(judge, Batches(judge))
    except KeyMissing as error:
        log.warning("judge %s: %s", judge, error)


@shared_task(bind=True)
def work(self: Any, run_id: int) -> None:
    """One worker on a run for a while; sends itself again while there is more."""
    open_states = (JudgeRun.State.PENDING, JudgeRun.State.RUNNING)
    runs_to_do = JudgeRun.objects.filter(pk=run_id, state__in=open_states)
    run = runs_to_do.select_related("annotator", "project").first()
    if run is None or not _begin(run_id):
        return
    try:
        again = _work(run)
    finally:
        _at_work.discard(run_id)
    if again:
        work.delay(run_id)


def _tend(panel: Panel, at_once: bool = False) -> None:
    try:
        panels.tend(panel, at_once)
    except JudgeError as error:
        log.warning("%s", error)


def _begin(run_id: int) -> bool:
    with _lock:
        if run_id in _at_work or _closing.is_set():
            return False
        _at_work.add(run_id)
        return True


def _work(run: JudgeRun) -> bool:
    """Gives whether to go on in another task."""
    judge = _judge_of(run)
    until = time.monotonic() + SLICE_SECONDS
    try:
        outcome = work_on(run, judge, lambda: _closing.is_set() or time.monotonic() > until, patient=False)
    except JudgeError as error:
        log.warning("%s", error)
        runs.stop(run, "failing", str(error))
        return False
    for panel in panels.panels_with(judge):
        _tend(panel, at_once=True)
    if outcome.stopped and outcome.stopped != "interrupted":
        log.warning("judge %s stopped: %s", judge, outcome.message)
    return outcome.stopped == "interrupted" and not _closing.is_set()


def _judge_of(run: JudgeRun) -> Judge:
    judges = Judge.objects.select_related("version__project", "pair_template", "ranking_template")
    return judges.get(version=run.annotator.judge_version_id)
