"""What comes out: consensus, gold and releases."""

from django.conf import settings
from django.db import models

from .comparisons import Comparison, Reference
from .projects import Criterion, Project


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


class Gold(models.Model):
    """A reference that the owner made an instrument: it may train, qualify and monitor annotators."""

    reference = models.OneToOneField(Reference, models.CASCADE, related_name="gold")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "gold"

    def __str__(self) -> str:
        return str(self.reference)


class Release(models.Model):
    """A frozen, hashed export with its manifest."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    format = models.CharField(max_length=40)
    options = models.JSONField(default=dict, blank=True)
    path = models.CharField(max_length=1000)
    sha256 = models.CharField(max_length=64, help_text="Logical hash of all rows in order.")
    rows = models.PositiveIntegerField()
    manifest = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="release_number_unique")]

    def __str__(self) -> str:
        return f"{self.project} {self.number}"
