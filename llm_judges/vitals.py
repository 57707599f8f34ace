"""How well a run is: how long its calls take, how often it is turned away, and what is left of the money."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from django.core.cache import cache

from annotation.models import JudgeCall, JudgeRun

from . import budget
from .models import Judge

# Calls that latency is taken from: the newest, so that it says how the endpoint does now.
RECENT = 1000
# What people have cost is added up over the whole queue, so not with every look.
COUNTED_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Vitals:
    """`half_ms`, `most_ms`: what half, and 95 in a hundred, of the newest answered calls took at most, None
    before the first; `throttled`: share of requests turned away with 429, None before the first; `caps`: what
    may still be spent, tightest first."""

    half_ms: int | None
    most_ms: int | None
    throttled: float | None
    caps: Sequence[budget.Cap]


def vitals_of(run: JudgeRun, judge: Judge) -> Vitals:
    """Of one run of this judge."""
    newest = JudgeCall.objects.filter(run=run, state=JudgeCall.State.OK).order_by("-pk")
    taken = newest.values_list("latency_ms", flat=True)[:RECENT]
    latencies = sorted(latency for latency in taken if latency is not None)
    caps: Sequence[budget.Cap] = ()
    if budget.has_cap(run, judge, run.project):
        caps = budget.caps(run, judge, run.project, _people(run))
    return Vitals(
        percentile(latencies, 0.5),
        percentile(latencies, 0.95),
        run.throttled / run.sent if run.sent else None,
        caps,
    )


def percentile(ascending: Sequence[int], share: float) -> int | None:
    """The smallest of these values that `share` of them do not exceed; None where there is none."""
    return ascending[max(0, ceil(share * len(ascending)) - 1)] if ascending else None


def _people(run: JudgeRun) -> Decimal:
    """What people have cost the project, as it was some seconds ago at most."""
    key = f"spent-on-people-{run.project_id}"
    found: Decimal | None = cache.get(key)
    if found is None:
        found = budget.spent_on_people(run.project)
        cache.set(key, found, COUNTED_SECONDS)
    return found
