"""Lending and submitting over the API: what an annotator's own client needs."""

from django.db.models import Prefetch, prefetch_related_objects
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response as JsonResponse

from .. import labels, leases
from ..models import Assignment, Response
from ..permissions import project_for
from ..projects import criteria_of, guidelines_of
from ..ranking import letters
from .bodies import REVISION, Unprocessable, body_of, submission_of, whole_number
from .shapes import criterion_shape, guidelines_shape, lent_response_shape, messages_shape

PREFETCH = 2  # what a person may hold at a time


@api_view(["POST"])
def claim(request: Request, slug: str) -> JsonResponse:
    """Lends up to `n` (1 or 2) comparisons; what the caller already holds comes first."""
    access = project_for(request.user, slug, "label")
    n = whole_number(body_of(request).get("n", 1), "n", 1, PREFETCH)
    lent = leases.claim(access.annotator(), access.project, n)
    answers = Response.objects.order_by("position")
    prefetch_related_objects(lent, Prefetch("comparison__responses", queryset=answers))
    return JsonResponse(
        {
            "guidelines": guidelines_shape(guidelines_of(access.project)),
            "criteria": [criterion_shape(criterion) for criterion in criteria_of(access.project)],
            "lent": [_lent(assignment) for assignment in lent],
        }
    )


@api_view(["POST"])
def submit(request: Request, slug: str) -> JsonResponse:
    """Records answers to something lent; sending the same key again gives the same receipt."""
    access = project_for(request.user, slug, "label")
    try:
        submission = submission_of(body_of(request), access.project)
        [receipt] = labels.submit_many(access.annotator(), access.project, [submission])
    except labels.SubmissionError as error:
        raise Unprocessable(error.field, error.message) from error
    except labels.NotLent as error:
        raise NotFound("This was not lent to you.") from error
    return JsonResponse(
        {
            "key": f"{receipt.assignment_id}.{submission.revision}",
            "replayed": receipt.replayed,
            "surplus": receipt.surplus,
        }
    )


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
