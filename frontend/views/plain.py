"""The comparison in hand as it was written, for a person who wants to see past the Markdown."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from annotation.models import Assignment
from annotation.permissions import project_for

from ..rendering import plain_parts
from .signed_in import SignedInRequest, signed_in


@signed_in
@require_safe
def plain(request: SignedInRequest, slug: str, assignment_id: int) -> HttpResponse:
    """A fragment with the text of prompt and responses; for the annotator of this assignment only."""
    access = project_for(request.user, slug, "label")
    mine = Assignment.objects.filter(
        annotator__project=access.project, annotator__user=request.user
    ).select_related("comparison")
    return HttpResponse(plain_parts(get_object_or_404(mine, pk=assignment_id)))
