"""REST: judges and their runs. Thin callers of the same functions as the pages; see `docs/api.md`."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

from django.db import transaction
from django.urls import path
from rest_framework.request import Request

from annotation import figures
from annotation.api.describing import reads, taken, writes
from annotation.api.hints import Must
from annotation.api.paging import asked_by, page
from annotation.api.problems import Unprocessable
from annotation.api.shapes import amount
from annotation.models import Annotator, JudgeCall, JudgeRun, Project, User
from annotation.permissions import project_for

from . import runs, steering, tasks
from .calibration import KEPT
from .models import Judge, in_service
from .registry import entry_of

_Name = Annotated[str, Must(minLength=1, maxLength=80)]
_Money = Annotated[str, Must(pattern=r"^[0-9]{1,9}(\.[0-9]{1,4})?$")]


class JudgeShape(TypedDict):
    """A judge in service; `settings` are its entry of the project file. Its key is never given."""

    name: str
    version: int
    model: str
    settings: dict[str, Any]


class JudgeWanted(TypedDict):
    """An entry of `judges` in the project file (docs/judges.md)."""

    judge: dict[str, Any]


class JudgeNamed(TypedDict):
    judge: _Name


class Retired(TypedDict):
    retired: bool


class RunWanted(TypedDict):
    """`cap`: the most it may cost, in the project's currency; `limit`: comparisons at most."""

    judge: _Name
    cap: NotRequired[_Money | None]
    limit: NotRequired[Annotated[int, Must(minimum=1, maximum=10**9)] | None]


class RunAct(TypedDict):
    judge: _Name
    act: Literal["pause", "resume", "cancel", "retry"]


class RunShape(TypedDict):
    """One run of a judge and what it did. Amounts of money are texts."""

    number: int
    judge: str
    purpose: str
    state: str
    stop_reason: str
    message: str
    cap: str | None
    limit: int | None
    spent: str
    taken: int
    labelled: int
    consistent: int
    undecided: int
    input_tokens: int
    output_tokens: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class CallShape(TypedDict):
    """One question to a judge: a comparison in one order. `verdict`: by criterion, in stored letters."""

    number: int
    judge: str
    comparison: str
    purpose: str
    order: str
    state: str
    reason: str
    verdict: dict[str, Any]
    model_reported: str
    input_tokens: int | None
    output_tokens: int | None
    cost: str
    latency_ms: int | None
    created_at: datetime


class CalibrationShape(figures.Moment):
    """One object a criterion, with the keys that the command `calibration` prints (docs/calibration.md). In a
    large project as it was at `computed_at`; `being_renewed` says that a worker is working it out anew."""

    project: str
    settings: dict[str, Any]
    criteria: list[dict[str, Any]]


@reads(JudgeShape, paged=200)
def judges(request: Request, slug: str) -> Any:
    """Judges in service."""
    project = project_for(request.user, slug, "view").project
    rows = in_service().filter(version__project=project)
    rows = rows.select_related("version", "pair_template", "ranking_template")
    return page(request, rows, _judge_shape)


@writes(JudgeWanted, JudgeShape)
def set_judge_up(request: Request, slug: str) -> JudgeShape:
    """Makes or changes the judge of this name. A change of what it is makes a new version."""
    project = project_for(request.user, slug, "manage").project
    try:
        return _judge_shape(steering.set_up(project, _by(request), taken(request, JudgeWanted)["judge"]))
    except (TypeError, ValueError) as error:
        raise Unprocessable("judge", str(error)) from error


@writes(JudgeNamed, Retired)
def retire_judge(request: Request, slug: str) -> Retired:
    """Takes a judge out of service. Its labels and calls stay."""
    project = project_for(request.user, slug, "manage").project
    judge = _judge(project, taken(request, JudgeNamed)["judge"])
    try:
        return {"retired": steering.retire(judge, _by(request))}
    except ValueError as error:
        raise Unprocessable("judge", str(error)) from error


@reads(RunShape, paged=200)
def judge_runs(request: Request, slug: str) -> Any:
    """Runs, probes and trials of all judges, the newest first: the ledger."""
    project = project_for(request.user, slug, "view").project
    rows = JudgeRun.objects.filter(project=project).select_related("annotator")
    return page(request, rows, _run_shape, newest=True)


@writes(RunWanted, RunShape, status=202, heavy=True)
def start_run(request: Request, slug: str) -> RunShape:
    """Asks a judge about all that is undecided. Workers do it in the background."""
    project, body = project_for(request.user, slug, "manage").project, taken(request, RunWanted)
    cap = body.get("cap")
    try:
        most = None if cap is None else Decimal(cap)
        run = steering.start(_judge(project, body["judge"]), _by(request), most, body.get("limit"))
    except runs.JudgeError as error:
        raise Unprocessable("judge", str(error)) from error
    transaction.on_commit(tasks.look.delay)
    return _run_shape(run)


