"""One of the person's own earlier answers, to be changed."""

from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from annotation.models import Annotation, Assignment
from annotation.projects import criteria_of

from ... import questions as asking
from ..signed_in import SignedInRequest, seated
from .cards import filled_in
from .desk import scripted, sit_down
from .page import show_page


@seated
@require_GET
def label_one(request: SignedInRequest, slug: str, assignment_id: int) -> HttpResponse:
    """The answer as it stands now; submitting it again makes a new revision.

    The script is told `"card": null` where there is none (yet), which a project that is gone is not.
    """
    desk = sit_down(request, slug)
    annotation = (
        Annotation.objects.select_related(
            "assignment", "assignment__comparison", "assignment__comparison__rendering"
        )
        .filter(assignment=assignment_id, assignment__annotator=desk.annotator, superseded_at=None)
        .exclude(assignment__purpose=Assignment.Purpose.IMPORT)
        .first()
    )
    if annotation is None and scripted(request):
        return JsonResponse({"card": None})
    if annotation is None:
        raise Http404("No such answer")
    assignment = annotation.assignment
    labels = annotation.labels.select_related("criterion", "rationale")
    criteria = criteria_of(desk.access.project)
    said = asking.filled(criteria, list(labels), annotation.shown)
    asked = asking.questions(criteria, len(annotation.shown), said)
    revision = annotation.revision + 1
    if scripted(request):
        one = filled_in(
            desk.annotator,
            desk.access.project,
            assignment,
            desk.done,
            asked=asked,
            revision=revision,
            save=True,
        )
        return JsonResponse({"card": one})
    return show_page(request, desk, assignment, asked=asked, revision=revision)
