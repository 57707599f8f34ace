"""A judge as a tagger: what it may say of comparisons, what that has cost, and how it goes."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation.models import JudgeCall
from annotation.permissions import project_for
from annotation.tagging import TAGS
from llm_judges import steering, tagging, tasks
from llm_judges.models import Judge, Tagging
from llm_judges.runs import JudgeError

from ...short_forms import TagForm
from ..signed_in import SignedInRequest, signed_in
from .found import context_of, judge_in


@signed_in
@require_safe
def judge_tags(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponse:
    """The judge's latest tagging; while it is at work the page asks for it again and again."""
    access = project_for(request.user, slug, "view")
    judge = judge_in(access.project, judge_id)
    context = context_of(access, judge, "tags") | _shown(judge)
    part = "#tags" if request.htmx else ""
    return render(request, f"frontend/judges/tags.html{part}", context)


@signed_in
@require_POST
def judge_tag(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponseBase:
    """Has comparisons tagged in the background; then the page that follows it. What cannot be asked for comes
    back as it was typed."""
    access = project_for(request.user, slug, "manage")
    judge = judge_in(access.project, judge_id)
    form = TagForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            begun = steering.tag(
                judge, request.user, said["embedding_model"], said["embedding_price"], said["limit"]
            )
        except (JudgeError, ValueError) as error:
            form.add_error(None, str(error))
        else:
            tasks.tag.delay(begun.pk)
            return redirect("judge-tags", slug, judge_id)
    context = context_of(access, judge, "tags") | _shown(judge) | {"form": form}
    return render(request, "frontend/judges/tags.html", context, status=422)


@signed_in
@require_POST
def judge_tag_stop(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponseBase:
    """Asks nothing more; what is in flight is still booked."""
    access = project_for(request.user, slug, "manage")
    steering.stop_tagging(judge_in(access.project, judge_id), request.user)
    return redirect("judge-tags", slug, judge_id)


def _shown(judge: Judge) -> dict[str, Any]:
    found, project = tagging.newest(judge), judge.version.project
    return {
        "tagging": found,
        "form": TagForm(initial=_asked(found)),
        "run": found.run if found else None,
        "live": found is not None and found.run.state in tagging.OPEN,
        "failed": found.run.taken - found.run.labelled if found else 0,
        "reported": _reported(found) if found else "",
        "tagged": tagging.tagged(project),
        "all": project.comparisons.count(),
        "facts": [(name.replace("-", " "), what, ", ".join(words)) for name, (what, words) in TAGS.items()],
    }


def _asked(found: Tagging | None) -> dict[str, Any]:
    """What the form says at first: what was asked for last."""
    if found is None:
        return {}
    cost = found.embedding_price
    return {
        "embedding_model": found.embedding_model,
        "embedding_price": "" if cost is None else f"{cost.normalize():f}",
    }


def _reported(found: Tagging) -> str:
    """The model that tagged last, as its endpoint calls it."""
    calls = JudgeCall.objects.filter(run=found.run_id).exclude(model_reported="")
    return calls.order_by("-pk").values_list("model_reported", flat=True).first() or ""
