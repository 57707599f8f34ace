"""Reading a project over the API; lists are paged by id, so the last page costs what the first does."""

from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response as JsonResponse

from ..models import Comparison, Label, Membership, User
from ..permissions import project_for
from ..projects import criteria_of, guidelines_of
from .bodies import Unprocessable, whole_number
from .shapes import comparison_shape, criterion_shape, guidelines_shape, label_shape

Row = TypeVar("Row", bound=Model)
MAX_ID = 2**63 - 1


@api_view(["GET"])
def projects(request: Request) -> JsonResponse:
    """The caller's projects and their role in each."""
    mine = Membership.objects.filter(user=cast("User", request.user)).select_related("project")
    return JsonResponse(
        {
            "results": [
                {"slug": membership.project.slug, "name": membership.project.name, "role": membership.role}
                for membership in mine.order_by("project__name", "project_id")
            ]
        }
    )


@api_view(["GET"])
def project(request: Request, slug: str) -> JsonResponse:
    """A project's set-up."""
    access = project_for(request.user, slug, "view")
    found = access.project
    return JsonResponse(
        {
            "slug": found.slug,
            "name": found.name,
            "role": access.membership.role,
            "guidelines": guidelines_shape(guidelines_of(found)),
            "criteria": [criterion_shape(criterion) for criterion in criteria_of(found)],
            "labels_wanted": found.labels_wanted,
            "human_label_price": found.human_label_price,
            "currency": found.currency,
            "budget": found.budget,
            "policy": found.policy,
            "audit_share": found.audit_share,
            "created_at": found.created_at,
        }
    )


@api_view(["GET"])
def comparisons(request: Request, slug: str) -> JsonResponse:
    """Comparisons in order of import: `?after=…&limit=…`."""
    access = project_for(request.user, slug, "view")
    rows = Comparison.objects.filter(project=access.project).prefetch_related("responses")
    found, following = _page(request, rows, most=200)
    return JsonResponse({"results": [comparison_shape(row) for row in found], "next": following})


@api_view(["GET"])
def labels(request: Request, slug: str) -> JsonResponse:
    """Every current label: `?after=…&limit=…&criterion=…`."""
    access = project_for(request.user, slug, "view")
    rows = Label.objects.filter(project=access.project, current=True)
    rows = rows.select_related("comparison", "annotator", "criterion", "annotation", "rationale")
    # The prompt and metadata of a comparison can be long; a label needs neither.
    rows = rows.defer("comparison__prompt", "comparison__metadata")
    if name := request.query_params.get("criterion"):
        known = {criterion.name: criterion for criterion in criteria_of(access.project)}
        if name not in known:
            raise Unprocessable("criterion", f"must be one of {', '.join(known)}")
        rows = rows.filter(criterion=known[name])
    found, following = _page(request, rows, most=1000)
    return JsonResponse({"results": [label_shape(row) for row in found], "next": following})


def _page(request: Request, rows: QuerySet[Row], most: int) -> tuple[list[Row], str | None]:
    """At most `limit` rows with an id above `after`, and the address of the next page, if there is one."""
    after = whole_number(request.query_params.get("after", "0"), "after", 0, MAX_ID)
    limit = whole_number(request.query_params.get("limit", "100"), "limit", 1, most)
    found = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    query: Any = request.query_params.copy()
    query["after"] = str(found[limit - 1].pk)
    return found[:limit], f"{request.path}?{query.urlencode()}"
