"""Reads of a project's set-up that every page and submission needs, cached in-process by `revision`.

The creation time is part of each key because SQLite hands out the id of a rolled-back row again.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Greatest

from .models import Annotator, Criterion, Decision, Demand, Guidelines, Pool, Project


def criteria_of(project: Project) -> tuple[Criterion, ...]:
    """The project's current criteria, in order. No SQL once this process has read this revision."""
    return _criteria(project.pk, project.revision, project.created_at)


def guidelines_of(project: Project) -> Guidelines | None:
    """The newest guidelines version, or None. No SQL once this process has read this revision."""
    return _guidelines(project.pk, project.revision, project.created_at)


def pool_ids_of(annotator: Annotator, project: Project) -> tuple[int, ...]:
    """Pools the annotator belongs to, specialised ones before the default one. Cached like the others."""
    return _pool_ids(annotator.pk, project.revision, annotator.created_at)


def touch(project: Project) -> None:
    """Call after any change of criteria, guidelines or pool membership: other processes re-read."""
    Project.objects.filter(pk=project.pk).update(revision=F("revision") + 1)
    project.refresh_from_db(fields=["revision"])


def change_labels_wanted(project: Project, by: int) -> None:
    """Moves what the default pool is asked for, where no Decision has spoken; never below lent plus done."""
    if not by:
        return
    decided = Decision.objects.filter(comparison=OuterRef("comparison"), superseded_at=None)
    Demand.objects.filter(
        ~Exists(decided), comparison__project=project, pool__default=True, pool__labels_wanted=None
    ).update(wanted=Greatest(F("wanted") + by, F("live") + F("done")))


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


@lru_cache(maxsize=4096)
def _pool_ids(annotator_id: int, revision: int, created_at: datetime) -> tuple[int, ...]:
    rows = Pool.objects.filter(annotators=annotator_id).order_by("default", "id")
    return tuple(rows.values_list("pk", flat=True))
