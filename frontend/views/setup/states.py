"""Open, close, archive, restore, delete; the project file and a copy stand beside."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotation import lifecycle
from annotation.models import Comparison, Demand
from annotation.models.queue import OPEN
from annotation.permissions import Access, project_for

from ...short_forms import CopyForm, DeleteForm, ProjectFileForm, ShortForm
from ..signed_in import SignedInRequest, signed_in
from .steps import context_of


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def project_state(request: SignedInRequest, slug: str) -> HttpResponse:
    """What state the project is in, what is missing before it opens, and every way out of it."""
    access = project_for(request.user, slug, "manage")
    return _act(request, access) if request.method == "POST" else page(request, access)


def page(request: SignedInRequest, access: Access, **sent: ShortForm) -> HttpResponse:
    """The page; with a form as it was `sent`, where something is wrong with it: copy, delete or file."""
    project = access.project
    comparisons = Comparison.objects.filter(project=project)
    open_to_people = Demand.objects.filter(OPEN, comparison__project=project, pool__isnull=False)
    context = context_of(access, "state") | {
        "has_comparisons": comparisons.exists(),
        "asks": open_to_people.exists(),
        "owns": access.may("own"),
        "may_label": access.may("label"),
        "grace": lifecycle.GRACE.days,
        "copy": CopyForm(auto_id="copy-%s"),
        "delete": DeleteForm(auto_id="delete-%s"),
        "file": ProjectFileForm(auto_id="yaml-%s"),
        **sent,
    }
    return render(request, "frontend/setup/state.html", context, status=422 if sent else 200)


def _act(request: SignedInRequest, access: Access) -> HttpResponse:
    project, user, act = access.project, request.user, request.POST.get("act")
    try:
        match act:
            case "open":
                lifecycle.open_project(project, user)
                said = _("It is open: people are lent comparisons from now on.")
            case "close":
                lifecycle.close_project(project, user)
                said = _("It is closed. What is in hand may be finished.")
            case "archive":
                lifecycle.archive(project, user)
                said = _("It is archived.")
            case "restore":
                lifecycle.restore(project, user)
                said = _("It is back, and closed.")
            case "delete":
                project_for(user, project.slug, "own")
                return _delete(request, access)
            case "keep":
                project_for(user, project.slug, "own")
                lifecycle.keep(project, user)
                said = _("It stays.")
            case _:
                raise lifecycle.ProjectStateError(_("Choose what to do."))
    except lifecycle.ProjectStateError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("project-state", project.slug)


def _delete(request: SignedInRequest, access: Access) -> HttpResponse:
    """Asks for the deletion; raises ProjectStateError where no other word would help either."""
    form = DeleteForm(request.POST, auto_id="delete-%s")
    if form.is_valid():
        try:
            lifecycle.ask_deletion(access.project, request.user, form.cleaned_data["typed"])
        except lifecycle.NotConfirmed as error:
            form.add_error("typed", str(error))
        else:
            messages.success(request, _("It will be deleted. Until then you can keep it."))
            return redirect("project-state", access.project.slug)
    return page(request, access, delete=form)
