"""Celery: thin callers of planning and learning. A lost or doubled message changes nothing."""

from decimal import Decimal

from celery import shared_task
from django.db.models import Q

from annotation.models import Project

from . import approving, arena, drafting, refitting, texts
from .models import Plan
from .planning import make_plan
from .policies import POLICIES
from .policy import PlanError

LOOK_SECONDS = 60


@shared_task
def look_for_refits() -> None:
    """Starts a refit of every project with a plan that enough labels came for."""
    for project in Project.objects.filter(pk__in=Plan.objects.values("project").distinct()):
        if refitting.due(project):
            refit_project.delay(project.pk)


@shared_task
def refit_project(project_id: int) -> None:
    """Learns anew and updates the plan."""
    for project in Project.objects.filter(pk=project_id):
        refitting.refit(project)


@shared_task
def look_for_texts() -> None:
    """Has the texts of projects whose policy looks at them described before a plan has to wait for it, and
    those that a plan waits for."""
    named = [policy.name for policy in POLICIES.values() if policy.texts]
    waiting = Plan.objects.filter(policy__in=named, state=Plan.State.PLANNING)
    for project in Project.objects.filter(Q(policy__in=named) | Q(pk__in=waiting.values("project"))):
        for first, last in texts.pieces(project):
            describe_texts.apply_async((project.pk, first, last), expires=LOOK_SECONDS)
        if texts.with_tags(project).exists():
            lay_tags.apply_async((project.pk,), expires=LOOK_SECONDS)


@shared_task
def describe_texts(project_id: int, first: int, last: int) -> None:
    """Describes what is not described yet among comparisons with ids from first to last."""
    for project in Project.objects.filter(pk=project_id):
        texts.describe_project(project, first, last)


@shared_task
def lay_tags(project_id: int) -> None:
    """Lays what judges said of comparisons over what rules say."""
    for project in Project.objects.filter(pk=project_id):
        texts.describe_tagged(project)


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


@shared_task
def draft_plan(plan_id: str) -> None:
    """Works out a plan that somebody asked for. Texts that it has to wait for are described piece by piece,
    a message each, so that no message takes long and the plan can tell how far it is."""
    for plan in Plan.objects.filter(pk=plan_id).select_related("project"):
        if drafting.describe_some(plan):
            draft_plan.delay(plan_id)
        else:
            drafting.draft(plan)


@shared_task
def approve_plan(plan_id: str, people: int) -> None:
    """Puts a draft into effect; one that cannot be any more stays a draft and says why."""
    for plan in Plan.objects.filter(pk=plan_id):
        try:
            approving.approve(plan, people)
        except PlanError as error:
            approving.refuse(plan, str(error))


@shared_task
def matchmake_project(project_id: int, criterion: str) -> None:
    """Puts what is open in order of what it tells about models. Doubled messages give the same order."""
    for project in Project.objects.filter(pk=project_id):
        arena.matchmake(project, criterion)
