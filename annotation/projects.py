"""Reads of a project's set-up that every page and submission needs, cached in-process by `revision`.

The creation time is part of each key because SQLite hands out the id of a rolled-back row again.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest

from .models import (
    Annotator,
    Assignment,
    Comparison,
    Criterion,
    Decision,
    Demand,
    Gold,
    Guidelines,
    Pool,
    Project,
)


def criteria_of(project: Project) -> tuple[Criterion, ...]:
    """The project's current criteria, in order. No SQL once this process has read this revision."""
    return _criteria(project.pk, project.revision, project.created_at)


def guidelines_of(project: Project) -> Guidelines | None:
    """The newest guidelines version, or None. No SQL once this process has read this revision."""
    return _guidelines(project.pk, project.revision, project.created_at)


def pool_ids_of(annotator: Annotator, project: Project) -> tuple[int, ...]:
    """Pools the annotator belongs to, specialised ones before the default one. Cached like the others."""
    return _pool_ids(annotator.pk, project.pk, project.revision, annotator.created_at)


def people_asked(project: Project) -> int:
    """How many people a comparison is asked of at most, all pools together. Cached like the others."""
    most = _people_asked(project.pk, project.revision, project.created_at)
    return max(most, project.labels_cap or 0)


def touch(project: Project) -> None:
    """Call after any change of criteria, guidelines or pool membership: other processes re-read."""
    Project.objects.filter(pk=project.pk).update(revision=F("revision") + 1)
    project.refresh_from_db(fields=["revision"])


def ask_people(project: Project, comparison_id: int | None = None) -> None:
    """Brings what pools are asked for (about this comparison, or about all) to what the project now wants,
    where no Decision has spoken and no answer is gold.

    Imported votes of people make fewer labels wanted of the default pool; what is lent or done stays.
    """
    wanted = wanted_from(project, project.pools.all())
    for pool in project.pools.all():
        target = wanted.get(pool.pk, 0)
        open_to_change = Demand.objects.filter(
            *_open_to_change("comparison"), comparison__project=project, pool=pool
        )
        if comparison_id is not None:
            open_to_change = open_to_change.filter(comparison=comparison_id)
        lock_demand(open_to_change)
        open_to_change.update(
            wanted=Greatest(target - _voters("comparison", pool), F("live") + F("done"), Value(0))
        )
        if target:
            _ask_first(project, pool, target, comparison_id)


def lock_demand(rows: QuerySet[Demand]) -> None:
    """Locks rows of the queue in the one order that everybody uses, so that no two wait for each other."""
    list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True).iterator())


def keep_gold_closed(slots: QuerySet[Demand]) -> None:
    """Slots (locked by the caller) that have just become free are asked for no more where the comparison has
    become gold meanwhile. One statement."""
    gold = Gold.objects.filter(reference__comparison=OuterRef("comparison"))
    slots.filter(Exists(gold)).update(wanted=F("live") + F("done"))


def _open_to_change(comparison: str) -> tuple[Combinable, Combinable]:
    """That no Decision speaks of the outer comparison, and that it is no gold."""
    decided = Decision.objects.filter(comparison=OuterRef(comparison), superseded_at=None)
    gold = Gold.objects.filter(reference__comparison=OuterRef(comparison))
    return ~Exists(decided), ~Exists(gold)


def _ask_first(
    project: Project, pool: Pool, target: int, comparison_id: int | None, batch: int = 2000
) -> None:
    """Demand for comparisons that the pool has not been asked about and has not voted on enough."""
    fit = {} if project.lend_unfit else {"fit": True}
    unasked = (
        Comparison.objects.filter(*_open_to_change("pk"), project=project, **fit)
        .filter(~Exists(Demand.objects.filter(comparison=OuterRef("pk"), pool=pool)))
        .annotate(missing=target - _voters("pk", pool))
        .filter(missing__gt=0)
        .order_by("pk")
    )
    if comparison_id is not None:
        unasked = unasked.filter(pk=comparison_id)
    last = 0
    while rows := list(unasked.filter(pk__gt=last).values_list("pk", "missing")[:batch]):
        Demand.objects.bulk_create(
            [Demand(comparison_id=pk, pool=pool, wanted=missing) for pk, missing in rows],
            ignore_conflicts=True,
        )
        last = rows[-1][0]


def _voters(comparison: str, pool: Pool) -> Combinable:
    """People whose imported vote the outer comparison has; they count for the default pool."""
    if not pool.default:
        return Value(0)
    imported = Assignment.objects.filter(
        comparison=OuterRef(comparison),
        purpose=Assignment.Purpose.IMPORT,
        annotator__kind="human",
        annotator__excluded_at=None,
    )
    number = (
        imported.order_by().values(all=Value(1)).annotate(n=Count("annotator", distinct=True)).values("n")
    )
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)


def wanted_from(project: Project, pools: Iterable[Pool]) -> dict[int, int]:
    """Labels wanted a comparison by pool id, where no policy has decided otherwise.

    A pool with its own number wants that many; the default pool without one wants the project's number.
    """
    wanted = {
        pool.pk: pool.labels_wanted
        if pool.labels_wanted is not None
        else (project.labels_wanted if pool.default else 0)
        for pool in pools
    }
    return {pk: number for pk, number in wanted.items() if number}


@lru_cache(maxsize=256)
def _criteria(project_id: int, revision: int, created_at: datetime) -> tuple[Criterion, ...]:
    return tuple(Criterion.objects.filter(project_id=project_id, retired_at=None).order_by("position", "id"))


@lru_cache(maxsize=256)
def _guidelines(project_id: int, revision: int, created_at: datetime) -> Guidelines | None:
    return Guidelines.objects.filter(project_id=project_id).order_by("-version").first()


@lru_cache(maxsize=256)
def _people_asked(project_id: int, revision: int, created_at: datetime) -> int:
    project = Project.objects.get(pk=project_id)
    return sum(wanted_from(project, project.pools.all()).values())


@lru_cache(maxsize=4096)
def _pool_ids(annotator_id: int, project_id: int, revision: int, created_at: datetime) -> tuple[int, ...]:
    rows = Pool.objects.filter(annotators=annotator_id, project=project_id).order_by("default", "id")
    return tuple(rows.values_list("pk", flat=True))
