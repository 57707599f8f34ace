"""How far a run is, how fast it goes and when it will be done: the same figures for terminal and browser."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, F, Max, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from annotation.models import Assignment, Demand, JudgeCall, JudgeRun

from .models import Judge
from .outcome import Outcome
from .registry import annotator_of

# The rate is that of the last minutes; of less than this nothing is said.
WINDOW_SECONDS = 120.0
FEWEST_SECONDS = 5.0
SAMPLES = 120
# Somebody at work says so at least this often.
SILENT_SECONDS = 45
# What is left is counted so often: on a large project that takes a moment.
COUNTED_SECONDS = 10
_State = JudgeCall.State
_OPEN_CALLS = (_State.PENDING, _State.IN_FLIGHT)


@dataclass(frozen=True, slots=True)
class Progress:
    """One run. `left`: comparisons the judge is still asked for; `rate`: comparisons a minute, and `seconds`
    left at that rate, both None where too little is known; `at_work`: some worker has given a sign of life;
    `calls`: its calls by state; `reason`: what most of those without a verdict say, and `reason_state` how
    they ended."""

    run: JudgeRun
    left: int
    rate: float | None
    seconds: float | None
    at_work: bool
    calls: dict[str, int]
    reason: str
    reason_state: str

    @property
    def total(self) -> int:
        return self.run.taken + self.left

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all of it."""
        return 100 * self.run.taken // self.total if self.total else 0

    @property
    def ends_at(self) -> datetime | None:
        return None if self.seconds is None else timezone.now() + timedelta(seconds=self.seconds)

    @property
    def ended(self) -> int:
        """Calls that have ended, with a verdict or without: what coverage is a share of."""
        return self.run.answered + sum(self.failed.values())

    @property
    def failed(self) -> dict[str, int]:
        """Calls that ended without a verdict, by state."""
        return {
            state: number for state, number in self.calls.items() if state not in (_State.OK, *_OPEN_CALLS)
        }


def progress_of(judge: Judge) -> Progress | None:
    """Of the judge's newest run, or None where there was none."""
    return progress_of_all([judge]).get(judge.pk)


def progress_of_all(judges: Sequence[Judge]) -> dict[int, Progress]:
    """Of every judge's newest run, by judge; those without one are left out. A constant number of
    statements."""
    versions = {judge.version_id: judge.pk for judge in judges}
    runs = JudgeRun.objects.filter(
        annotator__judge_version__in=list(versions), purpose=JudgeRun.Purpose.RUN
    ).order_by()
    newest = runs.values("annotator").annotate(newest=Max("pk")).values("newest")
    found = list(JudgeRun.objects.filter(pk__in=newest).select_related("annotator", "project", "started_by"))
    left, calls, reasons = _left(found), _calls(found), _commonest(found)
    return {
        versions[run.annotator.judge_version_id or 0]: _progress(
            run, left[run.annotator_id], calls.get(run.pk, {}), *reasons.get(run.pk, ("", ""))
        )
        for run in found
    }


def left_for(annotator_ids: Iterable[int]) -> Counter[int]:
    """By judge the comparisons that it is still asked for, without those it failed on."""
    ids = list(annotator_ids)
    wanted = Demand.objects.filter(judge__in=ids, wanted__gt=F("done")).order_by().values_list("judge")
    returned = Assignment.objects.filter(annotator__in=ids, state=Assignment.State.RETURNED).order_by()
    found = Counter(dict(wanted.annotate(Count("pk"))))
    found.subtract(dict(returned.values_list("annotator").annotate(Count("pk"))))
    return +found


