"""Several judges that speak as one: a panel is made, changed and sent to work in the browser."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from annotation.models import JudgeVersion, Project, User
from annotation.permissions import Access, project_for
from llm_judges import panels, steering, tasks
from llm_judges.models import Panel, judges_of
from llm_judges.runs import JudgeError

from ...forms import sent
from ...panel_forms import PanelForm, initial_of
from ..signed_in import SignedInRequest, signed_in
from .found import context_of
from .setup import form_methods


@signed_in
@require_safe
def panel(request: SignedInRequest, slug: str, panel_id: int) -> HttpResponse:
    """How far a panel is, what each member said beside it, and what that cost."""
    access = project_for(request.user, slug, "view")
    found = _panel_in(access.project, panel_id)
    context = context_of(access) | {"panel": found, "standing": panels.standing_of(found)}
    return render(request, "frontend/judges/panel.html", context)


@signed_in
@form_methods
def panel_new(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """A panel that is not there yet."""
    return _answer(request, project_for(request.user, slug, "manage"), None)


@signed_in
@form_methods
def panel_settings(request: SignedInRequest, slug: str, panel_id: int) -> HttpResponseBase:
    """The members and the rule of a panel, to be changed."""
    access = project_for(request.user, slug, "manage")
    return _answer(request, access, _panel_in(access.project, panel_id))


@signed_in
@require_POST
def panel_act(request: SignedInRequest, slug: str, panel_id: int) -> HttpResponseBase:
    """Has it asked about all that is undecided, asks again what failed, or takes it out of service."""
    access = project_for(request.user, slug, "manage")
    found = _panel_in(access.project, panel_id)
    action = request.POST.get("action")
    if action == "retire":
        steering.retire_panel(found, request.user)
        messages.success(request, _("%(name)s is out of service. What it said stays.") % _names(found))
        return redirect("judges", slug)
    if found.version.retired_at is None and action in ("start", "retry"):
        try:
            messages.success(request, _set_to_work(found, request.user, again=action == "retry"))
        except JudgeError as error:
            messages.error(request, str(error))
    return redirect("panel", slug, panel_id)


def _set_to_work(panel: Panel, by: User, again: bool) -> str:
    """Raises JudgeError with a sentence for the owner."""
    try:
        added = steering.ask_panel(panel, by, again)
    finally:
        tasks.look.delay()
    if not added:
        return _("There was nothing new to ask.")
    if again:
        words = ngettext(
            "%(number)s label is asked for again.", "%(number)s labels are asked for again.", added
        )
    else:
        words = ngettext(
            "It is asked about %(number)s comparison.", "It is asked about %(number)s comparisons.", added
        )
    return words % {"number": added}


def _panel_in(project: Project, panel_id: int) -> Panel:
    """The project's panel with this key, in service or retired. Raises Http404."""
    found = Panel.objects.select_related("version", "version__project")
    return get_object_or_404(found, version__project=project, pk=panel_id)


def _answer(request: SignedInRequest, access: Access, panel: Panel | None) -> HttpResponseBase:
    """The form, or where it leads once it is saved."""
    project = access.project
    names = [judge.version.name for judge in judges_of(project)]
    initial = initial_of(panel) if panel else None
    form = PanelForm(names, sent(request), initial=initial, known=panel is not None)
    if request.method == "POST" and form.is_valid():
        try:
            return _saved(request, project, form, panel)
        except ValueError as error:
            form.blame(error)
    context: dict[str, Any] = context_of(access) | {"form": form, "panel": panel, "enough": len(names) > 1}
    return render(request, "frontend/judges/panel_settings.html", context, status=422 if form.errors else 200)


def _saved(
    request: SignedInRequest, project: Project, form: PanelForm, panel: Panel | None
) -> HttpResponseBase:
    """Raises ValueError naming the key at fault; nothing is changed then."""
    entry = form.entry | ({"name": panel.version.name} if panel else {})
    known = JudgeVersion.objects.filter(project=project, name=entry["name"], retired_at=None)
    if panel is None and known.exists():
        raise ValueError(_("name: it is taken; change that panel in its settings"))
    found = steering.set_up_panel(project, request.user, entry)
    if panel is None:
        said = _("%(name)s is set up. Nothing is asked until you start it.")
    elif found.pk == panel.pk and panel.version.retired_at is None:
        said = _("Nothing was changed.")
    else:
        said = _("This is a new version, %(version)s. What the one before said stays.")
    messages.success(request, said % _names(found))
    return redirect("panel", project.slug, found.pk)


def _names(panel: Panel) -> dict[str, Any]:
    return {"name": panel.version.name, "version": panel.version.version}
