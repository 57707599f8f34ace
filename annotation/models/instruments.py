"""What people are asked before they work, what they are told meanwhile, and what the rules know of them."""

from django.db import models

from .people import Annotator
from .projects import Project
from .queue import Assignment


class Consent(models.Model):
    """What people agree to before anything else. A change is a new version, which is asked for again."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="consents")
    version = models.PositiveIntegerField(default=1)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="consent_version_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.project} consent {self.version}"


class ConsentGiven(models.Model):
    """This annotator agreed to this version."""

    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="consents_given")
    consent = models.ForeignKey(Consent, models.CASCADE, related_name="given")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "consents given"
        constraints = [
            models.UniqueConstraint(fields=["annotator", "consent"], name="consent_given_once"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} agreed to {self.consent_id}"


class QualificationTry(models.Model):
    """One qualification test that somebody took to its end."""

    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="qualification_tries")
    number = models.PositiveSmallIntegerField()
    right = models.PositiveSmallIntegerField()
    of = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "qualification tries"
        constraints = [
            models.UniqueConstraint(fields=["annotator", "number"], name="qualification_try_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id}: {self.right} of {self.of}"


class Notice(models.Model):
    """Something that a person reads before their next comparison: how a training answer was, how a test went,
    a warning. `Annotator.notice` points at the one that waits."""

    class Kind(models.TextChoices):
        TRAINING = "training"
        QUALIFICATION = "qualification"
        WARNING = "warning"

    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=13, choices=Kind)
    text = models.CharField(max_length=500, blank=True)
    assignment = models.ForeignKey(
        Assignment, models.CASCADE, null=True, blank=True, help_text="The training answer that it speaks of."
    )
    attempt = models.ForeignKey(
        QualificationTry, models.CASCADE, null=True, blank=True, help_text="The test that it speaks of."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} to {self.annotator_id}"


class Watch(models.Model):
    """How far the rules' sequential tests of one person have come. Moved on with every answer, so that no
    answer waits for a long history; what was done because of it stands in the audit log."""

    annotator = models.OneToOneField(Annotator, models.CASCADE, primary_key=True, related_name="watch")
    state = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "watches"

    def __str__(self) -> str:
        return f"watch of {self.annotator_id}"
