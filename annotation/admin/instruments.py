"""Consent, tests, notices and what the rules know, in the admin."""

from django.contrib import admin

from ..models import Consent, ConsentGiven, Notice, QualificationTry, Watch
from .base import ReadOnlyAdmin


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    """A change of the text is a new version, made by the project's own pages."""

    list_display = ("project", "version", "created_at")
    list_select_related = ("project",)
    search_fields = ("project__slug",)


@admin.register(ConsentGiven)
class ConsentGivenAdmin(ReadOnlyAdmin):
    list_display = ("annotator", "consent", "created_at")
    list_select_related = ("annotator", "consent__project")
    search_fields = ("annotator__name",)


@admin.register(QualificationTry)
class QualificationTryAdmin(ReadOnlyAdmin):
    list_display = ("annotator", "number", "right", "of", "passed", "created_at")
    list_select_related = ("annotator",)
    list_filter = ("passed",)
    search_fields = ("annotator__name",)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("annotator", "kind", "created_at", "read_at")
    list_select_related = ("annotator",)
    list_filter = ("kind",)
    search_fields = ("annotator__name",)


@admin.register(Watch)
class WatchAdmin(ReadOnlyAdmin):
    list_display = ("annotator", "updated_at")
    list_select_related = ("annotator",)
    search_fields = ("annotator__name",)
