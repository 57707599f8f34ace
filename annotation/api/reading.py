"""Reading a project over the API: its set-up, its comparisons and its labels."""

from typing import Annotated, Any, TypedDict, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from ..models import Comparison, Criterion, Label, Membership, Project, User
from ..permissions import project_for
from ..projects import criteria_of
from .describing import reads
from .hints import Must
from .paging import asked_by, page
from .problems import Unprocessable
from .shapes import (
    ComparisonShape,
    LabelShape,
    ProjectLine,
    ProjectShape,
    comparison_shape,
    label_shape,
    project_shape,
)

Name = Annotated[str, Must(maxLength=300)]


class ComparisonLabels(TypedDict):
    """One comparison with every label on it that stands."""

    comparison: ComparisonShape
    labels: list[LabelShape]


@reads(ProjectLine, paged=200)
def projects(request: Request) -> Any:
    """The caller's projects and their role in each. A token has one."""
    mine = Membership.objects.filter(user=cast("User", request.user)).select_related("project")
    token: Any = request.auth
    if token:
        mine = mine.filter(project=token.project_id)
    return page(request, mine, lambda found: _project_line(found, token))


@reads(ProjectShape)
def project(request: Request, slug: str) -> ProjectShape:
    """A project's set-up."""
    return project_shape(project_for(request.user, slug, "view"))


@reads(ComparisonShape, paged=200, query={"id": Name, "category": Name})
def comparisons(request: Request, slug: str) -> Any:
    """Comparisons in order of import: all, those of a category, or the one with the id of its source."""
    access = project_for(request.user, slug, "view")
    rows = Comparison.objects.filter(project=access.project).prefetch_related("responses")
    asked = asked_by(request)
    if asked["id"] is not None:
        rows = rows.filter(external_id=asked["id"])
    if asked["category"] is not None:
        rows = rows.filter(category=asked["category"])
    return page(request, rows, comparison_shape)


@reads(ComparisonLabels)
def comparison(request: Request, slug: str, comparison_id: int) -> ComparisonLabels:
    """One comparison by its number, with its labels."""
    access = project_for(request.user, slug, "view")
    rows = Comparison.objects.filter(project=access.project).prefetch_related("responses")
    found = get_object_or_404(rows, pk=comparison_id)
    said = _labels(access.project).filter(comparison=found).order_by("pk")
    return {"comparison": comparison_shape(found), "labels": [label_shape(row) for row in said]}


@reads(LabelShape, paged=1000, query={"criterion": Name, "comparison": Name})
def labels(request: Request, slug: str) -> Any:
    """Labels that stand, in the order given: all, those on a criterion, or on a comparison by its id."""
    access = project_for(request.user, slug, "view")
    rows, asked = _labels(access.project), asked_by(request)
    if asked["criterion"] is not None:
        rows = rows.filter(criterion=criterion_named(access.project, asked["criterion"]))
    if asked["comparison"] is not None:
        rows = rows.filter(comparison__external_id=asked["comparison"])
    return page(request, rows, label_shape)


def criterion_named(project: Project, name: str) -> Criterion:
    """The current criterion with this name. Raises Unprocessable."""
    known = {criterion.name: criterion for criterion in criteria_of(project)}
    if name not in known:
        raise Unprocessable("criterion", f"must be one of {', '.join(known)}")
    return known[name]


def _labels(project: Project) -> QuerySet[Label]:
    rows = Label.objects.filter(project=project, current=True)
    rows = rows.select_related("comparison", "annotator", "criterion", "annotation", "rationale")
    # The prompt and metadata of a comparison can be long; a label needs neither.
    return rows.defer("comparison__prompt", "comparison__metadata")


def _project_line(found: Membership, token: Any) -> ProjectLine:
    role = token.role if token else found.role
    return {"slug": found.project.slug, "name": found.project.name, "role": role}
