"""Another project with the same settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation.permissions import project_for

from ...project_file import ProjectFileError
from ...project_file.changing import create
from ...project_file.writing import project_as_data
from ..signed_in import SignedInRequest, signed_in


@signed_in
@require_POST
def project_duplicate(request: SignedInRequest, slug: str) -> HttpResponse:
    """A draft with what the project file says of this one; judges come without their stored keys.

    Comparisons, people and labels stay where they are.
    """
    access = project_for(request.user, slug, "own")
    name = request.POST.get("name", "").strip()[:200]
    try:
        if not slugify(name):
            raise ProjectFileError(_("Give the copy a name of its own."))
        data = project_as_data(access.project)
        data["criteria"] = [{k: v for k, v in one.items() if k != "version"} for one in data["criteria"]]
        copy = create(data, request.user, name=name, slug=slugify(name)[:80])
    except ProjectFileError as error:
        messages.error(request, str(error))
        return redirect("project-state", slug)
    messages.success(request, _("This is the copy, a draft. It has no comparisons yet."))
    return redirect("uploads", copy.slug)
