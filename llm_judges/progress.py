"""How far a run is, how fast it goes and when it will be done: the same figures for terminal and browser."""

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F
from django.utils import timezone

from annotation.models import Assignment, Demand, JudgeCall, JudgeRun

from .models import Judge
from .outcome import Outcome
from .runs import runs_of

# The rate is that of the last minutes; of less than this nothing is said.
WINDOW_SECONDS = 120.0
FEWEST_SECONDS = 5.0
SAMPLES = 120
# Somebody at work says so at least this often.
SILENT_SECONDS = 45
# What is left is counted so often: on a large project that takes a moment.
COUNTED_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Progress:
    """One run. `left`: comparisons the judge is still asked for; `rate`: comparisons a minute, and `seconds`
    left at that rate, both None where too little is known; `at_work`: some worker has given a sign of life;
    `failed`: its calls that ended without a verdict, by state; `reason`: what most of them say."""

    run: JudgeRun
    left: int
    rate: float | None
    seconds: float | None
    at_work: bool
    failed: dict[str, int]
    waiting: int
    reason: str

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


def progress_of(judge: Judge) -> Progress | None:
    """Of the judge's newest run, or None where there was none."""
    run = runs_of(judge).select_related("started_by").first()
    return None if run is None else _progress(run)


def left_for(annotator_id: int) -> int:
    """Comparisons that a judge is still asked for, without those it failed on."""
    wanted = Demand.objects.filter(judge=annotator_id, wanted__gt=F("done")).count()
    returned = Assignment.objects.filter(annotator=annotator_id, state=Assignment.State.RETURNED).count()
    return max(0, wanted - returned)


class Pulse:
    """The line that a terminal shows while a judge is at work: now and then, and always the last one."""

    SECONDS = 5.0

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._samples: deque[tuple[float, int]] = deque(maxlen=60)
        self._said_at = 0.0
        self._left = 0

    def beat(self, total: Outcome, say: Callable[[str], object]) -> None:
        now = time.monotonic()
        self._samples.append((now, total.taken))
        if now - self._said_at < self.SECONDS and self._said_at:
            return
        self._said_at = now
        self._left = left_for(_annotator_id(self._judge))
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


def _progress(run: JudgeRun) -> Progress:
    key = f"judge-left-{run.annotator_id}-{run.state}"
    left: Any = cache.get_or_set(key, lambda: left_for(run.annotator_id), COUNTED_SECONDS)
    running = run.state == JudgeRun.State.RUNNING
    rate = _rate(_samples(run)) if running else None
    at_work = bool(run.seen_at and run.seen_at > timezone.now() - timedelta(seconds=SILENT_SECONDS))
    calls = JudgeCall.objects.filter(run=run)
    states = Counter(dict(calls.order_by().values_list("state").annotate(Count("pk"))))
    waiting = sum(states.pop(state, 0) for state in ("pending", "in_flight"))
    states.pop(JudgeCall.State.OK, None)
    return Progress(
        run,
        left,
        rate,
        60 * left / rate if rate and left else None,
        running and at_work,
        dict(sorted(states.items())),
        waiting,
        _commonest(run, states) if states else "",
    )


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


def _commonest(run: JudgeRun, states: Counter[str]) -> str:
    reasons = (
        JudgeCall.objects.filter(run=run, state__in=list(states))
        .exclude(reason="")
        .values_list("reason")
        .annotate(number=Count("pk"))
        .order_by("-number")
    )
    found = reasons.first()
    return str(found[0]) if found else ""


def _annotator_id(judge: Judge) -> int:
    return runs_of(judge).values_list("annotator", flat=True)[0]
