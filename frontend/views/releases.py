"""Releases: what there is, what a new one would hold, how far it is, and what changed since."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation import exports, tasks
from annotation.exports.shelf import EXTRA, file_of
from annotation.models import Project, Release
from annotation.permissions import Access, project_for
from annotation.projects import criteria_of

from ..forms import sent
from ..releases import ReleaseForm, card_html
from .signed_in import SignedInRequest, signed_in

SHOWN = 200
LARGEST = 2**31 - 1  # number of a release that every database holds


@signed_in
@require_safe
def releases(request: SignedInRequest, slug: str) -> HttpResponse:
    """All releases, the newest first."""
    access = project_for(request.user, slug, "view")
    found = Release.objects.filter(project=access.project).defer("manifest", "facts").order_by("-number")
    return render(request, "frontend/releases/list.html", _context(access) | {"releases": found[:SHOWN]})


@signed_in
def start(request: SignedInRequest, slug: str) -> HttpResponse:
    """The form for a new release; sent, it begins building."""
    access = project_for(request.user, slug, "manage")
    form = ReleaseForm(criteria_of(access.project), sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            options = exports.with_salt(form.options(), access.project)
            release = exports.start(access.project, options, started_by=request.user)
        except exports.ExportError as error:
            form.add_error(None, str(error))
        else:
            transaction.on_commit(lambda: tasks.build_release.delay(release.pk))
            return redirect("release", slug, release.number)
    status = 422 if form.errors else 200
    return render(request, "frontend/releases/new.html", _context(access) | {"form": form}, status=status)


@signed_in
@require_POST
def counts(request: SignedInRequest, slug: str) -> HttpResponse:
    """What the form as it stands would put into a release and leave out."""
    access = project_for(request.user, slug, "manage")
    form = ReleaseForm(criteria_of(access.project), request.POST)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            context["preview"] = exports.preview(access.project, form.options())
        except exports.ExportError as error:
            form.add_error(None, str(error))
    return render(request, "frontend/releases/counts.html", context)


@signed_in
@require_safe
def release(request: SignedInRequest, slug: str, number: int) -> HttpResponse:
    """One release: how far it is, then its card, files and figures."""
    access = project_for(request.user, slug, "view")
    found = _release(access.project, number)
    older = Release.objects.filter(
        project=access.project, state=Release.State.READY, number__lt=found.number
    ).order_by("-number")
    context = _context(access) | {
        "release": found,
        "card": card_html(_read(found, "README.md")) if found.state == Release.State.READY else "",
        "older": older.values_list("number", flat=True)[:SHOWN],
        "others": [name for name in EXTRA if file_of(found, name)],
    }
    return render(request, "frontend/releases/one.html", context)


@signed_in
@require_safe
def progress(request: SignedInRequest, slug: str, number: int) -> HttpResponseBase:
    """How far a release is; once it is done, the page is loaded anew."""
    access = project_for(request.user, slug, "view")
    found = _release(access.project, number)
    reply = render(request, "frontend/releases/progress.html", _context(access) | {"release": found})
    if found.state != Release.State.BUILDING:
        reply["HX-Refresh"] = "true"
    return reply


@signed_in
@require_safe
def difference(request: SignedInRequest, slug: str, number: int, old: int) -> HttpResponse:
    """What changed from an older release to this one, and why."""
    access = project_for(request.user, slug, "view")
    before, after = _ready(access.project, old), _ready(access.project, number)
    context = _context(access) | {"old": before, "new": after}
    try:
        context["diff"] = exports.diff(before, after)
    except exports.ExportError as error:
        messages.error(request, str(error))
    return render(request, "frontend/releases/diff.html", context)


@signed_in
@require_safe
def file(request: SignedInRequest, slug: str, number: int, name: str) -> FileResponse:
    """One file of a release that is ready, to be saved: never shown by the browser."""
    access = project_for(request.user, slug, "view")
    found = _ready(access.project, number)
    path = file_of(found, name)
    if path is None:
        raise Http404("No such file")
    saved_as = f"{slug}-{found.number}-{name.replace('/', '-')}"
    reply = FileResponse(
        path.open("rb"), as_attachment=True, filename=saved_as, content_type="application/octet-stream"
    )
    reply["Content-Security-Policy"] = "sandbox"
    return reply


def _release(project: Project, number: int) -> Release:
    if number > LARGEST:
        raise Http404("No such release")
    return get_object_or_404(Release.objects.select_related("started_by"), project=project, number=number)


def _ready(project: Project, number: int) -> Release:
    found = _release(project, number)
    if found.state != Release.State.READY:
        raise Http404("No such release")
    return found


def _path(release: Release, name: str) -> Path:
    return Path(release.path, name)


def _read(release: Release, name: str) -> str:
    """A text file of a release; a sentence where somebody moved it away."""
    try:
        return _path(release, name).read_text()
    except OSError:
        return _("The files of this release are not where they were written; its manifest is kept.")


def _context(access: Access) -> dict[str, Any]:
    return {
        "access": access,
        "project": access.project,
        "may_manage": access.may("manage"),
        "section": "releases",
    }