@writes(RunAct, RunShape)
def act_on_run(request: Request, slug: str) -> RunShape:
    """Pauses, resumes or cancels the judge's newest run, or has what failed asked again (`retry`)."""
    project, body = project_for(request.user, slug, "manage").project, taken(request, RunAct)
    judge = _judge(project, body["judge"])
    try:
        moved = steering.act(judge, _by(request), body["act"])
    except runs.JudgeError as error:
        raise Unprocessable("judge", str(error)) from error
    run = runs.runs_of(judge).first()
    if run is None or not moved:
        raise Unprocessable("act", f"does not go with a run that is {run.state if run else 'not there'}")
    transaction.on_commit(tasks.look.delay)
    return _run_shape(run)


@reads(
    CallShape, paged=200, query={"judge": _Name, "state": Annotated[str, Must(enum=JudgeCall.State.values)]}
)
def judge_calls(request: Request, slug: str) -> Any:
    """What judges were asked and what came of it, the newest first; of one judge or state if asked."""
    project, asked = project_for(request.user, slug, "view").project, asked_by(request)
    named = {} if asked["judge"] is None else {"judge_version__name": asked["judge"]}
    judges = Annotator.objects.filter(project=project, kind=Annotator.Kind.JUDGE, **named)
    rows = JudgeCall.objects.filter(annotator__in=judges).select_related("annotator", "comparison")
    rows = rows.defer("reply", "evidence", "request", "comparison__prompt", "comparison__metadata")
    if asked["state"] is not None:
        rows = rows.filter(state=asked["state"])
    return page(request, rows, _call_shape, newest=True)


@reads(CalibrationShape, heavy=True)
def calibration(request: Request, slug: str) -> CalibrationShape:
    """How far each judge may be believed, against people: what the command `calibration` prints."""
    project = project_for(request.user, slug, "view").project
    found = figures.find_all(project, [KEPT], wait=True)
    report: Any = found[KEPT].content | figures.moment(found.values())
    return cast("CalibrationShape", report)


def _by(request: Request) -> User:
    return cast("User", request.user)


def _judge(project: Project, name: str) -> Judge:
    found = in_service().filter(version__project=project, version__name=name).first()
    if found is None:
        raise Unprocessable("judge", "must be the name of a judge in service")
    return found


def _judge_shape(judge: Judge) -> JudgeShape:
    version = judge.version
    return {
        "name": version.name,
        "version": version.version,
        "model": version.model,
        "settings": entry_of(judge),
    }


def _run_shape(run: JudgeRun) -> RunShape:
    return {
        "number": run.pk,
        "judge": run.annotator.name,
        "purpose": run.purpose,
        "state": run.state,
        "stop_reason": run.stop_reason,
        "message": run.message,
        "cap": None if run.cap is None else amount(run.cap),
        "limit": run.limit,
        "spent": amount(run.spent),
        "taken": run.taken,
        "labelled": run.labelled,
        "consistent": run.consistent,
        "undecided": run.undecided,
        "input_tokens": run.input_tokens,
        "output_tokens": run.output_tokens,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _call_shape(call: JudgeCall) -> CallShape:
    return {
        "number": call.pk,
        "judge": call.annotator.name,
        "comparison": call.comparison.external_id,
        "purpose": call.purpose,
        "order": call.order,
        "state": call.state,
        "reason": call.reason,
        "verdict": call.verdict,
        "model_reported": call.model_reported,
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cost": amount(call.cost),
        "latency_ms": call.latency_ms,
        "created_at": call.created_at,
    }


urlpatterns = [
    path("projects/<slug:slug>/judges/", judges, name="api-judges"),
    path("projects/<slug:slug>/judges/set/", set_judge_up, name="api-judge-set"),
    path("projects/<slug:slug>/judges/retire/", retire_judge, name="api-judge-retire"),
    path("projects/<slug:slug>/judges/calls/", judge_calls, name="api-judge-calls"),
    path("projects/<slug:slug>/judges/calibration/", calibration, name="api-calibration"),
    path("projects/<slug:slug>/judges/runs/", judge_runs, name="api-judge-runs"),
    path("projects/<slug:slug>/judges/runs/start/", start_run, name="api-judge-run-start"),
    path("projects/<slug:slug>/judges/runs/act/", act_on_run, name="api-judge-run-act"),
]
