"""Judges in the admin: set up by the project file, so neither added here nor changed in what they are."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .models import Judge


@admin.register(Judge)
class JudgeAdmin(admin.ModelAdmin):
    list_display = ("version", "project", "served_model", "base_url", "in_service")
    list_select_related = ("version", "version__project")
    search_fields = ("version__name", "version__model", "version__project__slug")
    readonly_fields = ("version", "served_model", "template", "settings")

    @admin.display(boolean=True)
    def in_service(self, judge: Judge) -> bool:
        return judge.version.retired_at is None

    @admin.display(ordering="version__project")
    def project(self, judge: Judge) -> str:
        return str(judge.version.project)

    @admin.display(ordering="version__model", description="model")
    def served_model(self, judge: Judge) -> str:
        return judge.version.model

    @admin.display
    def template(self, judge: Judge) -> str:
        return judge.version.template

    @admin.display
    def settings(self, judge: Judge) -> dict[str, Any]:
        return dict(judge.version.settings)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Judge | None = None) -> bool:
        return False
