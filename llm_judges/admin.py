"""Judges in the admin: set up by the project file, so neither added here nor changed in what they are."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .models import (
    Calibration,
    Judge,
    JudgeBatch,
    JudgeTemplate,
    JudgeTerms,
    Limit,
    Panel,
    PanelMember,
    PanelVerdict,
    Tagging,
)
from .registry import set_terms
from .settings import TERMS


@admin.register(Judge)
class JudgeAdmin(admin.ModelAdmin):
    list_display = ("version", "project", "served_model", "base_url", "in_service")
    list_select_related = ("version", "version__project")
    search_fields = ("version__name", "version__model", "version__project__slug")
    readonly_fields = (
        *("version", "served_model", "template", "settings", "pair_template", "ranking_template", "base_url"),
        *("has_key", "capabilities", "probed_at", "revision"),
    )

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

    @admin.display(boolean=True, description="key stored")
    def has_key(self, judge: Judge) -> bool:
        """The key itself is shown to nobody."""
        return bool(judge.api_key_sealed)

    @admin.display
    def settings(self, judge: Judge) -> dict[str, Any]:
        return dict(judge.version.settings)

    def save_model(self, request: HttpRequest, obj: Judge, form: Any, change: bool) -> None:
        """Prices and limits may change here too, and leave the same trace."""
        set_terms(Judge.objects.get(pk=obj.pk), {key: getattr(obj, key) for key in TERMS})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Judge | None = None) -> bool:
        return False


class _FactAdmin(admin.ModelAdmin):
    """To be looked at only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(JudgeTemplate)
class JudgeTemplateAdmin(_FactAdmin):
    list_display = ("name", "version", "project", "created_at")
    list_select_related = ("project",)
    search_fields = ("name", "project__slug")


@admin.register(JudgeTerms)
class JudgeTermsAdmin(_FactAdmin):
    list_display = ("judge", "revision", "created_at")
    list_select_related = ("judge__version",)
    search_fields = ("judge__version__name",)


@admin.register(Limit)
class LimitAdmin(_FactAdmin):
    list_display = ("key", "updated_at")


@admin.register(Calibration)
class CalibrationAdmin(_FactAdmin):
    list_display = ("annotator", "criterion", "version", "method", "comparisons", "created_at")
    list_select_related = ("annotator", "criterion")
    search_fields = ("annotator__name", "criterion__name", "criterion__project__slug")


class _Members(admin.TabularInline):
    model = PanelMember
    can_delete = False
    max_num = 0
    readonly_fields = ("judge", "position")


@admin.register(Panel)
class PanelAdmin(_FactAdmin):
    list_display = ("version", "project", "rule", "threshold", "looked_at")
    list_select_related = ("version", "version__project")
    search_fields = ("version__name", "version__project__slug")
    inlines = (_Members,)

    @admin.display(ordering="version__project")
    def project(self, panel: Panel) -> str:
        return str(panel.version.project)


@admin.register(PanelMember)
class PanelMemberAdmin(_FactAdmin):
    list_display = ("panel", "judge", "position")
    list_select_related = ("panel__version", "judge__version")
    search_fields = ("panel__version__name", "judge__version__name")


@admin.register(PanelVerdict)
class PanelVerdictAdmin(_FactAdmin):
    list_display = ("panel", "comparison", "state", "reason", "updated_at")
    list_select_related = ("panel__version", "comparison")
    list_filter = ("state",)
    search_fields = ("panel__version__name", "comparison__external_id")


@admin.register(Tagging)
class TaggingAdmin(_FactAdmin):
    list_display = ("judge", "run", "embedding_model", "created_at")
    list_select_related = ("judge__version", "run__annotator")
    search_fields = ("embedding_model", "judge__version__name")


@admin.register(JudgeBatch)
class JudgeBatchAdmin(_FactAdmin):
    list_display = ("judge", "remote_id", "status", "requests", "created_at", "ended_at")
    list_select_related = ("judge__version",)
    search_fields = ("remote_id", "judge__version__name")
