"""A routing plan: what was asked for and what came out. Its Decisions carry the plan's id."""

import uuid

from django.db import models

from annotation.models import Project


class Plan(models.Model):
    """One run of a policy over a project's open comparisons."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="plans")
    policy = models.CharField(max_length=40)
    policy_version = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    seed = models.BigIntegerField()
    human = models.PositiveIntegerField()
    ai = models.PositiveIntegerField()
    audit = models.PositiveIntegerField()
    human_cost = models.DecimalField(max_digits=14, decimal_places=4)
    judge_cost = models.DecimalField(max_digits=14, decimal_places=4)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.policy} {self.created_at:%Y-%m-%d %H:%M}"
