"""What somebody decides, over the API: flags, responses that say who wrote them, disputes, gold."""

from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from .. import adjudicating, leases
from .. import flags as raised
from .. import leaks as telling
from ..instruments.known import LONGEST_EXPLANATION, GoldError, make_gold, unmake_gold
from ..labels import SubmissionError
from ..models import Comparison, Flag, IdentityLeak, Project, User
from ..names import annotator_name
from ..permissions import project_for
from .bodies import MAX_RANKING, answers_of
from .describing import reads, taken, writes
from .hints import Must
from .labelling import AnswerGiven
from .paging import MAX_ID, asked_by, page
from .problems import Unprocessable

MOST_LEAKS = 50  # decided in one call, as on the page


class FlagShape(TypedDict):
    """What an annotator found wrong with a comparison."""

    number: int
    comparison: str
    annotator: str
    note: str
    created_at: datetime
    resolved_at: datetime | None


class LeakShape(TypedDict):
    """A response that says who wrote it, by its comparison and letter; `found` are the telling words."""

    number: int
    comparison: str
    letter: str
    state: str
    found: list[dict[str, Any]]


_Number = Annotated[int, Must(minimum=1, maximum=MAX_ID)]


class LeaksDecided(TypedDict):
    """What becomes of these responses, by their `number`s."""

    choice: Literal["accept", "mask", "exclude"]
    numbers: Annotated[list[_Number], Must(minItems=1, maxItems=MOST_LEAKS)]


class Decided(TypedDict):
    """How many were changed."""

    changed: int


class AdjudicationGiven(TypedDict):
    """An answer to every criterion, about the letters of the stored order."""

    answers: dict[str, AnswerGiven]


class AdjudicationShape(TypedDict):
    """What the caller has decided now, as rankings by criterion."""

    comparison: str
    answers: dict[str, str]


class GoldWanted(TypedDict):
    """The right answers by criterion, about the letters of the stored order, and what they are used for;
    `use` null ends that. Trainees read the `explanation`."""

    use: Literal["monitoring", "qualification", "training"] | None
    answers: NotRequired[dict[str, Annotated[str, Must(maxLength=MAX_RANKING)]]]
    explanation: NotRequired[Annotated[str, Must(maxLength=LONGEST_EXPLANATION)]]


class GoldShape(TypedDict):
    comparison: str
    use: str | None


@reads(FlagShape, paged=200, query={"open": Annotated[bool, Must(default=True)]})
def flags(request: Request, slug: str) -> Any:
    """Flags that annotators raised: those that nobody has settled, or all."""
    project = project_for(request.user, slug, "view").project
    rows = Flag.objects.filter(comparison__project=project).select_related("comparison", "annotator")
    if asked_by(request)["open"]:
        rows = rows.filter(resolved_at=None)
    return page(request, rows.defer("comparison__prompt", "comparison__metadata"), _flag_shape)


@writes(None, FlagShape)
def settle_flag(request: Request, slug: str, flag_id: int) -> FlagShape:
    """Settles a flag; one that is settled stays as it is."""
    project = project_for(request.user, slug, "manage").project
    try:
        return _flag_shape(raised.resolve(project, flag_id, cast("User", request.user)))
    except Flag.DoesNotExist as error:
        raise NotFound("No such flag") from error


@reads(LeakShape, paged=200, query={"state": Literal["found", "accepted", "masked", "excluded"]})
def leaks(request: Request, slug: str) -> Any:
    """Responses that say who wrote them: all, or those in one state; `found` has nobody decided about."""
    project = project_for(request.user, slug, "view").project
    rows = IdentityLeak.objects.filter(project=project).select_related("response__comparison")
    if (state := asked_by(request)["state"]) is not None:
        rows = rows.filter(state=state)
    rows = rows.defer("original", "response__comparison__prompt", "response__comparison__metadata")
    return page(request, rows, _leak_shape)


@writes(LeaksDecided, Decided)
def decide_leaks(request: Request, slug: str) -> Decided:
    """Accepts, masks or excludes responses that say who wrote them."""
    project = project_for(request.user, slug, "manage").project
    body = taken(request, LeaksDecided)
    try:
        changed = telling.decide(project, body["numbers"], body["choice"], cast("User", request.user))
    except telling.LeakError as error:
        raise Unprocessable("choice", str(error)) from error
    return {"changed": changed}


@writes(AdjudicationGiven, AdjudicationShape)
def adjudicate(request: Request, slug: str, comparison_id: int) -> AdjudicationShape:
    """Records what the caller decides about a comparison, having seen what everybody said. It is no vote."""
    access = project_for(request.user, slug, "review")
    found, body = _comparison(access.project, comparison_id), taken(request, AdjudicationGiven)
    annotator = access.annotator()
    if leases.holds(annotator, found.pk):
        raise Unprocessable("comparison", "is lent to you: answer it as an annotator")
    try:
        answers = answers_of(body, access.project)
        adjudicating.adjudicate(access.project, annotator, cast("User", request.user), found, answers)
    except SubmissionError as error:
        raise Unprocessable(error.field, error.message) from error
    return {"comparison": found.external_id, "answers": adjudicating.said(annotator, found)}


@writes(GoldWanted, GoldShape)
def set_gold(request: Request, slug: str, comparison_id: int) -> GoldShape:
    """Makes a comparison gold, changes what it is used for, or ends that."""
    project = project_for(request.user, slug, "manage").project
    found, body = _comparison(project, comparison_id), taken(request, GoldWanted)
    by, use = cast("User", request.user), body["use"]
    if use is None:
        unmake_gold(project, found, by)
        return {"comparison": found.external_id, "use": None}
    try:
        make_gold(project, found, body.get("answers", {}), use, body.get("explanation", ""), by)
    except GoldError as error:
        raise Unprocessable("answers", str(error)) from error
    return {"comparison": found.external_id, "use": use}


def _comparison(project: Project, pk: int) -> Comparison:
    return get_object_or_404(Comparison, project=project, pk=pk)


def _flag_shape(flag: Flag) -> FlagShape:
    return {
        "number": flag.pk,
        "comparison": flag.comparison.external_id,
        "annotator": annotator_name(flag.annotator),
        "note": flag.note,
        "created_at": flag.created_at,
        "resolved_at": flag.resolved_at,
    }


def _leak_shape(leak: IdentityLeak) -> LeakShape:
    response = leak.response
    return {
        "number": leak.pk,
        "comparison": response.comparison.external_id,
        "letter": chr(ord("a") + response.position),
        "state": leak.state,
        "found": leak.found,
    }
