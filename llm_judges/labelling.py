"""Judges at work: a run, and one worker of it in this process. The command and the task call the same verb.

A comparison gets a label only when every call on it was answered and read. Where the reply was at fault the
lease goes back, so that the judge is not asked about it again until `runs.retry_failed`. Where the endpoint
did not answer, or nothing was asked (stopped, no money left), it returns to the queue.
"""

from collections.abc import Callable
from decimal import Decimal

from annotation.models import JudgeRun, User

from . import runs
from .batching import BatchWorker
from .capabilities import ensure_probed
from .client import KeyMissing
from .models import Judge
from .outcome import Outcome
from .running.worker import Worker
from .runs import JudgeError

__all__ = ["JudgeError", "label_all", "work_on"]


def label_all(
    judge: Judge,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Outcome], None] = lambda outcome: None,
    cap: Decimal | None = None,
    started_by: User | None = None,
    only_asked: bool = False,
) -> Outcome:
    """Starts a run of the judge, or joins the one that is open, and works on it until it ends.

    `only_asked`: see `runs.start`. `stop()`: leave off, and end the run. `progress` is told about once a
    second. Raises JudgeError when the judge cannot be run.
    """
    run = runs.start(judge, started_by, cap, limit, only_asked=only_asked)
    outcome = work_on(run, judge, stop, progress)
    if outcome.stopped == "interrupted":
        runs.stop(run, outcome.stopped, outcome.message)
    return outcome


def work_on(
    run: JudgeRun,
    judge: Judge,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Outcome], None] = lambda outcome: None,
    patient: bool = True,
) -> Outcome:
    """One worker on an open run, as long as there is something to do; see `running.worker.Worker`.

    Safe to run many times at once. Raises JudgeError when the judge cannot be run.
    """
    runs.check(judge, run.cap)
    runs.begin(run, judge)
    try:
        worker = BatchWorker if judge.transport == "batch" else Worker
        return worker(run, ensure_probed(judge, run.started_by), stop, progress, patient).work()
    except KeyMissing as error:
        raise JudgeError(f"judge {judge}: {error}") from error
