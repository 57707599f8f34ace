"""What judges and routing leave behind for everyone to read.

`llm_judges` writes JudgeVersion and JudgeCall, `routing` writes Decision; they meet here, in the database.
JudgeCall lives here because imported per-order votes are calls too, and imports may not know `llm_judges`.
"""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from .comparisons import Comparison
from .people import Annotator
from .projects import Project


class JudgeVersion(models.Model):
    """The frozen identity of an AI annotator: any change of model, prompt or settings is a new version."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="judge_versions")
    name = models.SlugField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    model = models.CharField(max_length=200)
    template = models.CharField(max_length=80)
    settings = models.JSONField(default=dict, blank=True, help_text="Sampling settings; never a secret.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of model, template text and settings.")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Not asked any more; what it said stays."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "version"], name="judge_version_unique"),
            models.UniqueConstraint(fields=["project", "name", "fingerprint"], name="judge_version_once"),
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(retired_at=None), name="judge_one_version_in_service"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class JudgeCall(models.Model):
    """One request to a judge, and what came of it. Only state `ok` may yield a label."""

    class State(models.TextChoices):
        OK = "ok"
        REFUSED = "refused"
        TRUNCATED = "truncated"
        UNPARSABLE = "unparsable"
        TRANSPORT_ERROR = "transport_error"
        RATE_LIMITED = "rate_limited"
        BUDGET_STOPPED = "budget_stopped"
        INVALID_INPUT = "invalid_input"
        CANCELLED = "cancelled"

    class Purpose(models.TextChoices):
        WORK = "work"
        IMPORT = "import"

    annotator = models.ForeignKey(Annotator, models.RESTRICT, related_name="calls")
    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="calls")
    order = models.CharField(max_length=26, help_text="Letters in the order shown to the judge.")
    sample = models.PositiveSmallIntegerField(default=0)
    purpose = models.CharField(max_length=6, choices=Purpose, default=Purpose.WORK)
    state = models.CharField(max_length=15, choices=State)
    reason = models.CharField(max_length=500, blank=True, help_text="Why the state is not ok.")
    request = models.JSONField(default=dict, blank=True)
    reply = models.TextField(blank=True)
    verdict = models.JSONField(
        default=dict, blank=True, help_text="Per criterion: {ranking, strength} in stored letters."
    )
    model_reported = models.CharField(max_length=200, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=Decimal(0))
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "comparison", "order", "sample", "purpose"], name="judge_call_once"
            ),
        ]
        indexes = [models.Index(fields=["annotator", "state"], name="judge_call_by_state")]

    def __str__(self) -> str:
        return f"{self.comparison_id} {self.order}: {self.state}"


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
