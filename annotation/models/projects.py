"""A project, its guidelines and the questions it asks."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from ..ranking import RankingError, RankingTask, Scale


def validate_ranking_task(text: str) -> None:
    """Raises ValidationError unless `text` names a ranking task."""
    try:
        RankingTask.parse(text)
    except RankingError as error:
        raise ValidationError(str(error)) from error


class Project(models.Model):
    """One labelling effort: what is asked, of whom, at what price.

    Only an open one lends to people. `annotation.lifecycle` moves it from one state to another.
    """

    class State(models.TextChoices):
        DRAFT = "draft"  # being set up; was never open
        OPEN = "open"
        CLOSED = "closed"
        ARCHIVED = "archived"  # kept to be read

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    labels_wanted = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    labels_cap = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Most labels of people a comparison; asking stops once it is sure. Empty: it never does.",
    )
    consensus_threshold = models.FloatField(
        default=0.9,
        validators=[MinValueValidator(0.5), MaxValueValidator(1.0)],
        help_text="How probable an answer must be for a comparison to be sure.",
    )
    overlap_share = models.FloatField(
        default=0.05,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Of the comparisons, the random part that always gets all labels up to the cap.",
    )
    human_label_price = models.DecimalField(max_digits=10, decimal_places=4, default=Decimal(0))
    currency = models.CharField(max_length=3, default="USD")
    minimum_hourly_pay = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="What an hour of active time should pay at least, by the median. Empty: none is stated.",
    )
    labels_per_person = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Most comparisons that one person answers here. Empty: as many as there are.",
    )
    identity_leaks = models.CharField(
        max_length=7,
        choices=[("accept", "accept"), ("mask", "mask"), ("exclude", "exclude")],
        default="accept",
        help_text="What becomes of responses that name their model or maker: lent as they are and listed, "
        "masked, or kept out.",
    )
    profile = models.JSONField(
        default=list, blank=True, help_text="Optional questions about a person: {name, question, answers}."
    )
    budget = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    policy = models.CharField(max_length=40, default="all_human")
    audit_share = models.FloatField(default=0.05, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])
    lease_seconds = models.PositiveIntegerField(default=1800, validators=[MinValueValidator(10)])
    lend_unfit = models.BooleanField(
        default=False, help_text="Lend comparisons whose responses are empty or identical."
    )
    inconsistency = models.CharField(
        max_length=4,
        choices=[("tie", "tie"), ("half", "half"), ("drop", "drop")],
        default="tie",
        help_text="What a judge's label is where its orders disagree: a tie, half of each, or none.",
    )
    media_hosts = models.JSONField(
        default=list,
        blank=True,
        help_text="Origins, such as https://cdn.example.org, that annotators' browsers may load media from.",
    )
    tells = models.JSONField(
        default=list, editable=False, help_text="Events that a webhook waits for; kept by `webhooks`."
    )
    quality = models.JSONField(
        default=dict,
        blank=True,
        help_text="Instruments and rules, as annotation.instruments.settings reads them. Empty: none.",
    )
    revision = models.PositiveIntegerField(
        default=0, help_text="Rises with every change of criteria or guidelines; keys in-process caches."
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    delete_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is deleted with all that it holds; until then, nothing is."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "open", "closed", "archived"]), name="project_state_known"
            ),
            models.CheckConstraint(condition=Q(labels_wanted__gte=1), name="project_wants_a_label"),
            models.CheckConstraint(
                condition=Q(audit_share__gte=0, audit_share__lte=1), name="project_audit_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(labels_cap=None) | Q(labels_cap__gte=F("labels_wanted")),
                name="project_cap_is_most",
            ),
            models.CheckConstraint(
                condition=Q(consensus_threshold__gte=0.5, consensus_threshold__lte=1),
                name="project_threshold_is_a_probability",
            ),
            models.CheckConstraint(
                condition=Q(overlap_share__gte=0, overlap_share__lte=1),
                name="project_overlap_share_is_a_share",
            ),
            models.CheckConstraint(condition=Q(human_label_price__gte=0), name="project_price_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["delete_at"], condition=Q(delete_at__isnull=False), name="project_to_be_deleted"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lends(self) -> bool:
        """Whether comparisons are lent to people."""
        return self.state == self.State.OPEN and self.delete_at is None

    @property
    def put_away(self) -> bool:
        """Whether nobody works on it any more: it is archived, or about to be deleted."""
        return self.state == self.State.ARCHIVED or self.delete_at is not None


class Guidelines(models.Model):
    """What annotators are told. A change is a new version; every annotation says which one it followed."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="guidelines_versions")
    version = models.PositiveIntegerField(default=1)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "guidelines"
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="guidelines_version_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.project} guidelines {self.version}"


class Criterion(models.Model):
    """One question asked of every comparison. Immutable once labelled: a change is a new version."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="criteria")
    name = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    position = models.PositiveSmallIntegerField(default=0)
    question = models.CharField(max_length=300, blank=True)
    scale = models.CharField(
        max_length=12, choices=[(scale.value, scale.value) for scale in Scale], default=Scale.FIVE_POINT.value
    )
    both_bad = models.BooleanField(default=False)
    confidence = models.BooleanField(default=False)
    reasons = models.JSONField(default=list, blank=True)
    rationale = models.CharField(
        max_length=8,
        choices=[("off", "off"), ("optional", "optional"), ("required", "required")],
        default="off",
    )
    rationale_min = models.PositiveSmallIntegerField(
        default=0, help_text="Characters a rationale must have where there is one."
    )
    ranking = models.CharField(
        max_length=12,
        default="full",
        validators=[validate_ranking_task],
        help_text="How more than two responses are ranked: full, best-worst, or top-1, top-2 …",
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "criteria"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "version"], name="criterion_version_unique"),
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(retired_at=None), name="criterion_one_current_version"
            ),
            models.CheckConstraint(
                condition=Q(scale__in=[scale.value for scale in Scale]), name="criterion_scale_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
