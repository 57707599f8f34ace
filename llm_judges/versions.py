"""Versions of a judge or panel by name: one is in service, each is an annotator of its own."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from annotation.models import Annotator, Decision, Demand, JudgeRun, JudgeVersion, Label, Project
from annotation.projects import lock_demand


def version_of(project: Project, name: str, fingerprint: str, **values: Any) -> JudgeVersion:
    """The version of this name with this fingerprint, made with these values where there is none.

    A new one is retired until `put_in_service`, and its annotator is called `name`, later ones `name@2` ….
    """
    versions = JudgeVersion.objects.filter(project=project, name=name)
    if known := versions.filter(fingerprint=fingerprint).first():
        return known
    newest = versions.order_by("-version").first()
    number = newest.version + 1 if newest else 1
    version = JudgeVersion.objects.create(
        project=project,
        name=name,
        version=number,
        fingerprint=fingerprint,
        retired_at=timezone.now(),  # until it takes the place of the one in service
        **values,
    )
    Annotator.objects.create(
        project=project,
        kind=Annotator.Kind.JUDGE,
        name=name if number == 1 else f"{name}@{number}",
        judge_version=version,
    )
    return version


def put_in_service(version: JudgeVersion) -> None:
    """Retires the other versions of its name, whose runs end. What routing asked of them, and is still open,
    is asked of this one."""
    versions = JudgeVersion.objects.filter(project_id=version.project_id, name=version.name)
    others = versions.exclude(pk=version.pk)
    take_out_of_service(others, f"version {version.version} of it has taken its place")
    versions.filter(pk=version.pk).update(retired_at=None)
    version.retired_at = None
    _hand_over(version)


def take_out_of_service(versions: QuerySet[JudgeVersion], why: str) -> int:
    """Retires these versions and cancels their runs, saying `why`: a run that nobody sees any more would go
    on spending. Gives how many were in service."""
    now = timezone.now()
    retired = list(versions.filter(retired_at=None).values_list("pk", flat=True))
    JudgeRun.objects.filter(annotator__judge_version__in=retired, state__in=JudgeRun.OPEN).update(
        state=JudgeRun.State.CANCELLED, message=why, finished_at=now
    )
    return JudgeVersion.objects.filter(pk__in=retired).update(retired_at=now)


def _hand_over(version: JudgeVersion) -> None:
    """Asks the version in service for what routing decided and no earlier one holds or has answered, and lets
    its label stand there."""
    heir = Annotator.objects.get(judge_version=version)
    before = list(
        Annotator.objects.filter(project_id=version.project_id, judge_version__name=version.name).exclude(
            pk=heir.pk
        )
    )
    decided = Decision.objects.filter(comparison=OuterRef("comparison"), superseded_at=None)
    for annotator in before:
        unmet = Demand.objects.filter(Exists(decided), judge=annotator, wanted__gt=0, live=0, done=0)
        own = Demand.objects.filter(judge=heir)
        lock_demand(
            Demand.objects.filter(judge__in=[annotator, heir], comparison__in=unmet.values("comparison"))
        )
        own.filter(wanted=0, comparison__in=unmet.values("comparison")).update(wanted=1)
        unmet.filter(comparison__in=own.values("comparison")).update(wanted=0)
        unmet.update(judge=heir)
    labelled = Label.objects.filter(
        comparison=OuterRef("comparison"), annotator=OuterRef("judge"), current=True
    )
    held = Demand.objects.filter(comparison=OuterRef("comparison"), judge=OuterRef("judge"), live__gt=0)
    Decision.objects.filter(~Exists(labelled), ~Exists(held), judge__in=before, superseded_at=None).update(
        judge=heir
    )
