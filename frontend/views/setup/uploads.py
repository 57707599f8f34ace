"""Files of comparisons: sent part by part, looked at with columns mapped, imported in the background."""

from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import tasks
from annotation import uploads as files
from annotation.imports.columns import MODELS, RESPONSES, check
from annotation.imports.drafts import Draft
from annotation.imports.looking import ROWS, Look, first_drafts, look
from annotation.imports.problems import Bad, clip
from annotation.models import Comparison, Project, Upload
from annotation.permissions import Access, project_for
from annotation.uploads import Gap, UploadError

from ...forms import number, sent
from ...policy import allow_media
from ...rendering import content_of_draft, with_media
from ..signed_in import SignedInRequest, signed_in
from .steps import context_of

SHOWN = 100
PREVIEWED = 5
PART = 8 * 1024**2  # bytes of a part at most
_WAITS = (Upload.State.RECEIVED, Upload.State.REFUSED)
_LABELS: dict[str, tuple[Any, Any]] = {
    "id": (_l("Identity"), _l("None: it follows from the content.")),
    "prompt": (_l("Prompt"), ""),
    "category": (_l("Category"), ""),
    "group": (_l("Kept together when data are split"), _l("None: by prompt.")),
    "gold": (_l("Known answer"), _l("a, b, tie or a ranking; for evaluation only.")),
}


