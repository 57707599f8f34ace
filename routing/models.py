"""What an owner asks of routing, what it learned, its plans and what they rest on, how texts look to it."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models import Comparison, Project


class RoutingSettings(models.Model):
    """What an owner says about routing beyond share or budget; a project without a row has the defaults."""

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="routing")
    refit_after = models.PositiveIntegerField(
        default=50, help_text="New labels of people after which models refit; 0: never by itself."
    )
    label_worth = models.DecimalField(
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="What it is worth that one label is right instead of wrong; for the stop rule.",
    )
    least_per_category = models.JSONField(
        default=dict, blank=True, help_text="Comparisons people get at least, by category."
    )
    hours = models.JSONField(default=dict, blank=True, help_text="Hours of work at most, by pool.")
    capacity = models.JSONField(default=dict, blank=True, help_text="Labels at most, by pool.")

    class Meta:
        verbose_name_plural = "routing settings"

    def __str__(self) -> str:
        return f"routing of {self.project_id}"


class Refit(models.Model):
    """What was learned from the labels there were: one row a fit, kept for good.

    One runs at a time in a project: the row itself is the lease. A fit whose process died is taken over when
    `leased_until` has passed. `quality` (AUROC, Brier, ECE) is of comparisons whose groups the model had not
    seen; `next_batch` says what the stop rule found.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        LOST = "lost"  # its process died or outlived its lease; nothing of it was stored
        FAILED = "failed"

    project = models.ForeignKey(Project, models.CASCADE, related_name="refits")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … in its project; part of the policy version.")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    leased_until = models.DateTimeField()
    message = models.CharField(max_length=500, blank=True, help_text="Why it failed or learned nothing.")
    feature_version = models.PositiveSmallIntegerField()
    through = models.BigIntegerField(help_text="The newest label there was; people's up to it are known.")
    labels = models.PositiveIntegerField(default=0, help_text="Independent labels of people that it knew.")
    learned_from = models.PositiveIntegerField(
        default=0, help_text="Comparisons labelled by people and the judge."
    )
    model = models.JSONField(default=dict, blank=True, help_text="Centre, spread, weight of every column.")
    quality = models.JSONField(default=dict, blank=True, help_text="value, low, high by measure.")
    next_batch = models.JSONField(default=dict, blank=True)
    seconds = models.FloatField(default=0.0)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="refit_number_unique"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="running"), name="refit_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"refit {self.number} of {self.project_id}: {self.state}"


class Plan(models.Model):
    """One run of a policy over a project's open comparisons. A plan's Decisions carry its id.

    Nothing is decided before a plan is approved. `table` and `report` are all that its page shows, worked out
    beforehand, so that the page costs the same for a million comparisons as for ten.
    """

    class State(models.TextChoices):
        PLANNING = "planning"  # asked for; a worker is at it or soon will be
        DRAFT = "draft"  # worked out; nothing is decided yet
        APPROVING = "approving"
        APPROVED = "approved"  # Decisions and Demand say what it says
        FAILED = "failed"  # `message` says why

    AT_WORK = (State.PLANNING, State.APPROVING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="plans")
    state = models.CharField(max_length=9, choices=State, default=State.APPROVED)
    message = models.CharField(max_length=500, blank=True, help_text="Why it failed, in words.")
    policy = models.CharField(max_length=40)
    policy_version = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    model = models.JSONField(default=dict, blank=True, help_text="All it takes to work out a score again.")
    table = models.JSONField(
        default=dict,
        blank=True,
        help_text="The curve: columns with an entry for every point (routing.curve).",
    )
    points = models.PositiveSmallIntegerField(default=0, help_text="Of the table; 0: it has no curve.")
    report = models.JSONField(default=dict, blank=True, help_text="What the page says beside the curve.")
    progress = models.JSONField(
        default=dict, blank=True, help_text="How far a worker is with it: `done` comparisons `of` so many."
    )
    series = models.UUIDField(
        null=True, blank=True, db_index=True, help_text="The first of the plans that this one carries on."
    )
    refit = models.ForeignKey(
        Refit, models.SET_NULL, null=True, blank=True, related_name="plans", help_text="What it scored with."
    )
    seed = models.BigIntegerField()
    human = models.PositiveIntegerField(default=0)
    ai = models.PositiveIntegerField(default=0)
    audit = models.PositiveIntegerField(default=0)
    human_cost = models.DecimalField(max_digits=14, decimal_places=4, default=Decimal(0))
    judge_cost = models.DecimalField(max_digits=14, decimal_places=4, default=Decimal(0))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["planning", "draft", "approving", "approved", "failed"]),
                name="plan_state_known",
            ),
        ]
        indexes = [models.Index(fields=["project", "-created_at"], name="plan_newest_of_project")]

    def __str__(self) -> str:
        return f"{self.policy} {self.created_at:%Y-%m-%d %H:%M}"


class PlanPart(models.Model):
    """Some thousand comparisons of a plan: scores, reasons, and what judges had said by then.

    Packed by `routing.frozen`, in order of comparison id, so that one comparison is found without reading the
    others, and storing a plan over a million of them is a hundred rows.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="parts", db_index=False)
    first = models.BigIntegerField(help_text="Lowest id of a comparison in it.")
    size = models.PositiveIntegerField()
    packed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "first"], name="plan_part_unique")]

    def __str__(self) -> str:
        return f"{self.plan_id} from {self.first}"


class TextFeatures(models.Model):
    """Numbers that `routing.features.describe` gives for a comparison; float32, little-endian, row by row.

    Rows of earlier versions stay: a Decision made with them can be worked out again.
    """

    comparison = models.ForeignKey(
        Comparison, models.CASCADE, related_name="text_features", db_index=False
    )  # the unique index begins with it
    version = models.PositiveSmallIntegerField(help_text="features.VERSION")
    shared = models.BinaryField(help_text="(SHARED,): the same whatever the order of the responses.")
    each = models.BinaryField(help_text="(k, EACH): one row a response, in stored order.")

    class Meta:
        verbose_name_plural = "text features"
        constraints = [
            models.UniqueConstraint(fields=["comparison", "version"], name="text_features_version_unique")
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id} v{self.version}"
