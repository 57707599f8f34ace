"""Files of calls with a provider."""

import uuid

from django.db import models
from django.db.models import Q

from annotation.models import JudgeRun

from .judges import Judge


class JudgeBatch(models.Model):
    """A file of calls with the provider. Its calls are in flight, `claimed_by` it, until they are booked.

    The row is there before anything is sent, with a mark that goes along: so a batch whose id got lost on the
    way, because the worker died, is found again.
    """

    run = models.ForeignKey(JudgeRun, models.CASCADE, related_name="batches")
    judge = models.ForeignKey(Judge, models.CASCADE, related_name="batches")
    mark = models.UUIDField(unique=True, default=uuid.uuid4)
    rung = models.CharField(max_length=20, help_text="How verdicts are asked for in it.")
    requests = models.PositiveIntegerField(default=0)
    remote_id = models.CharField(max_length=200, blank=True, help_text="The provider's name for it.")
    status = models.CharField(max_length=40, blank=True, help_text="As the provider said last.")
    message = models.CharField(max_length=500, blank=True)
    booked = models.JSONField(
        default=dict, blank=True, help_text="By state, how many of its calls were booked."
    )
    leased_until = models.DateTimeField(null=True, blank=True, help_text="Some worker is at it until then.")
    looked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Everything of it is booked.")

    class Meta:
        verbose_name_plural = "judge batches"
        indexes = [models.Index(fields=["judge"], condition=Q(ended_at=None), name="judge_batch_open")]

    def __str__(self) -> str:
        return f"batch {self.pk} of {self.judge}: {self.status or 'not sent'}"

    @property
    def worker(self) -> str:
        """What stands in `claimed_by` of its calls."""
        return f"batch/{self.pk}"
