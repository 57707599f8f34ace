"""A new project, from a template or from a project file."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods

from annotation.permissions import may_create

from ...forms import sent
from ...project_file import ProjectFileError, parse
from ...project_file.changing import create
from ...project_file.templates import templates
from ..signed_in import SignedInRequest, signed_in
from .project_file import LARGEST

FILE = "file"


class NewForm(forms.Form):
    """What the project is called, and what it begins as."""

    use_required_attribute = False
    name = forms.CharField(
        label=_l("Name"), max_length=200, required=False, help_text=_l("As people see it.")
    )
    slug = forms.CharField(
        label=_l("Address"),
        max_length=80,
        required=False,
        help_text=_l("Letters, digits and hyphens. Empty: made from the name. It stays."),
    )
    template = forms.ChoiceField(label=_l("Begin as"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_l("Project file"), required=False, help_text=_l("YAML, as downloaded here.")
    )

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        field = self.fields["template"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.key, one.name) for one in templates()] + [(FILE, _("A project file"))]
        self.initial["template"] = templates()[0].key

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        from_file = values.get("template") == FILE
        if from_file and not values.get("file"):
            self.add_error("file", _("Choose the file."))
        if not from_file and not values.get("name"):
            self.add_error("name", _("Give it a name."))
        if values.get("file") and values["file"].size > LARGEST:
            self.add_error("file", _("A project file is smaller than 1 MB."))
        return values

    def create(self, user: object) -> object:
        """Raises ProjectFileError."""
        values = self.cleaned_data
        if values["template"] == FILE:
            data = parse(values["file"].read())
        else:
            data = next(one.data for one in templates() if one.key == values["template"])
        says = {"name": values["name"]} if values["name"] else {}
        slug = values["slug"] or slugify(values["name"])[:80]
        if slug:
            says["slug"] = slug
        return create(data, user, **says)  # type: ignore[arg-type]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: SignedInRequest) -> HttpResponse:
    """The form; sent, it makes a draft that the caller owns and leads to its first step."""
    if not may_create(request.user):
        raise PermissionDenied("Only staff and owners of a project may create one")
    form = NewForm(sent(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            project = form.create(request.user)
        except ProjectFileError as error:
            words = str(error)
            form.add_error("slug" if words.startswith("slug") else None, words.removeprefix("slug "))
        else:
            return redirect("uploads", project.slug)  # type: ignore[attr-defined]
    context = {"form": form, "templates": templates()}
    return render(request, "frontend/setup/new.html", context, status=422 if form.errors else 200)
