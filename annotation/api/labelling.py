"""Lending and submitting over the API: what an annotator's own client needs."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response as JsonResponse

from .. import labels, leases
from ..guidelines import acknowledge, acknowledged, to_acknowledge
from ..models import Annotator, Assignment, Response
from ..permissions import project_for
from ..projects import criteria_of, guidelines_of
from ..ranking import letters
from .bodies import REVISION, Unprocessable, body_of, key_of, submission_of, whole_number
from .shapes import criterion_shape, guidelines_shape, lent_response_shape, messages_shape

PREFETCH = 2  # what a person may hold at a time
MAX_VERSION = 2**31 - 1


@api_view(["POST"])
def claim(request: Request, slug: str) -> JsonResponse:
    """Lends up to `n` (1 or 2) comparisons; what the caller already holds comes first. Nothing is lent to
    somebody who has not read the guidelines; `guidelines` says which version they have just read. `paused` in
    the reply is null, or why nothing new is lent to the caller."""
    access = project_for(request.user, slug, "label", acknowledged=acknowledged())
    annotator, body = access.annotator(), body_of(request)
    n = whole_number(body.get("n", 1), "n", 1, PREFETCH)
    newest, read = guidelines_of(access.project), _acknowledged(access)
    if (version := body.get("guidelines")) is not None:
        if newest is None or whole_number(version, "guidelines", 1, MAX_VERSION) != newest.version:
            raise Unprocessable("guidelines", "must be the version of the newest guidelines")
        acknowledge(annotator, newest)
        read = newest.pk
    unread = to_acknowledge(access.project, read)
    lent = [] if unread else leases.claim(annotator, access.project, n)
    answers = Response.objects.order_by("position")
    prefetch_related_objects(lent, Prefetch("comparison__responses", queryset=answers))
    shown = guidelines_shape(newest)
    return JsonResponse(
        {
            "guidelines": shown and shown | {"read": unread is None},
            "paused": None if annotator.may_be_lent else annotator.told,
            "criteria": [criterion_shape(criterion) for criterion in criteria_of(access.project)],
            "lent": [_lent(assignment) for assignment in lent],
        }
    )


@api_view(["POST"])
def submit(request: Request, slug: str) -> JsonResponse:
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
    return JsonResponse(
        {
            "key": f"{receipt.assignment_id}.{REVISION}",
            "replayed": receipt.replayed,
            "differs": receipt.differs,
            "surplus": receipt.surplus,
        }
    )


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


def _lent(assignment: Assignment) -> dict[str, object]:
    """What an annotator may see: no ids of the source, no model names, letters in the order shown."""
    comparison = assignment.comparison
    stored = dict(zip(letters(comparison.k), comparison.responses.all(), strict=True))
    shown = zip(letters(comparison.k), assignment.shown, strict=True)
    return {
        "key": f"{assignment.pk}.{REVISION}",
        "leased_until": assignment.leased_until,
        "prompt": messages_shape(comparison.prompt),
        "responses": [{"letter": letter, **lent_response_shape(stored[source])} for letter, source in shown],
    }
