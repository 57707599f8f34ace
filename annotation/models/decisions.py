"""Who labels what: the verdicts that routing writes and everybody reads."""

from django.db import models
from django.db.models import Q

from .comparisons import Comparison
from .people import Annotator


class Decision(models.Model):
    """Routing's verdict on one comparison: human or AI, with what is needed to explain it later."""

    class Destination(models.TextChoices):
        HUMAN = "human"
        AI = "ai"

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="decisions")
    destination = models.CharField(max_length=5, choices=Destination)
    audit = models.BooleanField(default=False, help_text="Drawn into the slice that gets both.")
    probability = models.FloatField(help_text="Probability that a person was to be asked.")
    score = models.FloatField(help_text="Higher: more worth a human.")
    reason = models.CharField(max_length=300)
    labels = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Labels wanted of the default pool where the plan varies them; empty: as the project says.",
    )
    policy = models.CharField(max_length=40)
    policy_version = models.CharField(max_length=40)
    plan = models.UUIDField(help_text="The routing plan that made it.")
    judge = models.ForeignKey(
        Annotator,
        models.RESTRICT,
        null=True,
        blank=True,
        help_text="Whose label stands where no person is asked.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comparison"], condition=Q(superseded_at=None), name="decision_one_current"
            ),
            models.CheckConstraint(
                condition=Q(probability__gte=0, probability__lte=1), name="decision_probability_is_one"
            ),
        ]
        indexes = [models.Index(fields=["plan"], name="decision_by_plan")]

    def __str__(self) -> str:
        return f"{self.comparison_id}: {self.destination}"
