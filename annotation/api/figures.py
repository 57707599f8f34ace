"""Progress, agreement, consensus and leaderboard over the API: what the overview and the commands show."""

from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict, cast

from django.db import transaction
from rest_framework.request import Request

from .. import figures, reports, tasks
from ..consensus import DEFAULT, METHODS
from ..models import Consensus, Project
from ..permissions import project_for
from ..reports.leaderboard import METHODS as RATINGS
from ..reports.leaderboard import VOTES
from .describing import reads, taken, writes
from .hints import Must
from .paging import asked_by, page
from .problems import Unprocessable
from .reading import Name, criterion_named

_Method = Annotated[str, Must(enum=list(METHODS))]


class Report(figures.Moment):
    """One object a criterion, with the keys that the command of this name prints. In a large project as of
    `computed_at`; `being_renewed` says that a worker is working it out anew."""

    project: str
    criteria: list[dict[str, Any]]


class Progress(figures.Moment):
    """How far a project is. `coverage`: comparisons by who has labelled them; `people` and `judges`: what
    they gave and cost; `queues`: labels done and still wanted by pool or judge; `days`: answers and money by
    day; `skips`: by reason; `trust`: agreement of people on the first criterion, with its interval."""

    project: str
    coverage: dict[str, int]
    people: dict[str, Any]
    judges: list[dict[str, Any]]
    queues: list[dict[str, Any]]
    days: list[dict[str, Any]]
    skips: dict[str, int]
    trust: dict[str, Any]


class ConsensusShape(TypedDict):
    """The estimated preference on a comparison: probabilities by answer, and how many labels they rest on."""

    comparison: str
    criterion: str
    method: str
    probabilities: dict[str, float]
    winner: str
    ranking: str
    support: int
    computed_at: datetime


class RefreshWanted(TypedDict):
    criterion: NotRequired[Name | None]
    method: NotRequired[_Method]


class Begun(TypedDict):
    begun: bool


@reads(Progress, heavy=True)
def progress(request: Request, slug: str) -> Progress:
    """How far the project is, who did what, and what it cost. In a large project as it was not long ago: a
    worker renews it."""
    project = project_for(request.user, slug, "view").project
    found = figures.find_all(project, ("progress", "trust"), wait=True)
    whole, trust = found["progress"].content, found["trust"].content
    shown: Any = {"project": project.slug, **whole, "trust": trust, **figures.moment(found.values())}
    return cast("Progress", shown)


@reads(Report, query={"criterion": Name, "details": Annotated[bool, Must(default=False)]}, heavy=True)
def agreement(request: Request, slug: str) -> Report:
    """How far annotators agree. With `details` by part and by annotator as well."""
    project, asked = project_for(request.user, slug, "view").project, asked_by(request)
    try:
        criteria = reports.criteria_named(project, asked["criterion"])
    except reports.Unknown as error:
        raise Unprocessable("criterion", str(error)) from error
    return _report(project, [figures.named(one, asked["details"]) for one in criteria])


@reads(
    Report,
    query={
        "criterion": Name,
        "method": Annotated[str, Must(enum=list(RATINGS))],
        "votes": Annotated[str, Must(enum=list(VOTES), default="standing")],
        "length_controlled": Annotated[bool, Must(default=False)],
    },
    heavy=True,
)
def leaderboard(request: Request, slug: str) -> Report:
    """How strong the models are that wrote the responses."""
    project, asked = project_for(request.user, slug, "view").project, asked_by(request)
    try:
        criteria = reports.criteria_named(project, asked["criterion"])
        names = [
            figures.board_named(one, asked["votes"], asked["length_controlled"], asked["method"])
            for one in criteria
        ]
        return _report(project, names)
    except reports.Unknown as error:
        raise Unprocessable("query", str(error)) from error


@reads(
    ConsensusShape,
    paged=1000,
    query={"criterion": Name, "method": Annotated[str, Must(enum=list(METHODS), default=DEFAULT)]},
)
def consensus(request: Request, slug: str) -> Any:
    """The consensus as it was last estimated, by one method."""
    project, asked = project_for(request.user, slug, "view").project, asked_by(request)
    rows = Consensus.objects.filter(comparison__project=project, method=asked["method"])
    if asked["criterion"] is not None:
        rows = rows.filter(criterion=criterion_named(project, asked["criterion"]))
    rows = rows.select_related("comparison", "criterion")
    return page(request, rows.defer("comparison__prompt", "comparison__metadata"), _consensus_shape)


@writes(RefreshWanted, Begun, status=202, heavy=True)
def refresh_consensus(request: Request, slug: str) -> Begun:
    """Estimates the consensus anew. It is worked out in the background."""
    project, body = project_for(request.user, slug, "manage").project, taken(request, RefreshWanted)
    name, method = body.get("criterion"), body.get("method", DEFAULT)
    if name is not None:
        criterion_named(project, name)
    transaction.on_commit(lambda: tasks.refresh_consensus.delay(project.pk, name, method))
    return {"begun": True}


def _report(project: Project, names: list[str]) -> Report:
    """Nothing is missing: a program waits where a page would say that it is being worked out."""
    found = figures.find_all(project, names, wait=True).values()
    return {"project": project.slug, "criteria": [one.content for one in found], **figures.moment(found)}


def _consensus_shape(found: Consensus) -> ConsensusShape:
    return {
        "comparison": found.comparison.external_id,
        "criterion": found.criterion.name,
        "method": found.method,
        "probabilities": found.probabilities,
        "winner": found.winner,
        "ranking": found.ranking,
        "support": found.support,
        "computed_at": found.computed_at,
    }
