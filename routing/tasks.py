"""Celery: thin callers of planning."""

from decimal import Decimal

from celery import shared_task

from annotation.models import Project

from .planning import make_plan


@shared_task
def route_project(
    slug: str,
    policy: str,
    human_share: float | None = None,
    budget: str | None = None,
    judge: str | None = None,
    seed: int = 0,
) -> None:
    """Plans as the `route` command does. Doubled messages decide the same again."""
    make_plan(
        Project.objects.get(slug=slug),
        policy,
        human_share=human_share,
        budget=None if budget is None else Decimal(budget),
        judge=judge,
        seed=seed,
    )
