"""Prompt templates in the browser: those that come along to be read, the project's own to be written."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from annotation.audit import record
from annotation.models import Project
from annotation.permissions import project_for
from annotation.projects import touch
from llm_judges.models import JudgeTemplate, judges_of
from llm_judges.panels import renew as renew_panels
from llm_judges.preview import Preview, preview
from llm_judges.prompts import PAIRWISE, VARIABLES, built_in, built_in_text, parse
from llm_judges.registry import renew_template

from ...forms import sent
from ...judge_forms import TemplateForm
from ..signed_in import SignedInRequest, signed_in
from .found import context_of
from .setup import form_methods

# A preview needs a judge to ask, and what a judge is does not show in the prompt.
_NOBODY = {"base_url": "http://localhost/v1", "model": "preview"}


@signed_in
@require_safe
def judge_templates(request: SignedInRequest, slug: str) -> HttpResponse:
    """All templates, who uses them, and for how many responses they are."""
    access = project_for(request.user, slug, "view")
    used: dict[str, list[str]] = {}
    for judge in judges_of(access.project):
        used.setdefault(judge.version.template, []).append(judge.version.name)
    rows = [
        {"name": name, "version": version, "taken": parse(text), "judges": used.get(name, [])}
        for name, (text, version) in _texts(access.project).items()
    ]
    context = context_of(access) | {"rows": rows}
    return render(request, "frontend/judges/templates.html", context)


@signed_in
@form_methods
def judge_template_new(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """A template of the project's own, from scratch or from another one (`?from=`)."""
    access = project_for(request.user, slug, "manage")
    start, _version = _texts(access.project).get(request.GET.get("from") or PAIRWISE, ("", None))
    form = TemplateForm(sent(request), initial={"text": start})
    return _answer(request, access, form, None)


@signed_in
@form_methods
def judge_template(request: SignedInRequest, slug: str, name: str) -> HttpResponseBase:
    """One template: to be read where it comes along, to be changed where it is the project's own."""
    access = project_for(request.user, slug, "manage")
    texts = _texts(access.project)
    if name not in texts:
        raise Http404("There is no such template")
    text, _version = texts[name]
    if name in built_in():
        context = context_of(access) | {"name": name, "text": text}
        return render(request, "frontend/judges/template_read.html", context)
    form = TemplateForm(sent(request), initial={"text": text}, known=True)
    return _answer(request, access, form, name)


def _answer(request: SignedInRequest, access: Any, form: TemplateForm, name: str | None) -> HttpResponseBase:
    project, shown = access.project, None
    users = [judge.version.name for judge in judges_of(project) if judge.version.template == name]
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("action") == "preview":
                shown = _preview(project, form.cleaned_data["text"])
            else:
                return _saved(request, project, form, name)
        except ValueError as error:
            # The registry says which template it means, and the field says so already.
            field, words = ("name", str(error)) if str(error).startswith("name") else ("text", str(error))
            form.add_error(field if field in form.fields else None, _without_name(words))
    context = context_of(access) | {
        "form": form,
        "name": name,
        "users": users,
        "preview": shown,
        "variables": VARIABLES.items(),
    }
    if request.htmx and shown is not None:
        return render(request, "frontend/judges/preview.html", context)
    status = 422 if form.errors else 200
    if request.htmx:
        again = render(request, "frontend/judges/template.html#form", context, status=status)
        return reswap(retarget(again, "#template-form"), "outerHTML")
    return render(request, "frontend/judges/template.html", context, status=status)


def _preview(project: Project, text: str) -> Preview:
    """On a comparison of as many responses as the template is for. Raises ValueError."""
    shown = preview(project, _NOBODY, text)
    taken = parse(text)
    if shown.comparison and taken.pairs and shown.comparison.k != 2:
        shown = preview(project, _NOBODY, text, k=2)
    return shown


def _saved(
    request: SignedInRequest, project: Project, form: TemplateForm, name: str | None
) -> HttpResponseBase:
    """Raises ValueError."""
    wanted = name or form.cleaned_data["name"]
    if name is None and wanted in _texts(project):
        raise ValueError(_("name is taken; choose another"))
    text, (before, version) = form.cleaned_data["text"], _texts(project).get(wanted, ("", None))
    with transaction.atomic():
        template, renewed = renew_template(project, wanted, text)
        renew_panels(project)
        touch(project)
        was = {"version": version, "text": before} if before else {}
        now = {"version": template.version, "text": text}
        record(project, request.user, "judge-template", template.name, before=was, after=now)
    said = _("%(name)s is saved as version %(version)s.") % {
        "name": template.name,
        "version": template.version,
    }
    if renewed:
        names = ", ".join(str(judge.version) for judge in renewed)
        said += " " + ngettext(
            "The judge that uses it has a new version: %(names)s.",
            "The judges that use it have new versions: %(names)s.",
            len(renewed),
        ) % {"names": names}
    messages.success(request, said)
    return redirect("judge-template", project.slug, template.name)


def _texts(project: Project) -> dict[str, tuple[str, int | None]]:
    """By name a template's newest text with its version; None for one that comes along. Those come first."""
    found: dict[str, tuple[str, int | None]] = {name: (built_in_text(name), None) for name in built_in()}
    for template in JudgeTemplate.objects.filter(project=project).order_by("name", "version"):
        if template.name not in built_in():
            found[template.name] = (template.text, template.version)
    return found


def _without_name(words: str) -> str:
    """``template 'terse' needs …`` -> ``It needs …``."""
    if words.startswith("template '"):
        return _("It %(fault)s") % {"fault": words.split("' ", 1)[-1]}
    return words[:1].upper() + words[1:]
