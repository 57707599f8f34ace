"""The queue, and what comes of it, in the admin."""

from django.contrib import admin

from ..models import (
    Annotation,
    Assignment,
    Consensus,
    Decision,
    Demand,
    JudgeCall,
    JudgeVersion,
    Label,
    Rationale,
    Release,
)
from .base import ReadOnlyAdmin, TableAdmin


@admin.register(Demand)
class DemandAdmin(TableAdmin):
    """`live` and `done` are lending's; a person may change what is wanted and how urgently."""

    deletes = False
    list_display = ("comparison", "pool", "judge", "wanted", "live", "done", "priority")
    list_select_related = ("comparison", "pool", "judge")
    raw_id_fields = ("comparison", "pool", "judge")
    readonly_fields = ("live", "done")
    search_fields = ("comparison__external_id__exact",)


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    list_display = ("comparison", "annotator", "purpose", "state", "claimed_at", "leased_until")
    list_select_related = ("comparison", "annotator")
    list_filter = ("state", "purpose")
    search_fields = ("comparison__external_id__exact",)


@admin.register(Annotation)
class AnnotationAdmin(ReadOnlyAdmin):
    list_display = ("id", "assignment_id", "revision", "surplus", "active_seconds", "created_at")
    search_fields = ("assignment__comparison__external_id__exact",)


@admin.register(Label)
class LabelAdmin(ReadOnlyAdmin):
    list_display = ("comparison", "annotator", "criterion", "ranking", "strength", "current", "created_at")
    list_select_related = ("comparison", "annotator", "criterion")
    search_fields = ("comparison__external_id__exact",)


@admin.register(Rationale)
class RationaleAdmin(ReadOnlyAdmin):
    list_display = ("label_id", "reasons", "__str__")
    search_fields = ("label__comparison__external_id__exact",)


@admin.register(JudgeVersion)
class JudgeVersionAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "project", "model", "template", "created_at")
    list_select_related = ("project",)
    search_fields = ("name", "project__slug")


@admin.register(JudgeCall)
class JudgeCallAdmin(ReadOnlyAdmin):
    list_display = ("comparison", "annotator", "order", "state", "cost", "latency_ms", "created_at")
    list_select_related = ("comparison", "annotator")
    list_filter = ("state",)
    search_fields = ("comparison__external_id__exact",)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("comparison", "destination", "audit", "score", "reason", "policy", "created_at")
    list_select_related = ("comparison",)
    list_filter = ("destination", "audit")
    search_fields = ("comparison__external_id__exact", "plan__exact")


@admin.register(Consensus)
class ConsensusAdmin(ReadOnlyAdmin):
    list_display = ("comparison", "criterion", "method", "winner", "support", "computed_at")
    list_select_related = ("comparison", "criterion")
    search_fields = ("comparison__external_id__exact",)


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("project", "number", "format", "rows", "sha256", "created_at")
    list_select_related = ("project",)
    search_fields = ("project__slug", "sha256__exact")