class Pulse:
    """The line that a terminal shows while a judge is at work: now and then, and always the last one."""

    SECONDS = 5.0

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._samples: deque[tuple[float, int]] = deque(maxlen=60)
        self._said_at = 0.0
        self._left = 0
        self._annotator = annotator_of(judge).pk

    def beat(self, total: Outcome, say: Callable[[str], object]) -> None:
        now = time.monotonic()
        self._samples.append((now, total.taken))
        if now - self._said_at < self.SECONDS and self._said_at:
            return
        self._said_at = now
        self._left = left_for([self._annotator])[self._annotator]
        say(self.line(total))

    def line(self, total: Outcome) -> str:
        failed = sum(total.failed.values())
        parts = [f"{total.labelled} labelled, {self._left} left"]
        if rate := _rate(self._samples):
            parts.append(f"{rate:.0f} a minute, {duration(60 * self._left / rate)} to go")
        parts.append(f"{failed} calls failed, cost {total.cost:.4f}")
        return f"{self._judge}: {', '.join(parts)}"


def duration(seconds: float) -> str:
    """Such as 3 h 20 min, 4 min, 12 s."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{whole} s"


def _progress(run: JudgeRun, left: int, calls: dict[str, int], state: str, reason: str) -> Progress:
    running = run.state == JudgeRun.State.RUNNING
    rate = _rate(_samples(run)) if running else None
    at_work = bool(run.seen_at and run.seen_at > timezone.now() - timedelta(seconds=SILENT_SECONDS))
    seconds = 60 * left / rate if rate and left else None
    return Progress(run, left, rate, seconds, running and at_work, calls, reason, state)


def _left(runs: Sequence[JudgeRun]) -> dict[int, int]:
    """`left_for` the judges of these runs, as it was some seconds ago at most, less what they did since."""
    keys = {run.annotator_id: f"judge-whole-{run.pk}-{run.state}" for run in runs}
    taken = {run.annotator_id: run.taken for run in runs}
    known: dict[str, int] = cache.get_many(keys.values())
    missing = [annotator for annotator, key in keys.items() if key not in known]
    if missing:
        counted = left_for(missing)
        fresh = {keys[annotator]: counted[annotator] + taken[annotator] for annotator in missing}
        cache.set_many(fresh, COUNTED_SECONDS)
        known |= fresh
    return {annotator: max(0, known[key] - taken[annotator]) for annotator, key in keys.items()}


def _calls(runs: Sequence[JudgeRun]) -> dict[int, dict[str, int]]:
    """By run, how many calls are in which state."""
    rows = JudgeCall.objects.filter(run__in=runs).order_by("run", "state").values_list("run", "state")
    found: dict[int, dict[str, int]] = {}
    for run, state, number in rows.annotate(Count("pk")):
        found.setdefault(run, {})[state] = number
    return found


def _samples(run: JudgeRun) -> "deque[tuple[float, int]]":
    """Where the run stood at moments of the last minutes, this one included; each look adds one."""
    key = f"judge-pace-{run.pk}-{run.state}"
    now = time.time()
    kept = [one for one in cache.get(key) or [] if now - one[0] < WINDOW_SECONDS]
    if not kept or now - kept[-1][0] >= 1:
        kept.append((now, run.taken))
        cache.set(key, kept[-SAMPLES:], WINDOW_SECONDS)
    return deque(kept)


def _rate(samples: "deque[tuple[float, int]]") -> float | None:
    """Comparisons a minute over the samples (seconds, comparisons so far)."""
    now = samples[-1][0] if samples else 0.0
    recent = [one for one in samples if now - one[0] <= WINDOW_SECONDS]
    if not recent or recent[-1][0] - recent[0][0] < FEWEST_SECONDS or recent[-1][1] <= recent[0][1]:
        return None
    (begun, before), (ended, after) = recent[0], recent[-1]
    return 60 * (after - before) / (ended - begun)


def _commonest(runs: Sequence[JudgeRun]) -> dict[int, tuple[str, str]]:
    """By run the state and reason of most calls without a verdict."""
    failed = JudgeCall.objects.filter(run__in=runs).exclude(state__in=[_State.OK, *_OPEN_CALLS])
    rows = (
        failed.exclude(reason="")
        .order_by()
        .values("run", "state", "reason")
        .annotate(number=Count("pk"))
        .annotate(rank=Window(RowNumber(), partition_by="run", order_by=F("number").desc()))
        .filter(rank=1)
    )
    return {row["run"]: (row["state"], row["reason"]) for row in rows}
