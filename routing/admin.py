"""Plans and what they rest on in the admin: to look at, never to edit."""

from django.contrib import admin

from annotation.admin import ReadOnlyAdmin

from .models import Plan, PlanPart, Refit, RoutingSettings, TextFeatures


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "project",
        "state",
        "policy",
        "human",
        "ai",
        "audit",
        "human_cost",
        "judge_cost",
        "created_at",
    )
    list_select_related = ("project",)
    list_filter = ("state", "policy")
    search_fields = ("project__slug",)


@admin.register(PlanPart)
class PlanPartAdmin(ReadOnlyAdmin):
    list_display = ("plan", "first", "size")
    list_select_related = ("plan",)
    exclude = ("packed",)


@admin.register(TextFeatures)
class TextFeaturesAdmin(ReadOnlyAdmin):
    list_display = ("comparison", "version")
    list_select_related = ("comparison",)
    search_fields = ("comparison__external_id",)


@admin.register(Refit)
class RefitAdmin(ReadOnlyAdmin):
    list_display = ("number", "project", "state", "labels", "learned_from", "seconds", "started_at")
    list_select_related = ("project",)
    list_filter = ("state",)
    search_fields = ("project__slug",)


@admin.register(RoutingSettings)
class RoutingSettingsAdmin(ReadOnlyAdmin):
    list_display = ("project", "refit_after", "label_worth")
    list_select_related = ("project",)
    search_fields = ("project__slug",)
