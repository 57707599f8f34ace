"""Another project with the same settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation.permissions import project_for

from ...project_file import ProjectFileError
from ...project_file.changing import duplicate
from ...short_forms import CopyForm
from ..signed_in import SignedInRequest, signed_in
from .states import page


@signed_in
@require_POST
def project_duplicate(request: SignedInRequest, slug: str) -> HttpResponse:
    """A draft with the same settings."""
    access = project_for(request.user, slug, "own")
    form = CopyForm(request.POST, auto_id="copy-%s")
    if not form.is_valid():
        return page(request, access, copy=form)
    try:
        copy = duplicate(access.project, form.cleaned_data["name"], request.user)
    except ProjectFileError as error:
        form.add_error("name", str(error))
        return page(request, access, copy=form)
    messages.success(request, _("This is the copy, a draft. It has no comparisons yet."))
    return redirect("uploads", copy.slug)
