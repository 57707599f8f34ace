"""Lending and submitting over the API: what an annotator's own client needs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict

from django.db.models import Prefetch, prefetch_related_objects
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from .. import labels, leases
from ..guidelines import acknowledge, acknowledged, to_acknowledge
from ..instruments import before_work
from ..models import Annotator, Assignment, Response
from ..permissions import project_for
from ..projects import guidelines_of
from .bodies import MAX_RANKING, MAX_RATIONALE, REVISION, body_of, key_of, submission_of
from .describing import taken, writes
from .hints import Must
from .problems import Unprocessable
from .shapes import (
    CriterionShape,
    GuidelinesVersion,
    LentResponse,
    Message,
    criteria_shape,
    guidelines_shape,
    lent_responses,
    messages_shape,
)

PREFETCH = 2  # what a person may hold at a time
MAX_VERSION = 2**31 - 1


class Claim(TypedDict):
    """How many to lend, and the version of the guidelines that the annotator has just read."""

    n: NotRequired[Annotated[int, Must(minimum=1, maximum=PREFETCH, default=1)]]
    guidelines: NotRequired[Annotated[int, Must(minimum=1, maximum=MAX_VERSION)] | None]


class GuidelinesLent(GuidelinesVersion):
    """`read`: whether the caller has read this version."""

    read: bool


class Lent(TypedDict):
    """A comparison lent until then; letters are in the order shown."""

    key: str
    leased_until: datetime | None
    prompt: list[Message]
    responses: list[LentResponse]


class Claimed(TypedDict):
    """What the caller holds. `paused` is null, or why nothing new is lent to them. `waits` is null, or what
    they have to agree to or read on the label page before anything is lent: consent or notice."""

    guidelines: GuidelinesLent | None
    paused: str | None
    waits: str | None
    criteria: list[CriterionShape]
    lent: list[Lent]


class AnswerGiven(TypedDict):
    """A ranking, with its strength for a pair on a graded scale, or for pairs a signed preference instead."""

    ranking: NotRequired[Annotated[str, Must(maxLength=MAX_RANKING)]]
    preference: NotRequired[int]
    strength: NotRequired[int | None]
    confidence: NotRequired[Annotated[str, Must(maxLength=20)]]
    reasons: NotRequired[list[str]]
    rationale: NotRequired[Annotated[str, Must(maxLength=MAX_RATIONALE)]]


_Seconds = Annotated[float, Must(minimum=0, maximum=1e9)]


class SubmissionGiven(TypedDict):
    """Answers to something lent, by criterion, under its key."""

    key: Annotated[str, Must(maxLength=30)]
    answers: dict[str, AnswerGiven]
    active_seconds: NotRequired[_Seconds | None]
    idle_seconds: NotRequired[_Seconds | None]


class ReceiptShape(TypedDict):
    """`replayed`: this key had been answered before; `differs`: with something else, which stands."""

    key: str
    replayed: bool
    differs: bool
    surplus: bool


@writes(Claim, Claimed)
def claim(request: Request, slug: str) -> Claimed:
    """Lends up to `n` (1 or 2) comparisons; what the caller already holds comes first. Nothing is lent to
    somebody who has not read the guidelines; `guidelines` says which version they have just read. `paused` in
    the reply is null, or why nothing new is lent to the caller."""
    access = project_for(request.user, slug, "label", acknowledged=acknowledged())
    annotator, body = access.annotator(), taken(request, Claim)
    newest, read = guidelines_of(access.project), _acknowledged(access)
    if (version := body.get("guidelines")) is not None:
        if newest is None or version != newest.version:
            raise Unprocessable("guidelines", "must be the version of the newest guidelines")
        acknowledge(annotator, newest)
        read = newest.pk
    unread = to_acknowledge(access.project, read)
    lent = [] if unread else leases.claim(annotator, access.project, int(body.get("n", 1)))
    answers = Response.objects.order_by("position")
    prefetch_related_objects(lent, Prefetch("comparison__responses", queryset=answers))
    shown = guidelines_shape(newest)
    return {
        "guidelines": {**shown, "read": unread is None} if shown else None,
        "paused": None if annotator.may_be_lent else annotator.told,
        "waits": before_work.stage(annotator, access.project)
        if before_work.waits(annotator, access.project)
        else None,
        "criteria": criteria_shape(access.project),
        "lent": [_lent(assignment) for assignment in lent],
    }


@writes(SubmissionGiven, ReceiptShape)
def submit(request: Request, slug: str) -> ReceiptShape:
    """Records answers to something lent; sending the same key again gives the same receipt."""
    access = project_for(request.user, slug, "label", acknowledged=acknowledged())
    annotator, body = access.annotator(), body_of(request)
    try:
        submission = submission_of(body, access.project, _acknowledged(access))
        [receipt] = labels.submit_many(annotator, access.project, [submission])
    except labels.SubmissionError as error:
        receipt = _replayed(annotator, body, error)
    except labels.NotLent as error:
        raise NotFound("This was not lent to you.") from error
    return {
        "key": f"{receipt.assignment_id}.{REVISION}",
        "replayed": receipt.replayed,
        "differs": receipt.differs,
        "surplus": receipt.surplus,
    }


def _acknowledged(access: Any) -> int | None:
    """The newest version of the guidelines that the caller has read, as `project_for` was asked for it."""
    found: int | None = access.membership.acknowledged
    return found


def _replayed(annotator: Annotator, body: Mapping[str, Any], error: labels.SubmissionError) -> labels.Receipt:
    """The receipt under this key: a replay may answer questions as they were asked before. Otherwise the
    mistake is the caller's."""
    try:
        receipt = labels.recorded(annotator, *key_of(body))
    except labels.SubmissionError:
        receipt = None
    if receipt is None:
        raise Unprocessable(error.field, error.message) from error
    return receipt


def _lent(assignment: Assignment) -> Lent:
    """What an annotator may see: no ids of the source, no model names, letters in the order shown."""
    comparison = assignment.comparison
    return {
        "key": f"{assignment.pk}.{REVISION}",
        "leased_until": assignment.leased_until,
        "prompt": messages_shape(comparison.prompt),
        "responses": lent_responses(comparison, assignment.shown),
    }
