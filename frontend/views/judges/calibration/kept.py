"""The report on judges against people, kept until something it rests on is added."""

from typing import Any

from django.core.cache import cache
from django.db.models import Max, Sum

from annotation.models import JudgeRun, Project, Reference
from llm_judges.calibration import calibration_of
from llm_judges.models import Calibration

from ...agreement.kept import HOURS, criteria_with_newest


def calibration_kept(project: Project) -> dict[str, Any]:
    """`calibration_of` all criteria, from the cache while no label, known answer, call or map was added.
    Four SQL statements then."""
    criteria: list[Any] = criteria_with_newest(project)
    labels = [(one.pk, one.newest) for one in criteria]
    runs = JudgeRun.objects.filter(project=project).aggregate(newest=Max("pk"), sent=Sum("sent"))
    known = Reference.objects.filter(criterion__project=project).aggregate(newest=Max("pk"))
    maps = Calibration.objects.filter(criterion__project=project).aggregate(
        newest=Max("pk"), stopped=Max("stopped_at")
    )
    # SQLite hands out ids of deleted rows again, so the moment of creation is part of the key.
    parts = [project.pk, project.created_at.timestamp(), project.revision, *labels, runs, known, maps]
    state = "/".join(map(str, parts))
    found: tuple[str, dict[str, Any]] | None = cache.get(f"calibration:1:{project.pk}")
    if found is None or found[0] != state:
        found = (state, calibration_of(project))
        cache.set(f"calibration:1:{project.pk}", found, HOURS)
    return found[1]
