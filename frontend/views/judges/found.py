"""What every page of a judge begins with."""

from typing import Any

from django.shortcuts import get_object_or_404

from annotation.models import Project
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
