"""Figures of a whole project. What is quick is worked out when asked for; what took long is kept many times
longer, and a worker renews it while the page shows what there is."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from ..models import Figures, Project
from . import forecast
from .answers import answers_of
from .pay import Pay, pace_of_people, pay_at
from .progress import progress_of
from .trust import trust_of

__all__ = ["Pay", "forecast", "kept", "pay_at", "renew", "renew_stale", "up_to_date"]

MAKERS: dict[str, Callable[[Project], dict[str, Any]]] = {
    "progress": progress_of,
    "answers": answers_of,
    "pace": pace_of_people,
    "trust": trust_of,
}
QUICK = 1.0  # seconds: what takes longer is left to a worker and kept
PATIENCE = 20  # kept so many times as long as it took
ALWAYS_KEPT = ("trust",)  # shown beside figures that are worked out at once, which have no time for it


def kept(project: Project) -> dict[str, Figures]:
    """What is kept of a project, by name. One SQL statement."""
    return {one.name: one for one in Figures.objects.filter(project=project)}


def up_to_date(project: Project, name: str, known: Figures | None) -> dict[str, Any]:
    """The figures as they are now, or as they were not long ago (`known`, of `kept`).

    Where they take long, a worker is asked for new ones and the known ones are given.
    """
    if known is None or (_stale(known) and known.seconds < QUICK):
        return renew(project, name)
    if _stale(known):
        from ..tasks import renew_figures  # tasks call this module

        renew_figures.delay(project.pk, name)
    return known.content


def renew(project: Project, name: str) -> dict[str, Any]:
    """Works figures out, and keeps them if that took long. Raises KeyError for an unknown name."""
    began = time.monotonic()
    content = MAKERS[name](project)
    seconds = time.monotonic() - began
    if seconds >= QUICK or name in ALWAYS_KEPT:
        Figures.objects.update_or_create(
            project=project,
            name=name,
            defaults={"content": content, "seconds": seconds, "computed_at": timezone.now()},
        )
    return content


def renew_stale(project: Project, name: str) -> None:
    """`renew`, unless somebody else has just done it."""
    known = Figures.objects.filter(project=project, name=name).first()
    if known is None or _stale(known):
        renew(project, name)


def _stale(known: Figures) -> bool:
    return timezone.now() - known.computed_at > timedelta(seconds=PATIENCE * known.seconds)
