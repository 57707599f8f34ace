"""What a person tells about themselves, if they like."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotation.permissions import project_for
from annotation.profile import answers_of, say, unknown

from .signed_in import SignedInRequest, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def about_you(request: SignedInRequest, slug: str) -> HttpResponse:
    """The project's questions about the person, each with "rather not say"; stores the answers by POST. One
    that is offered no more is asked for again."""
    access = project_for(request.user, slug, "label")
    annotator = access.annotator()
    said, strange = answers_of(annotator), set()
    if request.method == "POST":
        said = {name: str(text) for name, text in request.POST.items()}
        strange = unknown(access.project, said)
        if not strange:
            say(annotator, access.project, said)
            return redirect("label", slug)
    questions = [
        {**one, "said": said.get(one["name"], ""), "strange": one["name"] in strange}
        for one in access.project.profile
    ]
    context = {"project": access.project, "questions": questions}
    return render(request, "frontend/about_you.html", context, status=422 if strange else 200)
