"""Releases: what was frozen, how far the building of its files is, and what they hold."""

from django.conf import settings
from django.db import models

from .comparisons import Comparison
from .projects import Project


class Release(models.Model):
    """A frozen, hashed export with its manifest. Its files are seen once it is ready, and never change.

    `leased_until` says until when a worker is at it; past it another one builds it anew from what was frozen.
    """

    class State(models.TextChoices):
        BUILDING = "building"
        READY = "ready"
        FAILED = "failed"

    project = models.ForeignKey(Project, models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.BUILDING)
    format = models.CharField(max_length=200, help_text="Names of its formats, with a comma between.")
    options = models.JSONField(default=dict, blank=True)
    facts = models.JSONField(
        default=dict, blank=True, help_text="What the project was when the release was frozen."
    )
    path = models.CharField(max_length=1000)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Logical hash of all rows in order.")
    rows = models.PositiveIntegerField(default=0)
    manifest = models.JSONField(default=dict)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="releases"
    )
    items = models.PositiveIntegerField(default=0, help_text="Comparisons that were frozen.")
    written = models.PositiveIntegerField(default=0, help_text="Comparisons dealt with so far.")
    error = models.CharField(max_length=500, blank=True, help_text="Why it failed.")
    claimed_by = models.CharField(max_length=100, blank=True, help_text="The worker that builds it.")
    leased_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="release_number_unique")]
        indexes = [
            models.Index(
                fields=["leased_until"], condition=models.Q(state="building"), name="release_in_building"
            )
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.number}"


class ReleaseItem(models.Model):
    """One comparison as a release froze it, in the order of the comparisons' ids by their bytes.

    Labels are never changed, only superseded, so their ids are all there is to keep.
    """

    release = models.ForeignKey(Release, models.CASCADE, related_name="+", db_index=False)
    # A million keys would be checked for rows that are never deleted one by one.
    comparison = models.ForeignKey(
        Comparison, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    labels = models.TextField(blank=True, help_text="Ids of its labels, with spaces between.")
    references = models.TextField(blank=True, help_text="Ids of its known answers that are no gold.")
    destination = models.CharField(max_length=5, blank=True, help_text="Of routing's decision.")
    judge = models.BigIntegerField(null=True, blank=True, help_text="Annotator whose label it lets stand.")
    probability = models.FloatField(null=True, blank=True, help_text="That a person was to be asked.")
    score = models.FloatField(null=True, blank=True)
    audit = models.BooleanField(default=False)
    flagged = models.BooleanField(default=False)
    instrument = models.BooleanField(default=False, help_text="The owner made one of its answers gold.")

    class Meta:
        indexes = [models.Index(fields=["release", "id"], name="release_item_in_order")]

    def __str__(self) -> str:
        return f"{self.release_id}: {self.comparison_id}"
