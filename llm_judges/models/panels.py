"""Judges that speak as one, and what became of each comparison with them."""

from django.db import models
from django.db.models import Q, QuerySet

from annotation.models import Comparison, JudgeVersion, Project

from .judges import Judge


class Panel(models.Model):
    """Several judges that speak as one: an annotator whose answers are made of its members', by a rule.

    Rule, settings and the versions of the members are its own version's. `threshold` is what a cascade goes
    by: given by the owner, or found for the `target_accuracy` that stands in the settings.
    """

    class Rule(models.TextChoices):
        MAJORITY = "majority"  # more than half of the members
        MEAN = "mean"  # the mean of their soft labels
        WEIGHTED = "weighted"  # the posterior given what is known of each member
        CASCADE = "cascade"  # the first that is sure

    version = models.OneToOneField(JudgeVersion, models.CASCADE, related_name="panel")
    rule = models.CharField(max_length=8, choices=Rule)
    threshold = models.FloatField(null=True, blank=True, help_text="Cascade: sure from this probability on.")
    chosen = models.JSONField(default=dict, blank=True, help_text="How the threshold was found, in figures.")
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold=None) | Q(threshold__gte=0, threshold__lte=1),
                name="panel_threshold_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return str(self.version)


class PanelMember(models.Model):
    """A judge in a panel. A cascade asks them in order of `position`."""

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="members")
    judge = models.ForeignKey(Judge, models.RESTRICT, related_name="memberships")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "judge"], name="panel_member_once"),
            models.UniqueConstraint(fields=["panel", "position"], name="panel_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.judge} in {self.panel}"


class PanelVerdict(models.Model):
    """What became of a comparison in a panel, and what that rests on."""

    class State(models.TextChoices):
        LABELLED = "labelled"
        UNDECIDED = "undecided"  # enough members answered, and there is no answer that may be given
        BELOW_QUORUM = "below_quorum"  # too few members answered

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="verdicts")
    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="panel_verdicts")
    state = models.CharField(max_length=12, choices=State)
    reason = models.CharField(max_length=500, blank=True, help_text="Why there is no label.")
    evidence = models.JSONField(
        default=dict, blank=True, help_text="By member its annotation, and what weighed or decided."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["panel", "comparison"], name="panel_verdict_once"),
        ]
        indexes = [models.Index(fields=["panel", "state"], name="panel_verdict_by_state")]

    def __str__(self) -> str:
        return f"{self.comparison_id}: {self.state}"


def panels_in_service() -> QuerySet[Panel]:
    """Panels whose version is not retired."""
    return Panel.objects.filter(version__retired_at=None).select_related("version", "version__project")


def panels_of(project: Project, name: str | None = None) -> list[Panel]:
    """The project's panels in service by name, or only the one named."""
    panels = panels_in_service().filter(version__project=project).order_by("version__name")
    return list(panels.filter(version__name=name) if name is not None else panels)
