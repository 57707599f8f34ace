"""Another project with the same settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation.permissions import project_for

from ...project_file import ProjectFileError
from ...project_file.changing import duplicate
from ..signed_in import SignedInRequest, signed_in


@signed_in
@require_POST
def project_duplicate(request: SignedInRequest, slug: str) -> HttpResponse:
    """A draft with the same settings."""
    access = project_for(request.user, slug, "own")
    try:
        copy = duplicate(access.project, request.POST.get("name", ""), request.user)
    except ProjectFileError as error:
        messages.error(request, str(error))
        return redirect("project-state", slug)
    messages.success(request, _("This is the copy, a draft. It has no comparisons yet."))
    return redirect("uploads", copy.slug)
