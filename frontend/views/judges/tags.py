"""A judge as a tagger: what it may say of comparisons, what that has cost, and how it goes."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation.models import JudgeCall
from annotation.permissions import project_for
from annotation.tagging import TAGS
from llm_judges import steering, tagging, tasks
from llm_judges.models import Judge, Tagging
from llm_judges.runs import JudgeError
from llm_judges.settings import price

from ...forms import number
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
    try:
        model = request.POST.get("embedding_model", "").replace("\x00", "").strip()[:200]
        begun = steering.tag(judge, request.user, model, _price(request), _limit(request))
    except (JudgeError, ValueError) as error:
        context = context_of(access, judge, "tags") | _shown(judge)
        context |= {"problem": str(error), "typed": request.POST}
        return render(request, "frontend/judges/tags.html", context, status=422)
    tasks.tag.delay(begun.pk)
    return redirect("judge-tags", slug, judge_id)


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
        "run": found.run if found else None,
        "live": found is not None and found.run.state in tagging.OPEN,
        "failed": found.run.taken - found.run.labelled if found else 0,
        "reported": _reported(found) if found else "",
        "tagged": tagging.tagged(project),
        "all": project.comparisons.count(),
        "facts": [(name.replace("-", " "), what, ", ".join(words)) for name, (what, words) in TAGS.items()],
    }


def _reported(found: Tagging) -> str:
    """The model that tagged last, as its endpoint calls it."""
    calls = JudgeCall.objects.filter(run=found.run_id).exclude(model_reported="")
    return calls.order_by("-pk").values_list("model_reported", flat=True).first() or ""


def _price(request: SignedInRequest) -> Decimal | None:
    text = request.POST.get("embedding_price", "").strip()
    try:
        return price(Decimal(text) if text else None, "embedding_price")
    except InvalidOperation:
        raise ValueError(_("The price of embeddings must be a number.")) from None


def _limit(request: SignedInRequest) -> int | None:
    text = request.POST.get("limit", "").strip()
    limit = number(text)
    if text and not (limit and limit < 2**31):
        raise ValueError(_("The number of comparisons must be a whole number from 1."))
    return limit
