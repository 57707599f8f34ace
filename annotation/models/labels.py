"""Answers: append-only facts. Everything else is recomputed from them."""

from django.db import models
from django.db.models import Q

from .comparisons import Comparison
from .people import Annotator
from .projects import Criterion, Guidelines, Project
from .queue import Assignment


class Annotation(models.Model):
    """One annotator's whole submission on one assignment. Insert-only except `superseded_at`."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="annotations")
    revision = models.PositiveSmallIntegerField(default=0)
    shown = models.CharField(max_length=26)
    guidelines = models.ForeignKey(Guidelines, models.RESTRICT, null=True, blank=True)
    active_seconds = models.FloatField(null=True, blank=True)
    idle_seconds = models.FloatField(null=True, blank=True)
    surplus = models.BooleanField(
        default=False, help_text="Came after its lease was returned: not in `done`."
    )
    order_consistent = models.BooleanField(
        null=True, blank=True, help_text="Judges: every order gave the same answer; null with one order."
    )
    view = models.JSONField(
        default=dict,
        blank=True,
        help_text="How a person read it: layout, and aids used (diff, plain text, full view).",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "revision"], name="annotation_revision_unique"),
            models.UniqueConstraint(
                fields=["assignment"], condition=Q(superseded_at=None), name="annotation_one_current"
            ),
            models.CheckConstraint(
                condition=Q(active_seconds=None) | Q(active_seconds__gte=0),
                name="annotation_time_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id}.{self.revision}"


class Label(models.Model):
    """The preference of one annotation on one criterion.

    Narrow and self-contained, so that analytics read this table alone. `independent` says that it may enter
    figures that need independent votes (round 0, purpose work or import, its annotator not excluded);
    `current` falls when superseded.
    """

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="labels")
    project = models.ForeignKey(Project, models.CASCADE, related_name="labels")
    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="labels")
    annotator = models.ForeignKey(Annotator, models.RESTRICT, related_name="labels")
    criterion = models.ForeignKey(Criterion, models.RESTRICT, related_name="labels")
    ranking = models.CharField(max_length=120, help_text="Canonical, such as a>b=c, or both_bad.")
    strength = models.PositiveSmallIntegerField(null=True, blank=True)
    confidence = models.CharField(max_length=10, blank=True)
    independent = models.BooleanField(default=True)
    current = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotation", "criterion"], name="label_once_per_criterion"),
            # One independent vote per annotator, whatever path it came by.
            models.UniqueConstraint(
                fields=["comparison", "annotator", "criterion"],
                condition=Q(independent=True, current=True),
                name="label_one_independent_vote",
            ),
            models.CheckConstraint(
                condition=Q(strength=None) | Q(strength__gte=1), name="label_strength_positive"
            ),
        ]
        indexes = [models.Index(fields=["criterion", "id"], name="label_by_criterion")]

    def __str__(self) -> str:
        return self.ranking


class Rationale(models.Model):
    """Why: reasons ticked and free text. Beside the label, so that the narrow table stays narrow."""

    label = models.OneToOneField(Label, models.CASCADE, primary_key=True, related_name="rationale")
    reasons = models.JSONField(default=list, blank=True)
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.text[:40]
