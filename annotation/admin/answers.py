"""The queue, and what comes of it, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from ..models import (
    Annotation,
    AnnotatorSkill,
    Assignment,
    Consensus,
    ConsensusFit,
    Decision,
    Demand,
    JudgeCall,
    JudgeRun,
    JudgeVersion,
    Label,
    Rationale,
    Release,
    ReleaseItem,
    SoftLabel,
)
from .base import ReadOnlyAdmin, TableAdmin


class DemandForm(forms.ModelForm):
    """Read inside the transaction that the admin opens for a change."""

    def clean_wanted(self) -> int:
        """What is lent or done is wanted at least; nobody lends more of it until the change is saved."""
        wanted = int(self.cleaned_data["wanted"])
        now = Demand.objects.select_for_update().filter(pk=self.instance.pk).first()
        if now and wanted < now.live + now.done:
            raise forms.ValidationError(f"{now.live + now.done} are lent or done already.")
        return wanted

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        comparison, source = cleaned.get("comparison"), cleaned.get("pool") or cleaned.get("judge")
        if comparison and source and comparison.project_id != source.project_id:
            raise forms.ValidationError("The comparison and who is asked belong to different projects.")
        return cleaned


@admin.register(Demand)
class DemandAdmin(TableAdmin):
    """`live` and `done` are lending's; a person may change what is wanted and how urgently."""

    deletes = False
    form = DemandForm
    fixed = ("comparison", "pool", "judge")
    list_display = ("comparison", "pool", "judge", "wanted", "live", "done", "priority")
    list_select_related = ("comparison", "pool", "judge")
    raw_id_fields = ("comparison", "pool", "judge")
    readonly_fields = ("live", "done")
    search_fields = ("comparison__external_id__exact",)

    def save_model(self, request: HttpRequest, obj: Demand, form: Any, change: bool) -> None:
        # The form's own `live` and `done` are those of when the page was opened or the request began.
        obj.save(update_fields=["wanted", "priority"] if change else None)


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


@admin.register(JudgeRun)
class JudgeRunAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "annotator", "purpose", "state", "labelled", "spent", "created_at")
    list_select_related = ("project", "annotator")
    list_filter = ("purpose", "state")
    search_fields = ("project__slug",)


@admin.register(SoftLabel)
class SoftLabelAdmin(ReadOnlyAdmin):
    list_display = ("label_id", "source", "votes", "mass", "shift", "order_consistent")
    list_filter = ("source",)
    search_fields = ("label__comparison__external_id__exact",)


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


@admin.register(ConsensusFit)
class ConsensusFitAdmin(ReadOnlyAdmin):
    list_display = ("criterion", "method", "k", "labels", "iterations", "converged", "computed_at")
    list_select_related = ("criterion",)
    search_fields = ("criterion__project__slug",)


@admin.register(AnnotatorSkill)
class AnnotatorSkillAdmin(ReadOnlyAdmin):
    list_display = ("annotator", "fit", "competence", "low", "high", "weight", "labels")
    list_select_related = ("annotator", "fit")
    search_fields = ("annotator__name", "fit__criterion__project__slug__exact")


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("project", "number", "state", "format", "rows", "sha256", "created_at")
    list_select_related = ("project",)
    search_fields = ("project__slug", "sha256__exact")


@admin.register(ReleaseItem)
class ReleaseItemAdmin(ReadOnlyAdmin):
    list_display = ("release", "comparison", "destination", "flagged", "instrument")
    list_select_related = ("release__project", "comparison")
    search_fields = ("release__project__slug__exact", "comparison__external_id__exact")
