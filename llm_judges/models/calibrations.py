"""Maps from a judge's confidence to the chance that people say the same."""

from typing import Any

from django.db import models

from annotation.models import Annotator, Criterion


class Calibration(models.Model):
    """How a judge's confidence on one criterion is to be read: a map fitted to what people said. Nothing
    but `stopped_at` changes; the newest version counts, until it is put out of use
    (`llm_judges.calibration.newest`)."""

    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="calibrations")
    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="calibrations")
    version = models.PositiveIntegerField(default=1)
    method = models.CharField(max_length=11, help_text="identity, temperature, platt or isotonic")
    map = models.JSONField(help_text="Its parameters (`calibration.maps.ProbabilityMap`).")
    comparisons = models.PositiveIntegerField(help_text="Answers that it was fitted on.")
    groups = models.PositiveIntegerField(help_text="Groups (prompts) that these belong to.")
    held_out = models.JSONField(help_text="Log loss, Brier score and ECE, before and after, held out.")
    fewest_people = models.PositiveSmallIntegerField(help_text="People who make a majority.")
    through = models.BigIntegerField(help_text="The newest label that it knew.")
    created_at = models.DateTimeField(auto_now_add=True)
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="Put out of use; the next one counts.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "criterion", "version"], name="calibration_version_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} on {self.criterion_id} v{self.version}: {self.method}"

    def summary(self) -> dict[str, Any]:
        """What reports say of it."""
        return {
            "version": self.version,
            "method": self.method,
            "comparisons": self.comparisons,
            "created_at": self.created_at.isoformat(),
        }
