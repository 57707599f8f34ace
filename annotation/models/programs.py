"""What programs bring: tokens to sign in with, replies kept for retries, webhooks that call them."""

import uuid

from django.db import models
from django.db.models import F, Q

from .people import Membership, User
from .projects import Project


class Token(models.Model):
    """A program signs in with it as the person who made it: in one project, and at most with `role`.

    The token itself is kept nowhere; `digest` finds it.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="tokens")
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, help_text="What it is for.")
    role = models.CharField(max_length=9, choices=Membership.Role)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token.")
    ending = models.CharField(max_length=4, help_text="Its last characters, to tell tokens apart.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class KeptReply(models.Model):
    """What a caller was answered under an idempotency key, so that a retry is answered the same."""

    caller = models.CharField(max_length=40, help_text="The token or account that sent the key.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True, help_text="Sealed: a reply may hold a secret that is shown once.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name_plural = "kept replies"
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="kept_reply_once")]

    def __str__(self) -> str:
        return f"{self.caller}: {self.key}"


class Webhook(models.Model):
    """An address that is told what happens in a project."""

    class Kind(models.TextChoices):
        LABEL_SUBMITTED = "label.submitted"
        COMPARISON_FINISHED = "comparison.finished"
        RELEASE_READY = "release.ready"

    project = models.ForeignKey(Project, models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    kinds = models.JSONField(default=list, help_text="The events it is told.")
    secret = models.TextField(help_text="What its messages are signed with, sealed.")
    old_secret = models.TextField(blank=True, help_text="The one before, sealed.")
    old_secret_until = models.DateTimeField(null=True, blank=True, help_text="It signs as well until then.")
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="webhooks")
    created_at = models.DateTimeField(auto_now_add=True)
    paused_at = models.DateTimeField(null=True, blank=True, help_text="Is told nothing meanwhile.")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event for one webhook: written with what it tells of, and sent until it is received.

    `next_attempt_at` is when it is due. Whoever sends it moves that on first, so that nobody else sends it
    meanwhile and a worker that dies leaves it due again.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    event = models.UUIDField(default=uuid.uuid4, help_text="The message's id: the same at every attempt.")
    kind = models.CharField(max_length=30, choices=Webhook.Kind)
    body = models.TextField(help_text="JSON, as it is sent.")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The last answer's.")
    error = models.CharField(max_length=100, blank=True, help_text="Why the last attempt failed.")
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(next_attempt_at__isnull=False),
                name="delivery_waiting_is_due_some_time",
            ),
        ]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_by_webhook"),
            models.Index(
                F("webhook"), F("next_attempt_at"), condition=Q(state="waiting"), name="delivery_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event}"
