"""What every page of a judge begins with."""

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404

from annotation.models import JudgeRun, Project
from annotation.permissions import Access
from llm_judges.models import Judge


def judge_in(project: Project, judge_id: int) -> Judge:
    """The project's judge with this key, in service or retired. Raises Http404."""
    judges = Judge.objects.select_related("version__project", "pair_template", "ranking_template")
    return get_object_or_404(judges, version__project=project, pk=judge_id)


def context_of(access: Access, judge: Judge | None = None, tab: str = "") -> dict[str, Any]:
    """What the templates of these pages share; `tab` is the page of the judge that this is."""
    return {
        "access": access,
        "project": access.project,
        "may_manage": access.may("manage"),
        "section": "judges",
        "judge": judge,
        "tab": tab,
    }


def tried(judges: Sequence[Judge]) -> dict[int, JudgeRun]:
    """The newest trial by the judge's version, of those that were tried. One SQL statement."""
    versions = [judge.version_id for judge in judges]
    trials = JudgeRun.objects.filter(
        annotator__judge_version__in=versions, purpose=JudgeRun.Purpose.TRIAL
    ).select_related("annotator")
    return {run.annotator.judge_version_id or 0: run for run in trials.order_by("pk")}
