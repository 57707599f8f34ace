"""The project file: downloaded as the project stands, and applied to it again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation.permissions import project_for

from ...project_file import ProjectFileError, parse
from ...project_file.changing import change
from ...project_file.writing import project_as_file
from ...short_forms import ProjectFileForm
from ..signed_in import SignedInRequest, signed_in
from .states import page

LARGEST = 1024**2  # bytes


@signed_in
@require_safe
def project_file(request: SignedInRequest, slug: str) -> HttpResponse:
    """Everything that is set, as YAML."""
    project = project_for(request.user, slug, "manage").project
    headers = {"Content-Disposition": f'attachment; filename="{project.slug}.yaml"'}
    content = project_as_file(project)
    return HttpResponse(content, content_type="application/yaml; charset=utf-8", headers=headers)


@signed_in
@require_POST
def project_file_apply(request: SignedInRequest, slug: str) -> HttpResponse:
    """Applies a file to this project. Its `slug` has to be this one's: nobody means another project."""
    access = project_for(request.user, slug, "manage")
    project = access.project
    form = ProjectFileForm(request.POST, request.FILES, auto_id="yaml-%s")
    try:
        sent = request.FILES.get("file")
        if sent is None or (sent.size or 0) > LARGEST:
            raise ProjectFileError(_("Choose a project file of less than 1 MB."))
        data = parse(sent.read())
        if data.get("slug") != project.slug:
            raise ProjectFileError(
                _("slug is %(theirs)s, and this project is %(ours)s. Change it in the file if you mean it.")
                % {"theirs": data.get("slug"), "ours": project.slug}
            )
        keys = change(project, data, request.user)
    except ProjectFileError as error:
        form.add_error("file", str(error))
        return page(request, access, file=form)
    said = _("Applied. Changed: %(keys)s.") % {"keys": ", ".join(keys)} if keys else ""
    messages.success(request, said or _("Applied. Everything stood so already."))
    return redirect("project-state", slug)
