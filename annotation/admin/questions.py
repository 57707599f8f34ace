"""Projects, and what they ask, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from ..models import (
    Comparison,
    Criterion,
    Gold,
    Guidelines,
    Project,
    Reference,
    Rendering,
    Response,
    Tag,
    Upload,
)
from ..projects import ask_people, touch
from .base import ReadOnlyAdmin, TableAdmin


class ProjectForm(forms.ModelForm):
    """Settings as they were when the page was opened. Read inside the transaction that the admin opens for a
    change, so that no newer ones are written over."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.revision

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        now = Project.objects.select_for_update(no_key=True).get(pk=self.instance.pk)
        if cleaned.get("seen") != now.revision:
            raise forms.ValidationError(
                "Nothing is saved: the project has changed since this page was opened. Open it again."
            )
        return cleaned


@admin.register(Project)
class ProjectAdmin(TableAdmin):
    """`create_project` makes whole projects; here their settings change, and demand follows."""

    adds = deletes = False
    form = ProjectForm
    list_display = ("slug", "name", "policy", "labels_wanted", "budget", "created_at")
    search_fields = ("slug", "name")
    # Lists whose entries have a form of their own: only the project's pages and its file check them.
    readonly_fields = ("quality", "profile", "media_hosts", "revision", "state", "delete_at", "created_at")

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        ask_people(obj)
        touch(obj)


@admin.register(Guidelines)
class GuidelinesAdmin(ReadOnlyAdmin):
    """A change of guidelines is a new version, made by the project's own pages."""

    list_display = ("project", "version", "created_at")
    list_select_related = ("project",)
    search_fields = ("project__slug",)


@admin.register(Criterion)
class CriterionAdmin(ReadOnlyAdmin):
    """A criterion says what its labels mean, so it is not edited in place."""

    list_display = ("name", "version", "project", "scale", "retired_at")
    list_select_related = ("project",)
    list_filter = ("scale",)
    search_fields = ("name", "project__slug")


@admin.register(Comparison)
class ComparisonAdmin(ReadOnlyAdmin):
    """Its content is hashed: a changed comparison is another comparison."""

    list_display = ("external_id", "project", "k", "category", "fit", "created_at")
    list_select_related = ("project",)
    search_fields = ("external_id__exact",)


@admin.register(Response)
class ResponseAdmin(ReadOnlyAdmin):
    list_display = ("id", "comparison", "position", "model")
    list_select_related = ("comparison",)
    search_fields = ("comparison__external_id__exact",)


@admin.register(Rendering)
class RenderingAdmin(ReadOnlyAdmin):
    list_display = ("comparison", "version")
    list_select_related = ("comparison",)
    search_fields = ("comparison__external_id__exact",)


@admin.register(Tag)
class TagAdmin(TableAdmin):
    fixed = ("comparison",)
    list_display = ("comparison", "name", "value", "source")
    list_select_related = ("comparison",)
    raw_id_fields = ("comparison",)
    search_fields = ("comparison__external_id__exact",)


@admin.register(Reference)
class ReferenceAdmin(ReadOnlyAdmin):
    list_display = ("comparison", "criterion", "ranking", "source")
    list_select_related = ("comparison", "criterion")
    search_fields = ("comparison__external_id__exact",)


@admin.register(Gold)
class GoldAdmin(TableAdmin):
    fixed = ("reference",)
    list_display = ("reference", "made_by", "created_at")
    list_select_related = ("reference", "made_by")
    raw_id_fields = ("reference", "made_by")
    search_fields = ("reference__comparison__external_id__exact",)


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ("name", "project", "state", "size", "created_at")
    list_select_related = ("project",)
    search_fields = ("project__slug",)
