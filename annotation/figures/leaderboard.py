"""The leaderboard of one criterion as figures that are kept: `leaderboard:CRITERION:VOTES`, then the method
(or nothing) and whether lengths are held equal (1 or 0)."""

from collections.abc import Callable
from typing import Any

from django.db.models import Max

from ..models import Criterion, Decision, Project
from ..reports.leaderboard import leaderboard_of
from .agreement import criteria_with_newest, setup_of
from .keeping import Basis


def board_named(criterion: Criterion, votes: str, controlled: bool, method: str | None = None) -> str:
    """The name of one leaderboard."""
    return f"leaderboard:{criterion.pk}:{votes}:{method or ''}:{controlled:d}"


def leaderboard(project: Project, criterion: str, votes: str, method: str, controlled: str) -> dict[str, Any]:
    """What `leaderboard_of` says of the criterion with this id. Raises reports.Unknown."""
    found = Criterion.objects.get(project=project, pk=criterion)
    report = leaderboard_of(project, found.name, method or None, votes, controlled == "1")
    [one] = report["criteria"]
    return dict(one)


def leaderboard_basis(project: Project) -> Callable[..., Basis]:
    """Labels and Decisions are only ever added; who is excluded raises the revision. Two statements."""
    labels = {str(one.pk): one.newest for one in criteria_with_newest(project)}
    decided = Decision.objects.filter(comparison__project=project).aggregate(newest=Max("pk"))["newest"]
    return lambda criterion, *_asked: Basis(setup_of(project), f"{labels.get(criterion)}:{decided}")
