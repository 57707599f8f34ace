"""Plans in the admin: to look at, never to edit."""

from django.contrib import admin

from annotation.admin import ReadOnlyAdmin

from .models import Plan


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "project",
        "policy",
        "human",
        "ai",
        "audit",
        "human_cost",
        "judge_cost",
        "created_at",
    )
    list_select_related = ("project",)
    list_filter = ("policy",)
    search_fields = ("project__slug",)
