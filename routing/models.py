"""A routing plan, and what the texts of comparisons look like to it. A plan's Decisions carry its id."""

import uuid

from django.db import models

from annotation.models import Comparison, Project


class Plan(models.Model):
    """One run of a policy over a project's open comparisons."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="plans")
    policy = models.CharField(max_length=40)
    policy_version = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    model = models.JSONField(default=dict, blank=True, help_text="All it takes to work out a score again.")
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


class TextFeatures(models.Model):
    """Numbers that `routing.features.describe` gives for a comparison; float32, little-endian, row by row."""

    comparison = models.OneToOneField(
        Comparison, models.CASCADE, primary_key=True, related_name="text_features"
    )
    version = models.PositiveSmallIntegerField(help_text="features.VERSION")
    shared = models.BinaryField(help_text="(SHARED,): the same whatever the order of the responses.")
    each = models.BinaryField(help_text="(k, EACH): one row a response, in stored order.")

    def __str__(self) -> str:
        return f"{self.comparison_id} v{self.version}"