class ColumnsForm(forms.Form):
    """Which column of the file is which key of ours; nothing chosen: the file has our keys."""

    def __init__(self, names: tuple[str, ...], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [("", "–"), *((name, clip(name)) for name in names)]
        self.sides = [key for key in RESPONSES if RESPONSES.index(key) < max(2, len(names) - 1)]
        keys = [*_LABELS, *self.sides, *MODELS[: len(self.sides)]]
        for key in keys:
            label, words = _LABELS.get(key) or (_side_label(key), "")
            self.fields[key] = forms.ChoiceField(
                label=label, help_text=words, choices=choices, required=False
            )

    @property
    def main(self) -> list[forms.BoundField]:
        """What every file has."""
        return [self[key] for key in ("prompt", "response_a", "response_b")]

    @property
    def beside(self) -> list[forms.BoundField]:
        """What few files have."""
        shown = {field.name for field in self.main}
        return [field for field in self if field.name not in shown]

    @property
    def beside_open(self) -> bool:
        """Whether one of them is at fault."""
        return any(field.errors for field in self.beside)

    def columns(self) -> dict[str, str]:
        return {key: name for key, name in self.cleaned_data.items() if name}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def uploads(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """The files that came, and where another goes in. Scripts announce a file and send it in parts; without
    them it comes whole."""
    access = project_for(request.user, slug, "manage")
    if request.method == "POST":
        return _announce(request, access)
    return _uploads(request, access)


def _uploads(request: SignedInRequest, access: Access, fault: str = "") -> HttpResponse:
    """The page; `fault` is what is wrong with the file that was sent."""
    context = context_of(access, "uploads") | {
        "fault": fault,
        "uploads": Upload.objects.filter(project=access.project).select_related("uploaded_by")[:SHOWN],
        "has_comparisons": Comparison.objects.filter(project=access.project).exists(),
        "part": PART // 2,
    }
    return render(request, "frontend/setup/uploads.html", context, status=422 if fault else 200)


@signed_in
@require_POST
def upload_part(request: SignedInRequest, slug: str, upload_id: int) -> HttpResponse:
    """The next part of a file, which begins at byte `start`. Answers with the bytes that are here."""
    project = project_for(request.user, slug, "manage").project
    found = _upload(project, upload_id)
    start = number(request.GET.get("start"))
    part = request.read(PART + 1)
    if start is None or len(part) > PART:
        return JsonResponse({"message": _("That is no part of a file.")}, status=422)
    try:
        here = files.receive(found, start, BytesIO(part))
    except Gap as gap:
        return JsonResponse({"received": gap.received}, status=409)
    except UploadError as error:
        return JsonResponse({"message": str(error)}, status=422)
    return JsonResponse({"received": here})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: SignedInRequest, slug: str, upload_id: int) -> HttpResponse:
    """One file: its columns and first comparisons, how far its import is, what became of it."""
    access = project_for(request.user, slug, "manage")
    found = _upload(access.project, upload_id)
    context = context_of(access, "uploads") | {"upload": found}
    if found.state not in _WAITS:
        if request.method == "POST":
            messages.error(request, _("This file is imported already, or about to be."))
            return redirect("upload", slug, found.pk)
        context |= _become(found)
        return render(request, "frontend/setup/upload.html", context)
    seen = look(found.path)
    context |= {"look": seen, "report": found.report, "looked_at": ROWS}
    if seen.problem:
        status = 422 if request.method == "POST" else 200
        return render(request, "frontend/setup/upload.html", context, status=status)
    form = ColumnsForm(seen.names, sent(request), initial=found.columns)
    mapped = request.method == "POST" and form.is_valid() and _map(form, found, seen)
    if mapped and request.POST.get("action") == "import":
        _ask(request, found)
        return redirect("upload", slug, found.pk)
    columns = form.columns() if request.method == "POST" and form.is_valid() else found.columns
    context |= {"form": form, "columns": columns}
    context["unmapped"] = not form.errors and _unmapped(columns, seen)
    shown = not (form.errors or context["unmapped"])
    context["drafts"] = _drafts(access.project, found, columns) if shown else []
    page = "frontend/setup/upload.html"
    if request.htmx:  # a mapping that is not finished yet is no mistake
        reply = render(request, f"{page}#firsts", context)
    else:
        reply = render(request, page, context, status=422 if form.errors else 200)
    return allow_media(reply, access.project)


@signed_in
@require_safe
def upload_progress(request: SignedInRequest, slug: str, upload_id: int) -> HttpResponse:
    """How far an import is; once it has ended, the page is loaded anew."""
    access = project_for(request.user, slug, "manage")
    found = _upload(access.project, upload_id)
    context = {"project": access.project, "upload": found, "progress": files.progress(found)}
    reply = render(request, "frontend/setup/upload_progress.html", context)
    if found.state != Upload.State.IMPORTING:
        reply["HX-Refresh"] = "true"
    return reply


@signed_in
@require_safe
def upload_refused(request: SignedInRequest, slug: str, upload_id: int) -> FileResponse | HttpResponse:
    """Every line that was refused, with its reason, as CSV; empty but for its header where none was."""
    access = project_for(request.user, slug, "manage")
    found = _upload(access.project, upload_id)
    path = files.refused_file(found)
    name = f"{slug}-{found.pk}-refused.csv"
    if path is None:
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse("line,field,reason\r\n", content_type="text/csv; charset=utf-8", headers=headers)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv")


@signed_in
@require_POST
def upload_remove(request: SignedInRequest, slug: str, upload_id: int) -> HttpResponse:
    """Forgets a file; the comparisons that came with it stay."""
    access = project_for(request.user, slug, "manage")
    try:
        files.remove(_upload(access.project, upload_id), request.user)
    except UploadError as error:
        messages.error(request, str(error))
    return redirect("uploads", slug)


def _announce(request: SignedInRequest, access: Access) -> HttpResponseBase:
    project = access.project
    scripted = request.headers.get("Accept") == "application/json"
    sent = request.FILES.get("file")
    name = sent.name if sent else request.POST.get("name", "")
    size = sent.size if sent else number(request.POST.get("size"))
    try:
        found = files.announce(project, request.user, name or "", size or 0)
        if sent:
            files.receive(found, files.received(found), sent.file)  # type: ignore[arg-type]
    except Gap:
        here = _("Part of this file is here already; send it with scripts on, or remove it.")
        return _uploads(request, access, here)
    except UploadError as error:
        if scripted:
            return JsonResponse({"message": str(error)}, status=422)
        return _uploads(request, access, str(error))
    page = reverse("upload", args=[project.slug, found.pk])
    if not scripted:
        return redirect(page)
    part = reverse("upload-part", args=[project.slug, found.pk])
    return JsonResponse({"page": page, "part": part, "received": files.received(found)})


def _map(form: ColumnsForm, found: Upload, seen: Look) -> bool:
    """Keeps the chosen columns; False, and the form says why, where they make no comparison."""
    try:
        if not form.columns() and not seen.known:
            raise UploadError(_("choose the column that holds it"), "prompt")
        files.map_columns(found, form.columns())
    except UploadError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    return True


def _ask(request: SignedInRequest, found: Upload) -> None:
    try:
        files.ask(found, request.user, request.POST.get("whole") is None)
    except UploadError as error:
        messages.error(request, str(error))
    else:
        transaction.on_commit(lambda: tasks.import_upload.delay(found.pk))


def _unmapped(columns: dict[str, str], seen: Look) -> bool:
    """Whether columns are still to be chosen before anything can be shown of the file."""
    if not columns:
        return not seen.known
    try:
        check(columns, seen.names)
    except Bad:
        return True
    return False


def _drafts(project: Project, found: Upload, columns: dict[str, str]) -> list[dict[str, Any]]:
    """The first lines as comparisons to be shown, or what is wrong with them."""
    shown = []
    for line, one in first_drafts(project, found.path, columns or None, PREVIEWED):
        if isinstance(one, Draft):
            content = with_media(content_of_draft(one), project)
            sides = [
                {"letter": chr(ord("a") + place), "model": response.model, **side}
                for place, (side, response) in enumerate(
                    zip(content["responses"], one.responses, strict=True)
                )
            ]
            prompt = content["prompt"]
            shown.append({"line": line, "draft": one, "prompt": prompt, "responses": sides})
        else:
            shown.append({"line": line, "bad": one})
    return shown


def _become(found: Upload) -> dict[str, Any]:
    return {
        "progress": files.progress(found),
        "report": found.report,
        "refused": files.refused_file(found) is not None,
        "received": files.received(found),
    }


def _side_label(key: str) -> str:
    word, _sep, side = key.partition("_")
    words = _("Response %(letter)s") if word == "response" else _("Model of %(letter)s")
    return words % {"letter": side.upper()}


def _upload(project: Project, upload_id: int) -> Upload:
    found = get_object_or_404(Upload.objects.select_related("project"), project=project, pk=upload_id)
    if found.state in _WAITS and not found.path.exists():
        raise Http404("The file is not where it was received")
    return found
