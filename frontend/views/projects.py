"""All projects of an account: which one needs me."""

from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation.models import Assignment, Demand, Membership, Project, User
from annotation.models.queue import OPEN
from annotation.permissions import Access, may_create

from .signed_in import SignedInRequest, signed_in


@signed_in
@require_safe
def projects(request: SignedInRequest) -> HttpResponse:
    """The account's projects, those with open work for it first. Four statements, however many there are."""
    memberships = list(
        Membership.objects.filter(user=request.user).select_related("project").order_by("project__name", "id")
    )
    open_work = _open_for(request.user, memberships)
    rows: list[dict[str, Any]] = []
    for membership in memberships:
        access = Access(membership.project, membership)
        rows.append(
            {
                "project": membership.project,
                "role": membership.get_role_display(),
                "may_label": access.may("label"),
                "may_view": access.may("view"),
                "open": open_work.get(membership.project_id, 0) if access.may("label") else 0,
            }
        )
    rows.sort(key=lambda row: not row["open"])
    context = {
        "rows": [row for row in rows if not row["project"].put_away],
        "put_away": [row for row in rows if row["project"].put_away],
        "waiting": sum(1 for row in rows if row["open"]),
        "may_create": may_create(request.user, memberships),
    }
    return render(request, "frontend/projects.html", context)


def _open_for(user: User, memberships: list[Membership]) -> dict[int, int]:
    """Comparisons that could be lent to the user now, by project id; those in hand included."""
    joined = [m.annotator_id for m in memberships if m.annotator_id is not None]
    # Whoever has not opened the project yet joins its default pool when they do.
    new = [m.project_id for m in memberships if m.annotator_id is None]
    demands = Demand.objects.filter(
        OPEN, pool__project__state=Project.State.OPEN, pool__project__delete_at=None
    )
    taken = Assignment.objects.filter(comparison=OuterRef("comparison"), annotator=OuterRef("me"))
    mine = (
        demands.alias(me=F("pool__poolmembership__annotator"))
        .filter(me__in=joined)
        .exclude(Exists(taken.exclude(state=Assignment.State.EXPIRED)))
    )
    counts: dict[int, int] = {}
    for rows in (mine, demands.filter(pool__default=True, pool__project__in=new)):
        _add(counts, rows, "pool__project")
    held = Assignment.objects.filter(annotator__in=joined, state=Assignment.State.LIVE)
    _add(counts, held, "annotator__project")
    return counts


def _add(counts: dict[int, int], rows: QuerySet, project: str) -> None:
    for project_id, number in (
        rows.order_by().values_list(project).annotate(Count("comparison", distinct=True))
    ):
        counts[project_id] = counts.get(project_id, 0) + number
