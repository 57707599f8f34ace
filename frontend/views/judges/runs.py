"""The judges of a project at work: how far each is, what it costs, and the buttons that steer its run."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import retarget

from annotation.models import JudgeCall, JudgeRun, Project
from annotation.permissions import Access, project_for
from llm_judges import budget, steering, tasks
from llm_judges.batching import newest_batches
from llm_judges.estimate import estimate
from llm_judges.models import Judge, in_service, judges_of, panels_of
from llm_judges.progress import Progress, progress_of, progress_of_all
from llm_judges.runs import JudgeError
from llm_judges.vitals import Vitals, vitals_of

from ...short_forms import RunForm
from ..signed_in import SignedInRequest, signed_in
from .found import context_of, judge_in

_State = JudgeRun.State
LEDGER_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A judge and its newest run, as the pages show them; `vitals` where all is shown, `form` as it was sent
    where something is wrong with it."""

    judge: Judge
    progress: Progress | None
    vitals: Vitals | None = None
    form: RunForm | None = None

    @property
    def state(self) -> str:
        return self.progress.run.state if self.progress else ""

    @property
    def asks(self) -> RunForm:
        """What a run is started with."""
        return self.form or RunForm(auto_id=f"%s-{self.judge.pk}")

    @property
    def live(self) -> bool:
        """Whether its figures change by themselves."""
        return self.state in (_State.PENDING, _State.RUNNING)

    @property
    def open(self) -> bool:
        return self.state in JudgeRun.OPEN

    @property
    def may_go_on(self) -> bool:
        return self.state in (_State.PAUSED, _State.STOPPED)

    @property
    def failed(self) -> int:
        """Calls that may come out better another time; of a comparison that cannot be judged none does."""
        failed = self.progress.failed if self.progress else {}
        return sum(number for state, number in failed.items() if state != JudgeCall.State.INVALID_INPUT)


@signed_in
@require_safe
def judges(request: SignedInRequest, slug: str) -> HttpResponse:
    """All judges in service."""
    return _list(request, project_for(request.user, slug, "view"))


def _list(
    request: SignedInRequest, access: Access, form: RunForm | None = None, of: int = 0, problem: str = ""
) -> HttpResponse:
    """The page, with the form of judge `of` as it was sent."""
    in_use = judges_of(access.project)
    progress = progress_of_all(in_use)
    lines = [Line(one, progress.get(one.pk), form=form if one.pk == of else None) for one in in_use]
    context = context_of(access) | {
        "problem": problem,
        "of": of,
        "lines": lines,
        "at_work": sum(line.live for line in lines),
        "panels": panels_of(access.project),
        "spent": budget.spent_by_purpose(access.project),
    }
    return render(request, "frontend/judges/list.html", context, status=422 if problem else 200)


@signed_in
@require_safe
def judge(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponseBase:
    """One judge at work, with its ledger.

    A page at work asks for the figures alone again and again, and is given all of the run once its state is
    another than the page has.
    """
    access = project_for(request.user, slug, "view")
    found = judge_in(access.project, judge_id)
    whole = not request.htmx or request.GET.get("view") == "whole"
    line = _line(found, whole)
    context = context_of(access, found, "runs") | {"line": line, "whole": whole}
    if not request.htmx:
        return render(request, "frontend/judges/judge.html", context | _beside(found))
    if line.state == request.GET.get("state"):
        return render(request, "frontend/judges/run.html#figures", context)
    return retarget(render(request, "frontend/judges/run.html", context), f"#judge-{judge_id}")


@signed_in
@require_safe
def judge_estimate(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponse:
    """What a run of all that the judge is asked for would cost, as a line beside its button."""
    access = project_for(request.user, slug, "view")
    found = judge_in(access.project, judge_id)
    context = context_of(access, found) | {"estimate": estimate(found)}
    return render(request, "frontend/judges/estimate.html", context)


@signed_in
@require_POST
def judge_act(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponseBase:
    """Start, pause, resume, cancel or ask again; then the page as it is now."""
    access = project_for(request.user, slug, "manage")
    found = _in_service(access.project, judge_id)
    whole = request.POST.get("view") == "whole"
    form = RunForm(request.POST, auto_id=f"%s-{found.pk}")
    problem = ""
    try:
        with transaction.atomic():
            _act(request, found, form)
        if request.POST.get("action") in ("start", "retry", "resume"):
            tasks.look.delay()
    except (JudgeError, ValueError) as error:
        problem = str(error)
    if not request.htmx and not problem:
        return redirect("judge", slug, judge_id) if whole else redirect("judges", slug)
    if not request.htmx and not whole:
        return _list(request, access, form, found.pk, problem)
    line = _line(found, whole, form if problem else None)
    context = context_of(access, found, "runs") | {"line": line, "whole": whole, "problem": problem}
    context |= {"of": found.pk}
    if not request.htmx:
        return render(request, "frontend/judges/judge.html", context | _beside(found), status=422)
    return render(request, "frontend/judges/run.html", context, status=422 if problem else 200)


@signed_in
@require_POST
def batches_look(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponse:
    """Has a worker ask after the judge's open batches now, and take what they brought."""
    access = project_for(request.user, slug, "manage")
    tasks.tend_batches.delay(judge_in(access.project, judge_id).pk)
    messages.success(request, _("A worker asks the provider. What a batch has brought shows here."))
    return redirect("judge", slug, judge_id)


def _act(request: SignedInRequest, judge: Judge, form: RunForm) -> None:
    """Raises JudgeError or ValueError with a sentence for the owner."""
    action = request.POST.get("action", "")
    if action == "start":
        if not form.is_valid():
            raise ValueError(_("It was not started: one of the fields needs another value."))
        steering.start(judge, request.user, form.cleaned_data["cap"], form.cleaned_data["limit"])
    elif action not in steering.ACTS:
        raise ValueError(_("Choose what to do."))
    elif not steering.act(judge, request.user, action) and action == "retry":
        raise ValueError(_("There is nothing to ask again."))


def _line(judge: Judge, whole: bool = False, form: RunForm | None = None) -> Line:
    progress = progress_of(judge)
    return Line(judge, progress, vitals_of(progress.run, judge) if progress and whole else None, form)


def _in_service(project: Project, judge_id: int) -> Judge:
    return get_object_or_404(in_service().filter(version__project=project), pk=judge_id)


def _beside(judge: Judge) -> dict[str, Any]:
    """What the page of one judge shows beside its run."""
    return {"ledger": _ledger(judge), "batches": newest_batches(judge)}


def _ledger(judge: Judge) -> list[JudgeRun]:
    """The newest entries of this version: runs, trials and probes."""
    entries = JudgeRun.objects.filter(annotator__judge_version=judge.version_id)
    return list(entries.select_related("started_by").order_by("-pk")[:LEDGER_SHOWN])
