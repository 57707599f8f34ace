"""The agreement report of one criterion as figures that are kept: `agreement:CRITERION` and, with parts and
annotators, `agreement:CRITERION:details`."""

from collections.abc import Callable
from typing import Any

from django.db.models import Max, OuterRef, QuerySet, Subquery

from ..models import ConsensusFit, Criterion, Label, Project
from ..reports.agreement import criterion_agreement
from .keeping import Basis

DETAILS = "details"


def named(criterion: Criterion, details: bool) -> str:
    """The name of a criterion's agreement report."""
    return f"agreement:{criterion.pk}" + (f":{DETAILS}" if details else "")


def agreement(project: Project, criterion: str, details: str = "") -> dict[str, Any]:
    """`criterion_agreement` of the criterion with this id."""
    found = Criterion.objects.get(project=project, pk=criterion)
    return criterion_agreement(project, found, details=bool(details))


def agreement_basis(project: Project) -> Callable[..., Basis]:
    """Labels are only ever added: whatever changes what counts adds one. Pools, the share of the random layer
    and who is excluded are part of the project's set-up, whose changes raise its revision. One statement."""
    newest = {str(one.pk): f"{one.newest}:{_moment(one.fitted)}" for one in criteria_with_newest(project)}
    setup = f"{setup_of(project)}:{project.labels_cap}:{project.overlap_share}"
    return lambda criterion, *_details: Basis(setup, newest.get(criterion, ""))


def criteria_with_newest(project: Project) -> list[Any]:
    """The project's criteria in order, each with `newest`, the id of its newest label, and `fitted`, when
    annotators' competence was last estimated. One SQL statement."""
    newest = Label.objects.filter(criterion=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    fits: QuerySet[Any] = ConsensusFit.objects.filter(criterion=OuterRef("pk")).order_by()
    fitted = fits.values("criterion").annotate(last=Max("computed_at")).values("last")
    criteria = Criterion.objects.filter(project=project, retired_at=None)
    return list(criteria.annotate(newest=Subquery(newest), fitted=Subquery(fitted)))


def setup_of(project: Project) -> str:
    """What all of a project's reports rest on. SQLite hands out ids of deleted rows again, so the moment of
    creation is part of it."""
    return f"{project.created_at.timestamp()}:{project.revision}"


def _moment(at: Any) -> str:
    return str(at.timestamp()) if at else ""
