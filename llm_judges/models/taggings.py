"""Comparisons tagged by a judge: what a go at it is and costs."""

from django.db import models

from annotation.models import JudgeRun

from .judges import Judge


class Tagging(models.Model):
    """One go of a judge at tagging comparisons. `run` is the ledger's entry of its chat calls and says how
    the whole stands, `embedding_run` that of the embeddings."""

    judge = models.ForeignKey(Judge, models.CASCADE, related_name="taggings")
    run = models.OneToOneField(JudgeRun, models.CASCADE, related_name="tagging")
    embedding_run = models.OneToOneField(
        JudgeRun, models.CASCADE, null=True, related_name="+", help_text="Empty: no embeddings."
    )
    embedding_model = models.CharField(max_length=200, blank=True)
    embedding_price = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Per million tokens. Empty: unknown.",
    )
    leased_until = models.DateTimeField(null=True, help_text="Some worker is at it until then.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"tags of {self.judge}: {self.run.state}"
