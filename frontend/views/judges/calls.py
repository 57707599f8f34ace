"""The calls of a judge: a list by state, and one call with everything that is known of it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from annotation import leases
from annotation.models import JudgeCall
from annotation.permissions import project_for
from annotation.projects import criteria_of
from llm_judges.calls import brief, prompts_of
from llm_judges.models import Judge
from llm_judges.registry import annotator_of
from llm_judges.submitting import readings_of
from llm_judges.verdicts import Reading, Unreadable

from ...forms import number
from ..signed_in import SignedInRequest, signed_in
from .found import context_of, judge_in

PAGE = 50


@signed_in
@require_safe
def judge_calls(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponse:
    """The calls of this version of the judge, newest first, page by page; of one `state` if asked."""
    access = project_for(request.user, slug, "view")
    judge = judge_in(access.project, judge_id)
    annotator = annotator_of(judge)
    states = JudgeCall.objects.filter(annotator=annotator).order_by("state").values_list("state")
    state, before = request.GET.get("state", ""), number(request.GET.get("before"))
    if state and state not in JudgeCall.State.values:
        raise Http404("There is no such state")
    # Their replies may be long, and are not shown here.
    calls = JudgeCall.objects.filter(annotator=annotator).select_related("comparison")
    calls = calls.defer("reply", "evidence", "request", "comparison__prompt", "comparison__metadata")
    if state:
        calls = calls.filter(state=state)
    if before is not None:
        calls = calls.filter(pk__lt=before)
    page = list(calls.order_by("-pk")[: PAGE + 1])
    rows = page[:PAGE]
    context = context_of(access, judge, "calls") | {
        "rows": rows,
        "criteria": criteria_of(access.project),
        "next": rows[-1].pk if len(page) > PAGE else None,
        "state": state,
    }
    if request.htmx:
        return render(request, "frontend/judges/calls.html#rows", context)
    counts = dict(states.annotate(Count("pk")))
    context |= {"states": counts, "number": sum(counts.values())}
    return render(request, "frontend/judges/calls.html", context)


@signed_in
@require_safe
def judge_call(request: SignedInRequest, slug: str, call_id: int) -> HttpResponse:
    """One call: prompt, reply, what was read from it, cost, and what the endpoint said. Not for whoever is
    lent its comparison: that page says why."""
    access = project_for(request.user, slug, "view")
    call = get_object_or_404(
        JudgeCall.objects.select_related("comparison", "annotator", "run"),
        annotator__project=access.project,
        pk=call_id,
    )
    if leases.holds(access.membership.annotator, call.comparison_id):
        return redirect("comparison", slug, call.comparison_id)
    judge = _judge_of(call)
    others = JudgeCall.objects.filter(annotator=call.annotator, comparison=call.comparison_id).exclude(
        pk=call.pk
    )
    context = context_of(access, judge, "calls") | {
        "call": call,
        "criteria": criteria_of(access.project),
        "others": others.defer("reply", "evidence", "request").order_by("purpose", "pk")[:PAGE],
        **(_looked_into(judge, call) if judge else {}),
    }
    return render(request, "frontend/judges/inspect.html", context)


def _judge_of(call: JudgeCall) -> Judge | None:
    """None for calls that were imported: nobody here made them."""
    version = call.annotator.judge_version_id
    judges = Judge.objects.select_related("version__project", "pair_template", "ranking_template")
    return judges.filter(version=version).first() if version else None


def _looked_into(judge: Judge, call: JudgeCall) -> dict[str, Any]:
    """The prompt made again, and what today's reader takes from the reply."""
    asked = brief(judge, call.annotator, judge.version.project, call.purpose)
    readings: Mapping[str, Reading] = {}
    unreadable = ""
    if call.reply:
        try:
            readings = readings_of(asked, call)
        except Unreadable as error:
            unreadable = str(error)
    prompt = prompts_of(asked, [call]).get(call.pk) if call.request else None
    return {"prompt": prompt, "readings": readings, "unreadable": unreadable}
