"""What annotators confirm and report, what was done by whom, and the files a project holds, in the admin."""

from django.contrib import admin

from ..models import Acknowledgement, AuditEntry, Flag, MediaFile
from .base import ReadOnlyAdmin, TableAdmin


@admin.register(Acknowledgement)
class AcknowledgementAdmin(ReadOnlyAdmin):
    list_display = ("annotator", "guidelines", "created_at")
    list_select_related = ("annotator", "guidelines__project")
    search_fields = ("annotator__name",)


@admin.register(Flag)
class FlagAdmin(TableAdmin):
    """The owner resolves it; what was said stays."""

    list_display = ("comparison", "annotator", "note", "created_at", "resolved_at")
    list_select_related = ("comparison", "annotator")
    readonly_fields = ("comparison", "annotator", "note", "created_at")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter),)
    search_fields = ("comparison__external_id__exact",)

    adds = deletes = False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("act", "target", "actor_name", "project_slug", "reason", "created_at")
    list_filter = ("act",)
    search_fields = ("project_slug__exact", "target")


@admin.register(MediaFile)
class MediaFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "content_type", "size", "project", "created_at")
    list_select_related = ("project",)
    search_fields = ("name", "sha256__exact")
