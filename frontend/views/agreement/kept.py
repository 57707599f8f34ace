"""Reports that are kept until a label is added, so that looking again costs a statement and no arithmetic."""

from typing import Any

from django.core.cache import cache
from django.db.models import Max, OuterRef, QuerySet, Subquery

from annotation.models import ConsensusFit, Criterion, Label, Project
from annotation.reports.agreement import criterion_agreement

HOURS = 6 * 3600


def criteria_with_newest(project: Project) -> list[Criterion]:
    """The project's criteria in order, each with `newest`, the id of its newest label, and `fitted`, when
    annotators' competence was last estimated. One SQL statement."""
    newest = Label.objects.filter(criterion=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    fits: QuerySet[Any] = ConsensusFit.objects.filter(criterion=OuterRef("pk")).order_by()
    fitted = fits.values("criterion").annotate(last=Max("computed_at")).values("last")
    criteria = Criterion.objects.filter(project=project, retired_at=None)
    return list(criteria.annotate(newest=Subquery(newest), fitted=Subquery(fitted)))


def report_of(project: Project, criterion: Any, details: bool) -> dict[str, Any]:
    """`criterion_agreement`, from the cache while no label was added. `criterion` is one of
    `criteria_with_newest`.

    Labels are only ever added: whatever changes what counts adds one. Pools and the share of the random layer
    are part of the project's set-up, whose changes raise its revision.
    """
    state = f"{criterion.newest}:{criterion.fitted and criterion.fitted.timestamp()}"
    # SQLite hands out ids of deleted rows again, so the moment of creation is part of the key.
    setup = (
        f"{project.created_at.timestamp()}:{project.revision}:{project.labels_cap}:{project.overlap_share}"
    )
    key = f"agreement:2:{criterion.pk}:{criterion.project_id}:{details:d}:{state}:{setup}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = criterion_agreement(project, criterion, details)
        cache.set(key, found, HOURS)
    return found
