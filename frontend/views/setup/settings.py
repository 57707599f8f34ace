"""A project's settings, a section a page: all that the project file holds. Each judge has pages of its own,
which the section of judges leads to."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotation.guidelines import diff
from annotation.models import Annotation, Guidelines, Project
from annotation.permissions import Access, project_for
from llm_judges.models import judges_of

from ...forms import number, sent
from ...project_file import ProjectFileError
from ...project_file.changing import change
from ...project_file.writing import project_as_data
from ...rendering import to_html
from ...setup_forms import SECTIONS, Section
from ..judges.found import tried
from ..signed_in import SignedInRequest, signed_in
from .steps import after, context_of

VERSIONS = 50
LONGEST = 100_000  # characters of guidelines that a preview renders


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: SignedInRequest, slug: str, topic: str) -> HttpResponse:
    """One section as a form; saved, it is what `create_project` would do with those keys of the file."""
    access = project_for(request.user, slug, "manage")
    if topic not in SECTIONS:
        raise Http404("No such settings")
    project = access.project
    said = project_as_data(project)
    more = {"renew": request.GET.get("renew", "")} if topic == "criteria" else {}
    form = SECTIONS[topic](project, said, sent(request), **more)
    if request.method == "POST" and form.is_valid():
        try:
            keys = change(project, form.entry(), request.user, number(request.POST.get("seen")))
        except ProjectFileError as error:
            form.blame(str(error))
        except ValueError as error:
            form.add_error(None, str(error))
        else:
            return _saved(request, project, topic, keys)
        project.refresh_from_db()  # whoever saves again has seen what stands there now
    context = context_of(access, topic) | {"form": form} | _more(access, form)
    return render(request, form.template, context, status=422 if request.method == "POST" else 200)


@signed_in
@require_POST
def guidelines_shown(request: SignedInRequest, slug: str) -> HttpResponse:
    """The guidelines as typed so far, as annotators would read them, and what changed since a version."""
    access = project_for(request.user, slug, "manage")
    text = request.POST.get("guidelines", "")[:LONGEST].replace("\r\n", "\n").strip()
    against = number(request.POST.get("against"))
    context = {"project": access.project} | _shown(access.project, text, against)
    return render(request, "frontend/setup/guidelines_shown.html", context)


def _saved(request: SignedInRequest, project: Project, topic: str, keys: list[str]) -> HttpResponse:
    """On to the next step of a draft, unless there is more of this one to come."""
    if project.state == Project.State.DRAFT:
        more = reverse("settings", args=[project.slug, topic]) + "?more"
        return redirect(more if "again" in request.POST else after(project, topic).url)
    messages.success(request, _("Saved.") if keys else _("Nothing was changed."))
    return redirect("settings", project.slug, topic)


def _more(access: Access, form: Section) -> dict[str, Any]:
    """What a section shows beside its form."""
    if form.key == "guidelines":
        versions = list(
            Guidelines.objects.filter(project=access.project).order_by("-version").defer("text")[:VERSIONS]
        )
        text = form["guidelines"].value() or ""
        followed = Annotation.objects.filter(guidelines=versions[0]).exists() if versions else False
        return {"versions": versions, "followed": followed} | _shown(access.project, text, None)
    if form.key == "judges":
        judges = judges_of(access.project)
        trials = tried(judges)
        return {"judges": [{"judge": judge, "trial": trials.get(judge.version_id)} for judge in judges]}
    return {}


def _shown(project: Project, text: str, against: int | None) -> dict[str, Any]:
    """The text as HTML, and what it changes: since version `against`, the newest one without."""
    found = Guidelines.objects.filter(project=project)
    before = found.filter(version=against).first() if against else found.order_by("-version").first()
    changes = diff(before, Guidelines(project=project, text=text)) if before else None
    return {"turn": {"html": to_html(text)}, "before": before, "changes": changes}
