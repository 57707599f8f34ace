"""What an owner allows people's work to be: hours and labels by pool, the least from each category."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotation.models import Annotation, Annotator, Pool, Project

from .allocation import Limit, Limits
from .effort import seconds_of
from .models import RoutingSettings
from .policy import PlanError, Signals

LEAST_SEEN = 20  # submissions before people's own seconds count
NEWEST = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """Limits as they were asked for: comparisons by category, hours and labels by pool name."""

    least: Mapping[str, int] = field(default_factory=dict)
    hours: Mapping[str, float] = field(default_factory=dict)
    capacity: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.least or self.hours or self.capacity)

    def as_dict(self) -> dict[str, dict[str, Any]]:
        return {"least": dict(self.least), "hours": dict(self.hours), "capacity": dict(self.capacity)}


def settings_of(project: Project) -> RoutingSettings:
    """The project's routing settings; the defaults, not stored, where it has none."""
    return RoutingSettings.objects.filter(project=project).first() or RoutingSettings(project=project)


def asked_of(settings: RoutingSettings) -> Asked:
    return Asked(settings.least_per_category, settings.hours, settings.capacity)


def limits_of(
    project: Project,
    asked: Asked,
    wanted: Mapping[int, int],
    signals: Signals,
    started: Mapping[str, int] | None = None,
    varied: int | None = None,
    spent: int = 0,
) -> Limits:
    """The limits over open comparisons. `wanted` is labels by pool id for one that people are asked about.

    `started` counts comparisons, by category, that people were asked about by the plans that this one
    carries on: they have used their part. `varied` is the pool whose labels may vary by comparison, if one's
    may, and `spent` what it was asked for on those begun. Raises PlanError for a pool or category that there
    is not.
    """
    begun = sum((started or {}).values())
    pools = {pool.name: pool for pool in project.pools.all()}
    for name in [*asked.hours, *asked.capacity]:
        if name not in pools:
            raise PlanError(f"{project.slug} has no pool {name!r}; its pools: {', '.join(sorted(pools))}")
    known = set(signals.categories)
    for name in asked.least:
        if name not in known and started is None:
            there = ", ".join(sorted(filter(None, known))) or "none"
            raise PlanError(f"no open comparison is in category {name!r}; categories: {there}")
    at_most = []
    for name, labels in asked.capacity.items():
        each = wanted.get(pools[name].pk, 0)
        own = pools[name].pk == varied
        left = labels - (spent if own else each * begun)
        use = np.full(len(signals), float(each))
        at_most.append(Limit(f"capacity of {name}", use, float(left), each if own else 0))
    for name, hours in asked.hours.items():
        pool = pools[name]
        each, own = wanted.get(pool.pk, 0), pool.pk == varied
        seconds = seconds_of(signals.shared.astype(np.float64), _seen(project, pool))
        worked = (spent if own else each * begun) * (float(seconds.mean()) if len(seconds) else 0.0)
        most = 3600 * float(hours) - worked
        at_most.append(Limit(f"hours of {name}", seconds * each, most, each if own else 0))
    least = {name: max(number - (started or {}).get(name, 0), 0) for name, number in asked.least.items()}
    return Limits(at_most, signals.categories, least)


def _seen(project: Project, pool: Pool) -> float | None:
    """Median active seconds of the pool's newest submissions; None where there are too few."""
    done = Annotation.objects.filter(
        assignment__annotator__project=project,
        assignment__annotator__kind=Annotator.Kind.HUMAN,
        assignment__annotator__pools=pool,
        superseded_at=None,
        active_seconds__gt=0,
    )
    newest = done.order_by("-pk").values_list("active_seconds", flat=True)[:NEWEST]
    seconds = [one for one in newest if one is not None]
    return float(np.median(seconds)) if len(seconds) >= LEAST_SEEN else None
