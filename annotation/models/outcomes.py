"""What comes out: consensus and gold."""

from django.conf import settings
from django.db import models

from .comparisons import Comparison, Reference
from .people import Annotator
from .projects import Criterion


class Consensus(models.Model):
    """The estimated preference on one comparison and criterion; recomputed from labels, never edited."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="consensus")
    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="consensus")
    method = models.CharField(max_length=40)
    probabilities = models.JSONField(help_text="By letter, tie and both_bad; they sum to 1.")
    winner = models.CharField(max_length=10, help_text="A letter, tie, both_bad or unresolved.")
    ranking = models.CharField(max_length=120, blank=True)
    support = models.PositiveIntegerField(help_text="Labels that it rests on.")
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "consensus"
        constraints = [
            models.UniqueConstraint(fields=["comparison", "criterion", "method"], name="consensus_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id}: {self.winner}"


class ConsensusFit(models.Model):
    """What the last run of a method learnt from the votes on comparisons with k responses; kept until the
    next one, so that an answer can be weighed as it comes in."""

    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="consensus_fits")
    method = models.CharField(max_length=40)
    k = models.PositiveSmallIntegerField()
    classes = models.JSONField(default=dict, blank=True, help_text="How probable each answer is beforehand.")
    comparisons = models.PositiveIntegerField()
    labels = models.PositiveIntegerField()
    iterations = models.PositiveSmallIntegerField(default=0)
    converged = models.BooleanField(default=True)
    note = models.CharField(max_length=200, blank=True, help_text="Why it fell back on the majority.")
    through = models.BigIntegerField(default=0, help_text="The newest label that it knew.")
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["criterion", "method", "k"], name="consensus_fit_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id} {self.method}, {self.k} responses"


class AnnotatorSkill(models.Model):
    """What a fit says of one annotator; recomputed, never edited."""

    fit = models.ForeignKey(ConsensusFit, models.CASCADE, related_name="skills")
    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="skills")
    competence = models.FloatField()
    low = models.FloatField(null=True, blank=True, help_text="95 % interval")
    high = models.FloatField(null=True, blank=True)
    strategy = models.JSONField(default=dict, blank=True, help_text="How they guess: by answer; sums to 1.")
    weight = models.FloatField(default=1.0, help_text="Below 1: a judge whose vote is capped.")
    labels = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fit", "annotator"], name="annotator_skill_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id}: {self.competence:.2f}"


class Gold(models.Model):
    """A reference that the owner made an instrument: it trains, qualifies or monitors annotators."""

    class Use(models.TextChoices):
        MONITORING = "monitoring"
        QUALIFICATION = "qualification"
        TRAINING = "training"

    use = models.CharField(max_length=13, choices=Use, default=Use.MONITORING)
    explanation = models.TextField(blank=True, help_text="Why, as people read it who are trained with it.")
    reference = models.OneToOneField(Reference, models.CASCADE, related_name="gold")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "gold"

    def __str__(self) -> str:
        return str(self.reference)
