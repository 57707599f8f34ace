"""How people come into a project: invitations of accounts, crowd links for guests, and what guests told."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .people import Annotator, Membership, Pool, User
from .projects import Project

PROLIFIC = "https://app.prolific.com/submissions/complete"


class Link(models.Model):
    """A secret address that ends. Only the SHA-256 of its token is kept, so it is shown once."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="%(class)ss")
    name = models.CharField(max_length=120, help_text="For whom it is, as the owner remembers it.")
    token_hash = models.CharField(max_length=64, unique=True)
    pool = models.ForeignKey(Pool, models.CASCADE, null=True, blank=True, related_name="+")
    places = models.PositiveIntegerField(default=1, help_text="How many people it lets in.")
    taken = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def is_open(self, at: datetime | None = None) -> bool:
        """Whether it still lets somebody in."""
        return (
            self.closed_at is None and self.expires_at > (at or timezone.now()) and self.taken < self.places
        )


class Invitation(Link):
    """Lets accounts into a project with a role, and into a pool where one is named."""

    role = models.CharField(max_length=9, choices=Membership.Role, default=Membership.Role.ANNOTATOR)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["owner", "manager", "reviewer", "annotator", "viewer"]),
                name="invitation_role_known",
            ),
            models.CheckConstraint(condition=Q(taken__lte=F("places")), name="invitation_never_overdrawn"),
        ]


class CrowdLink(Link):
    """Lets people in as guests, without an account, and sends them back to where they came from.

    The platform's own names of the person, the study and the submission come in as parameters of the
    address; the three codes go back as the parameter `cc` of `return_url`.
    """

    id_parameter = models.CharField(max_length=40, default="PROLIFIC_PID")
    study_parameter = models.CharField(max_length=40, default="STUDY_ID", blank=True)
    session_parameter = models.CharField(max_length=40, default="SESSION_ID", blank=True)
    return_url = models.CharField(
        max_length=200,
        default=PROLIFIC,
        blank=True,
        help_text="Where people go back to. Empty: nowhere, they are thanked.",
    )
    completed_code = models.CharField(max_length=60, blank=True)
    screened_out_code = models.CharField(max_length=60, blank=True)
    quota_full_code = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(taken__lte=F("places")), name="crowd_link_never_overdrawn"),
        ]


class Participation(models.Model):
    """One guest's part in a project: by which link they came, as whom, and how it ended."""

    class State(models.TextChoices):
        ACTIVE = "active"
        COMPLETED = "completed"
        SCREENED_OUT = "screened_out"
        RETURNED = "returned"

    link = models.ForeignKey(CrowdLink, models.RESTRICT, related_name="participations")
    annotator = models.OneToOneField(Annotator, models.CASCADE, related_name="participation")
    study_id = models.CharField(max_length=200, blank=True)
    session_id = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["active", "completed", "screened_out", "returned"]),
                name="participation_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="active", ended_at=None) | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="participation_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} by {self.link_id}"


class ProfileAnswer(models.Model):
    """What a person answered to one of the project's questions about themselves."""

    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="profile_answers")
    question = models.SlugField(max_length=60)
    answer = models.CharField(max_length=200, blank=True, help_text="Empty: rather not said.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator", "question"], name="profile_answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.answer}"
