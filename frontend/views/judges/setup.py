"""A judge is added and changed in the browser: a change of what it is makes a new version, and it says so."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from annotation.models import JudgeVersion, Project
from annotation.permissions import project_for
from llm_judges import steering
from llm_judges.models import Judge
from llm_judges.preview import Preview, preview
from llm_judges.registry import entry_of
from llm_judges.settings import key_at_fault

from ...forms import sent
from ...judge_forms import DEFAULTS, JudgeForm
from ...project_file.writing import judges_as_file
from ..signed_in import SignedInRequest, signed_in
from .found import context_of, judge_in

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@signed_in
@form_methods
def judge_new(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """A judge that is not there yet."""
    access = project_for(request.user, slug, "manage")
    form = JudgeForm(access.project, sent(request), initial=DEFAULTS)
    return _answer(request, access, form, None)


@signed_in
@form_methods
def judge_settings(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponseBase:
    """The settings of a judge, to be changed."""
    access = project_for(request.user, slug, "manage")
    judge = judge_in(access.project, judge_id)
    form = JudgeForm(access.project, sent(request), initial=DEFAULTS | entry_of(judge), known=True)
    return _answer(request, access, form, judge)


@signed_in
@require_POST
def judge_service(request: SignedInRequest, slug: str, judge_id: int) -> HttpResponseBase:
    """Takes a judge out of service, or brings an earlier version of it back."""
    access = project_for(request.user, slug, "manage")
    judge = judge_in(access.project, judge_id)
    try:
        if request.POST.get("action") == "retire":
            steering.retire(judge, request.user)
            said, address = _("%(name)s is out of service. What it said stays.") % _names(judge), None
        else:
            found = steering.bring_back(judge, request.user)
            said, address = _said(judge, found, None, False), found.pk
    except ValueError as error:
        messages.error(request, str(error))
        return redirect("judge-versions", slug, judge_id)
    messages.success(request, said)
    return redirect("judge-versions", slug, address) if address else redirect("judges", slug)


@signed_in
@require_safe
def judges_file(request: SignedInRequest, slug: str) -> HttpResponse:
    """The project's judges and templates as a project file."""
    project = project_for(request.user, slug, "manage").project
    name = f"{project.slug}-judges.yaml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(
        judges_as_file(project), content_type="application/yaml; charset=utf-8", headers=headers
    )


def _answer(request: SignedInRequest, access: Any, form: JudgeForm, judge: Judge | None) -> HttpResponseBase:
    """The form, what it would ask, or where it leads once it is saved."""
    shown: Preview | None = None
    looks = request.POST.get("action") == "preview"
    if request.method == "POST" and form.is_valid():
        try:
            if looks:
                shown = preview(access.project, _entry(form, judge))
            else:
                return _saved(request, access.project, form, judge)
        except ValueError as error:
            _blame(form, error)
    context = context_of(access, judge, "settings") | {"form": form, "preview": shown}
    if judge is not None:
        context["newest"] = _newest(judge)
    if request.htmx and shown is not None:
        return render(request, "frontend/judges/preview.html", context)
    status = 422 if form.errors else 200
    if request.htmx:
        again = render(request, "frontend/judges/settings.html#form", context, status=status)
        return reswap(retarget(again, "#judge-form"), "outerHTML")
    return render(request, "frontend/judges/settings.html", context, status=status)


def _saved(
    request: SignedInRequest, project: Project, form: JudgeForm, judge: Judge | None
) -> HttpResponseBase:
    """Raises ValueError naming the key at fault; nothing is changed then."""
    entry = _entry(form, judge)
    before = _newest(judge) if judge else None
    terms = before.revision if before else None
    if judge is None and JudgeVersion.objects.filter(project=project, name=entry["name"]).exists():
        raise ValueError(_("name is taken by another judge; change that one in its settings"))
    key, forget = form.cleaned_data["key"], form.cleaned_data["forget_key"]
    found = steering.set_up(project, request.user, entry, key, forget)
    messages.success(request, _said(before, found, terms, bool(key)))
    return redirect("judge-trial" if before is None else "judge-settings", project.slug, found.pk)


def _entry(form: JudgeForm, judge: Judge | None) -> dict[str, Any]:
    """Settings that the form does not know stay as they are."""
    return (entry_of(judge) if judge else {}) | form.entry


def _newest(judge: Judge) -> Judge:
    """The version in service, else this one."""
    versions = Judge.objects.filter(
        version__project=judge.version.project_id, version__name=judge.version.name
    )
    return versions.filter(version__retired_at=None).select_related("version").first() or judge


def _said(before: Judge | None, now: Judge, terms: int | None, key: bool) -> str:
    """What became of it, in words."""
    names = _names(now)
    if before is None:
        said = _("%(name)s is set up. Try it before it labels.")
    elif before.pk == now.pk and before.version.retired_at is None:
        unchanged = terms == now.revision and not key
        said = _("Nothing was changed.") if unchanged else _("Saved. It is version %(version)s as before.")
    elif before.version.version < now.version.version:
        said = _("This is a new version, %(version)s. What the one before said stays.")
    else:
        said = _("Version %(version)s is back in service: these are its settings.")
    stored = _(" The key is stored and is never shown again.") if key else ""
    return said % names + stored


def _names(judge: Judge) -> dict[str, Any]:
    return {"name": judge.version.name, "version": judge.version.version}


def _blame(form: JudgeForm, error: ValueError) -> None:
    """Puts an error beside the field that it speaks of, under the name that people see there."""
    words = str(error)
    key = "key" if words.startswith("key: ") else key_at_fault(error)
    if key not in form.fields:
        form.add_error(None, words)
        return
    label = str(form.fields[key].label)
    form.add_error(key, f"{label}{words[len(key) :]}")
