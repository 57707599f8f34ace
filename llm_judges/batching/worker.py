"""One worker on a run whose judge is asked in batches."""

import time
from collections.abc import Callable

from django.utils import timezone

from annotation.models import JudgeRun

from .. import budget
from ..client import Batches
from ..demand import held_by, open_for
from ..models import Judge
from ..outcome import Outcome
from ..running.desk import finish_if_done
from . import tending
from .filling import fill
from .rows import end_run, open_batches


class BatchWorker:
    """One worker on a run whose judge is asked in batches; as `running.worker.Worker` otherwise."""

    def __init__(
        self,
        run: JudgeRun,
        judge: Judge,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[Outcome], None] = lambda outcome: None,
        patient: bool = True,
    ) -> None:
        self._run = run
        self._judge = judge
        self._stop = stop
        self._progress = progress
        self._patient = patient
        self._remote = Batches(judge)
        self._outcome = Outcome()

    def work(self) -> Outcome:
        """Hands in what is asked of the judge and takes what is answered, until nothing is left; without
        patience once, since batches take hours."""
        while True:
            self._run.refresh_from_db()
            running = self._run.state == JudgeRun.State.RUNNING
            JudgeRun.objects.filter(pk=self._run.pk).update(seen_at=timezone.now())
            if running and not self._outcome.stopped:
                budget.refresh(self._judge, self._run.project)
                self._hand_in()
            tending.tend(self._judge, self._remote, self._outcome, at_once=self._patient)
            self._progress(self._outcome)
            self._run.refresh_from_db()
            if self._run.state != JudgeRun.State.RUNNING:
                self._outcome.stop(self._run.stop_reason or self._run.state, self._run.message)
            waiting = open_batches(self._judge).exists()
            if self._stop():
                self._outcome.stop("interrupted", "stopped; what was handed in is with the provider")
            if self._outcome.stopped or not self._patient or not (waiting or self._more()):
                break
            time.sleep(tending.POLL_SECONDS if waiting else min(tending.POLL_SECONDS, 1.0))
        if not self._outcome.stopped:
            self._end()
        return self._outcome

    def _hand_in(self) -> None:
        batch = fill(self._run, self._judge, self._outcome)
        while batch is not None and not self._stop():
            batch = fill(self._run, self._judge, self._outcome)

    def _more(self) -> bool:
        """Whether there is something left to hand in, now or when its next try is due."""
        limit = self._run.limit
        reached = limit is not None and self._run.taken >= limit
        return held_by(self._judge).exists() or (not reached and open_for(self._judge).exists())

    def _end(self) -> None:
        limit = self._run.limit
        if limit is not None and self._run.taken >= limit:
            words = f"stopped after {limit} comparisons, as asked"
            self._outcome.stop("limit", words)
            end_run(self._run, JudgeRun.State.FINISHED, "limit", words)
        else:
            finish_if_done(self._run, self._judge)
