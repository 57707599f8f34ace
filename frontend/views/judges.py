"""The judges of a project at work: how far each is, what it costs, and the buttons that steer its run."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import retarget

from annotation.models import JudgeRun, Project
from annotation.permissions import Access, project_for
from llm_judges import budget, runs, tasks
from llm_judges.models import Judge, in_service, judges_of
from llm_judges.progress import Progress, progress_of
from llm_judges.runs import JudgeError

from .signed_in import SignedInRequest, signed_in

_State = JudgeRun.State
MOST_MONEY = Decimal(10**9)
MOST_COMPARISONS = 10**9


@dataclass(frozen=True, slots=True)
class Line:
    """A judge and its newest run, as the page shows them."""

    judge: Judge
    progress: Progress | None

    @property
    def state(self) -> str:
        return self.progress.run.state if self.progress else ""

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
        return sum(self.progress.failed.values()) if self.progress else 0


@signed_in
@require_safe
def judges(request: SignedInRequest, slug: str) -> HttpResponse:
    """All judges in service."""
    access = project_for(request.user, slug, "view")
    lines = [Line(judge, progress_of(judge)) for judge in judges_of(access.project)]
    context = _context(access) | {
        "lines": lines,
        "at_work": sum(line.live for line in lines),
        "spent": budget.spent_by_purpose(access.project),
    }
    return render(request, "frontend/judges.html", context)


@signed_in
@require_safe
def judge_progress(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponseBase:
    """The figures of one judge, which a page at work asks for again and again; all of it once its state is
    another than the page has."""
    access = project_for(request.user, slug, "view")
    line = _line(access.project, judge_id)
    context = _context(access) | {"line": line}
    if line.state == request.GET.get("state"):
        return render(request, "frontend/judges.html#figures", context)
    return retarget(render(request, "frontend/judges.html#judge", context), f"#judge-{judge_id}")


@signed_in
@require_POST
def judge_act(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponseBase:
    """Start, pause, resume, cancel or ask again; then the page as it is now."""
    access = project_for(request.user, slug, "manage")
    line = _line(access.project, judge_id)
    problem = ""
    try:
        _act(request, line)
    except (JudgeError, ValueError) as error:
        problem = str(error)
    if not request.htmx:
        if problem:
            messages.error(request, problem)
        return redirect("judges", slug)
    context = _context(access) | {"line": _line(access.project, judge_id), "problem": problem}
    return render(request, "frontend/judges.html#judge", context, status=422 if problem else 200)


def _act(request: SignedInRequest, line: Line) -> None:
    """Raises JudgeError or ValueError with a sentence for the owner."""
    judge, run = line.judge, line.progress.run if line.progress else None
    action = request.POST.get("action")
    if action == "start":
        runs.start(judge, request.user, _cap(request.POST.get("cap")), _limit(request.POST.get("limit")))
    elif action == "retry":
        if not runs.retry_failed(judge):
            raise ValueError(_("There is nothing to ask again."))
        if not line.open:
            runs.start(judge, request.user)
    elif run is None:
        raise ValueError(_("This judge has not been started yet."))
    elif action == "pause":
        runs.pause(run)
    elif action == "resume":
        runs.resume(run, judge)
    elif action == "cancel":
        runs.cancel(run)
    if action in ("start", "retry", "resume"):
        tasks.look.delay()


def _cap(text: str | None) -> Decimal | None:
    if not (text or "").strip():
        return None
    try:
        amount = Decimal((text or "").strip().replace(",", "."))
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or not 0 <= amount < MOST_MONEY:
        raise ValueError(_("The most it may cost is an amount of money, such as 25."))
    return amount.quantize(Decimal("0.0001"))


def _limit(text: str | None) -> int | None:
    if not (text or "").strip():
        return None
    number = (text or "").strip()
    if not (number.isascii() and number.isdigit()) or not 1 <= int(number[:12]) < MOST_COMPARISONS:
        raise ValueError(_("The number of comparisons is a whole number, 1 or more."))
    return int(number)


def _line(project: Project, judge_id: int) -> Line:
    judge = get_object_or_404(in_service().filter(version__project=project), pk=judge_id)
    return Line(judge, progress_of(judge))


def _context(access: Access) -> dict[str, Any]:
    return {
        "access": access,
        "project": access.project,
        "may_manage": access.may("manage"),
        "section": "judges",
    }
