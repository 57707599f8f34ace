"""What annotators confirm and report."""

from django.db import models
from django.db.models import Q

from .comparisons import Comparison
from .people import Annotator
from .projects import Guidelines


class Acknowledgement(models.Model):
    """This annotator has read this version of the guidelines."""

    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="acknowledgements")
    guidelines = models.ForeignKey(Guidelines, models.CASCADE, related_name="acknowledgements")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator", "guidelines"], name="acknowledgement_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} read {self.guidelines_id}"


class Flag(models.Model):
    """An annotator asks the owner to look at a comparison; the owner resolves it."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="flags")
    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="flags")
    note = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "annotator"], condition=Q(resolved_at=None), name="flag_one_open"
            ),
        ]

    def __str__(self) -> str:
        return self.note[:40]
