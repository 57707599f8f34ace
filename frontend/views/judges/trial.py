"""A judge tried on a few comparisons: what it would cost, and then all that was asked and said."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation.models import JudgeCall
from annotation.permissions import project_for
from annotation.projects import criteria_of
from llm_judges import steering, tasks, trial
from llm_judges.estimate import estimate_trial
from llm_judges.models import Judge
from llm_judges.runs import JudgeError

from ...words import opening
from ..signed_in import SignedInRequest, signed_in
from .found import context_of, judge_in

_State = JudgeCall.State


@signed_in
@require_safe
def judge_trial(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponse:
    """The judge's latest trial; while it is at work the page asks for it again and again."""
    access = project_for(request.user, slug, "view")
    judge = judge_in(access.project, judge_id)
    context = context_of(access, judge, "trial") | _shown(judge)
    if request.htmx:
        return render(request, "frontend/judges/trial.html#trial", context)
    return render(request, "frontend/judges/trial.html", context)


@signed_in
@require_POST
def judge_try(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponseBase:
    """Has the judge tried in the background; then the page that follows it."""
    access = project_for(request.user, slug, "manage")
    judge = judge_in(access.project, judge_id)
    try:
        comparisons = trial.to_try(judge, others=request.POST.get("which") == "others")
        run = steering.try_out(judge, request.user, comparisons)
    except JudgeError as error:
        messages.error(request, str(error))
    else:
        tasks.try_out.delay(run.pk)
    return redirect("judge-trial", slug, judge_id)


def _shown(judge: Judge) -> dict[str, Any]:
    run = trial.newest(judge)
    live = run is not None and run.state in trial.OPEN
    tried = trial.trials_of(run, judge) if run else []
    calls = [call for one in tried for call in one.calls]
    context: dict[str, Any] = {
        "run": run,
        "live": live,
        "criteria": criteria_of(judge.version.project),
        "tried": [_said(one, first=one is tried[0]) for one in tried],
        "calls": len(calls),
        "ended": sum(call.state not in (_State.PENDING, _State.IN_FLIGHT) for call in calls),
        "failed": sum(_failed(call) for call in calls),
        "reused": sum(call.cached_from_id is not None for call in calls),
        "several": trial.SEVERAL,
    }
    if not live and judge.version.retired_at is None:
        first = trial.to_try(judge)
        context |= {"estimate": estimate_trial(judge, first)} if first else {}
        context["others"] = bool(tried) and bool(trial.to_try(judge, 1, others=True))
    return context


def _said(one: trial.Trial, first: bool) -> dict[str, Any]:
    """A comparison for the page; texts of the very first call lie open, those of all others fold."""
    return {
        "trial": one,
        "opening": opening(one.comparison.prompt),
        "calls": [
            {"call": call, "prompt": one.prompts.get(call.pk), "open": first and call is one.calls[0]}
            for call in one.calls
        ],
        "open": any(call.state in (_State.PENDING, _State.IN_FLIGHT) for call in one.calls),
        "bad": next((call for call in one.calls if _failed(call)), None),
    }


def _failed(call: JudgeCall) -> bool:
    return call.state not in (_State.OK, _State.PENDING, _State.IN_FLIGHT)
