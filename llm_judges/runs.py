"""Runs by name of what is done with them: started, paused, resumed, cancelled, and started by themselves."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotation import leases
from annotation.models import JudgeRun, User
from annotation.projects import criteria_of

from . import budget
from .demand import ask_for, open_for
from .models import Judge
from .registry import annotator_of, is_current
from .running.desk import finish_if_done

State = JudgeRun.State
# An endpoint that was found down is tried again by itself after so long.
REST_SECONDS = 60


class JudgeError(ValueError):
    """The judge cannot be run at all; the message says what to do."""


def runs_of(judge: Judge) -> "QuerySet[JudgeRun]":
    """The runs of this version of the judge, newest first; probes and trials are none."""
    runs = JudgeRun.objects.filter(annotator=annotator_of(judge), purpose=JudgeRun.Purpose.RUN)
    return runs.select_related("annotator", "project").order_by("-pk")


def open_run(judge: Judge) -> JudgeRun | None:
    return runs_of(judge).filter(state__in=JudgeRun.OPEN).first()


def start(
    judge: Judge,
    started_by: User | None = None,
    cap: Decimal | None = None,
    limit: int | None = None,
    breaker_share: float | None = None,
    only_asked: bool = False,
) -> JudgeRun:
    """Opens a run of the judge, for workers to `begin`; gives the one that is open where there is one.

    `only_asked`: on what it is asked for already; otherwise it is first asked about all that is undecided.
    `cap`: the most it may cost, in the project's currency; `limit`: comparisons; `breaker_share`: the share
    of unreadable replies at which it stops, in place of the judge's own. Raises JudgeError when the judge
    cannot be run, or is paused.
    """
    check(judge, cap)
    wishes = {"cap": cap, "limit": limit, "breaker_share": breaker_share}
    given = {name: value for name, value in wishes.items() if value is not None}
    begun = {"state": State.RUNNING, "started_at": timezone.now()} if only_asked else {}
    run = open_run(judge) or _create(judge, started_by=started_by, **given, **begun)
    if run.state == State.PAUSED:
        raise JudgeError(f"judge {judge}: its run {run.pk} is paused; resume it to go on")
    for name, value in given.items():
        if getattr(run, name) != value:
            raise JudgeError(
                f"judge {judge}: its run {run.pk} has begun with another {name}; cancel it first"
            )
    return run


def begin(run: JudgeRun, judge: Judge) -> None:
    """A worker takes up a run: before the first one does, the judge is asked for all that is undecided."""
    if run.state == State.PENDING:
        ask_for(judge, run.project)
        _move(run, (State.PENDING,), State.RUNNING)


def check(judge: Judge, cap: Decimal | None = None) -> None:
    """Raises JudgeError where a run could not be what the owner expects of it."""
    project = judge.version.project
    if project.put_away:
        raise JudgeError(f"judge {judge}: the project is archived or about to be deleted")
    if not is_current(judge.version):
        raise JudgeError(
            f"judge {judge}: its prompt templates have changed since it was set up; "
            "run create_project again to make a new version of it"
        )
    if not criteria_of(project):
        raise JudgeError(f"project {project.slug} asks no question: it has no criterion")
    if unpriced := budget.unpriced(judge, project, cap):
        raise JudgeError(f"judge {judge}: {unpriced}")


def pause(run: JudgeRun) -> bool:
    """Asks nothing more until `resume`; what is in flight is still booked. Gives whether it was running."""
    return _move(run, (State.PENDING, State.RUNNING), State.PAUSED)


def resume(run: JudgeRun, judge: Judge) -> bool:
    """Lets a run that is paused, or stopped by itself, go on. Raises JudgeError when the judge cannot be run,
    or another of its runs is open."""
    check(judge, run.cap)
    try:
        with transaction.atomic():
            after = State.RUNNING if run.started_at else State.PENDING
            return _move(run, (State.PAUSED, State.STOPPED), after)
    except IntegrityError:
        raise JudgeError(f"judge {judge}: another run of it is open") from None


def stop(run: JudgeRun, reason: str, message: str) -> bool:
    """Stops a run from here, such as by Ctrl-C; `reason` is a slug. Gives whether it was running."""
    return bool(
        JudgeRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
            state=State.STOPPED, stop_reason=reason, message=message, finished_at=timezone.now()
        )
    )


def cancel(run: JudgeRun) -> bool:
    """Ends a run for good. What it has is kept. Gives whether it was open."""
    return _move(run, JudgeRun.OPEN, State.CANCELLED)


def retry_failed(judge: Judge) -> int:
    """Lets the judge be asked again about what it failed on, and its panels answer once it has. Gives the
    number of comparisons."""
    annotator = annotator_of(judge)
    for panel in annotator.panels.filter(judge_version__retired_at=None):
        leases.lend_again(panel)
    return leases.lend_again(annotator)


def to_work_on(judge: Judge) -> JudgeRun | None:
    """The run that a worker should take up now: one that is open and has work, or a new one where routing
    asked the judge for labels and nobody has told it to stop. Raises JudgeError when it cannot be run."""
    run = open_run(judge)
    if run is None and open_for(judge).exists():
        last = runs_of(judge).first()
        if last is None or (last.state == State.FINISHED and last.stop_reason != "limit"):
            check(judge)
            return _create(judge, state=State.RUNNING, started_at=timezone.now())
        rested = timezone.now() - timedelta(seconds=REST_SECONDS)
        if last.stop_reason == "failing" and last.finished_at and last.finished_at < rested:
            resume(last, judge)
            run = open_run(judge)
    if run is None or run.state == State.PAUSED:
        return None
    return None if run.state == State.RUNNING and finish_if_done(run, judge) else run


def _create(judge: Judge, **values: Any) -> JudgeRun:
    values.setdefault("breaker_share", float(judge.breaker_share))
    try:
        with transaction.atomic():
            return JudgeRun.objects.create(
                project=judge.version.project, annotator=annotator_of(judge), **values
            )
    except IntegrityError:  # somebody else has just started one
        return runs_of(judge).get(state__in=JudgeRun.OPEN)


def _move(run: JudgeRun, before: tuple[str, ...], after: str) -> bool:
    now = timezone.now()
    values: dict[str, Any] = {"state": after, "finished_at": now if after == State.CANCELLED else None}
    if after == State.RUNNING:
        values |= {"stop_reason": "", "message": "", "started_at": Coalesce(F("started_at"), Value(now))}
    moved = JudgeRun.objects.filter(pk=run.pk, state__in=before).update(**values)
    if moved:
        run.state = after
    return bool(moved)
