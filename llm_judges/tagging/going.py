"""A tagging as it goes: begun, worked on, ended. What there is to do stands in the database.

A comparison's tags are written at once, when all that is asked about it has ended, so that whoever reads
them finds all or none. What failed for good is not asked again by itself and stays without that tag; what
may pass by itself is, until nothing comes back any more.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation.models import Comparison, JudgeCall, JudgeRun, Project, Tag, User
from annotation.tagging import prefix_of, source_of

from ..capabilities import ensure_probed
from ..client import KeyMissing
from ..models import Judge, Tagging
from ..registry import annotator_of
from ..runs import JudgeError, check
from .rounds import Stopped, work_a_round

State = JudgeCall.State
OPEN = (JudgeRun.State.PENDING, JudgeRun.State.RUNNING)
LEASE = timedelta(minutes=10)
PATIENCE = 3  # rounds in a row without one answer, after which it stops
REST = 2.0  # seconds after such a round, doubled each time


def begin(
    judge: Judge,
    embedding_model: str = "",
    embedding_price: Decimal | None = None,
    limit: int | None = None,
    started_by: User | None = None,
) -> Tagging:
    """Opens a tagging for a worker to take up; gives the one that is open where there is one. Raises
    JudgeError when the judge cannot be run."""
    check(judge)
    project, annotator = judge.version.project, annotator_of(judge)
    if embedding_model and embedding_price is None and (judge.budget, project.budget) != (None, None):
        raise JudgeError(f"judge {judge}: give embedding_price (0 if it costs nothing), there is a budget")
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # two clicks are one tagging
        if found := judge.taggings.filter(run__state__in=OPEN).first():
            return found
        entry = {"project": project, "annotator": annotator, "started_by": started_by}
        run = JudgeRun.objects.create(purpose=JudgeRun.Purpose.TAGS, limit=limit, **entry)
        other = JudgeRun.objects.create(purpose=JudgeRun.Purpose.EMBED, **entry) if embedding_model else None
        return Tagging.objects.create(
            judge=judge,
            run=run,
            embedding_run=other,
            embedding_model=embedding_model,
            embedding_price=embedding_price,
        )


def work_on(tagging: Tagging, stop: Callable[[], bool] = lambda: False) -> bool:
    """Tags until nothing is left, something stops it, or `stop` says so: then True, and another worker may go
    on. How it ended stands on its run. Raises JudgeError when the judge cannot be run, and KeyMissing."""
    if not _take(tagging):
        return False
    try:
        check(tagging.judge)
        judge = ensure_probed(tagging.judge, tagging.run.started_by)
        more = _rounds(tagging, judge, stop)
    except Stopped as stopped:
        _end(tagging, stopped.reason, str(stopped))
    except (JudgeError, KeyMissing) as error:
        _end(tagging, "failing", str(error))
        raise
    except Exception:
        _end(tagging, "failing", "something went wrong here; the log of the worker says what")
        raise
    else:
        if more:
            Tagging.objects.filter(pk=tagging.pk).update(leased_until=None)
            return True
        _end(tagging)
    return False


def cancel(tagging: Tagging) -> None:
    """Asks nothing more. What is in flight is still booked, and tags that are there stay."""
    _entries(tagging).filter(state__in=OPEN).update(
        state=JudgeRun.State.CANCELLED, finished_at=timezone.now()
    )


def newest(judge: Judge) -> Tagging | None:
    """The latest tagging by this version of the judge."""
    found = judge.taggings.select_related("run", "embedding_run", "judge__version__project")
    return found.order_by("-pk").first()


def left_open() -> list[Tagging]:
    """Taggings of all projects that wait for a worker."""
    free = Q(leased_until=None) | Q(leased_until__lt=timezone.now())
    return list(Tagging.objects.filter(free, run__state__in=OPEN))


def tagged(project: Project) -> int:
    """Comparisons that a judge has tagged, under the present meaning of tags."""
    mine = Tag.objects.filter(comparison=OuterRef("pk"), source__startswith=prefix_of())
    return Comparison.objects.filter(Exists(mine), project=project).count()


def waiting(tagging: Tagging) -> QuerySet[Comparison]:
    """What this judge has not tagged and not failed on for good; comparisons of media alone fail at once."""
    judge = tagging.judge
    mine = Tag.objects.filter(comparison=OuterRef("pk"), source=source_of(str(judge.version)))
    failed = JudgeCall.objects.filter(
        annotator=tagging.run.annotator_id, comparison=OuterRef("pk"), purpose=JudgeCall.Purpose.TAGS
    ).exclude(state__in=[State.OK, State.PENDING, State.IN_FLIGHT, *JudgeCall.PASSING])
    found = Comparison.objects.filter(~Exists(mine), ~Exists(failed), project=judge.version.project)
    return found.order_by("pk")


def _rounds(tagging: Tagging, judge: Judge, stop: Callable[[], bool]) -> bool:
    size, bad, seen = max(judge.concurrency, 32), 0, 0
    while not stop():
        left = size if tagging.run.limit is None else min(size, tagging.run.limit - _taken(tagging))
        found = waiting(tagging).filter(pk__gt=seen).prefetch_related("responses")
        some: Sequence[Comparison] = list(found[:left]) if left > 0 else []
        if not some and seen and left > 0 and waiting(tagging).exists():
            seen = 0  # what could not be had in this pass
            continue
        if not some or not _go_on(tagging):
            return False
        heard, why = work_a_round(tagging, judge, some)
        seen = some[-1].pk
        bad = 0 if heard else bad + 1
        if bad == PATIENCE:
            raise Stopped("failing", why or "the endpoint gives no answer")
        if bad:
            time.sleep(REST * 2 ** (bad - 1))
    return True


def _take(tagging: Tagging) -> bool:
    """Whether this worker has it now."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    mine = Tagging.objects.filter(free, pk=tagging.pk, run__state__in=OPEN)
    if not mine.update(leased_until=now + LEASE):
        return False
    _entries(tagging).filter(started_at=None).update(started_at=now)
    _entries(tagging).update(state=JudgeRun.State.RUNNING, seen_at=now)
    return True


def _go_on(tagging: Tagging) -> bool:
    """A sign of life; False where somebody has ended it."""
    now = timezone.now()
    Tagging.objects.filter(pk=tagging.pk).update(leased_until=now + LEASE)
    return bool(_entries(tagging).filter(state=JudgeRun.State.RUNNING).update(seen_at=now))


def _taken(tagging: Tagging) -> int:
    return JudgeRun.objects.values_list("taken", flat=True).get(pk=tagging.run_id)


def _end(tagging: Tagging, reason: str = "", message: str = "") -> None:
    _entries(tagging).filter(state__in=OPEN).update(
        state=JudgeRun.State.STOPPED if reason else JudgeRun.State.FINISHED,
        stop_reason=reason,
        message=message[:500],
        finished_at=timezone.now(),
    )
    Tagging.objects.filter(pk=tagging.pk).update(leased_until=None)


def _entries(tagging: Tagging) -> QuerySet[JudgeRun]:
    return JudgeRun.objects.filter(pk__in=filter(None, (tagging.run_id, tagging.embedding_run_id)))
