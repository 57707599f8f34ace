"""What a person tells about themselves, if they like."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotation.permissions import project_for
from annotation.profile import answers_of, say

from .signed_in import SignedInRequest, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def about_you(request: SignedInRequest, slug: str) -> HttpResponse:
    """The project's questions about the person, each with "rather not say"; stores the answers by POST."""
    access = project_for(request.user, slug, "label")
    annotator = access.annotator()
    if request.method == "POST":
        say(annotator, access.project, {name: str(text) for name, text in request.POST.items()})
        return redirect("label", slug)
    said = answers_of(annotator)
    questions = [{**one, "said": said.get(one["name"], "")} for one in access.project.profile]
    return render(request, "frontend/about_you.html", {"project": access.project, "questions": questions})
