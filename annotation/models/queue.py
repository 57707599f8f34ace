"""The queue: how many labels are still wanted (Demand) and who holds what (Assignment)."""

from django.db import models
from django.db.models import F, Q

from .comparisons import Comparison
from .people import Annotator, Pool

OPEN = Q(wanted__gt=F("live") + F("done"))


class Demand(models.Model):
    """How many more labels a comparison wants from a pool or a judge, and how urgently.

    `live` counts leases that hold a slot, `done` the labels that filled one. Routing, adjudication and
    quotas change only `wanted` and `priority`.
    """

    # No index of its own: those of the unique constraints begin with it.
    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="demands", db_index=False)
    pool = models.ForeignKey(Pool, models.CASCADE, null=True, blank=True, related_name="demands")
    judge = models.ForeignKey(Annotator, models.CASCADE, null=True, blank=True, related_name="demands")
    wanted = models.PositiveSmallIntegerField()
    live = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveSmallIntegerField(default=0)
    priority = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comparison", "pool"], name="demand_pool_unique"),
            models.UniqueConstraint(fields=["comparison", "judge"], name="demand_judge_unique"),
            models.CheckConstraint(
                condition=Q(pool=None, judge__isnull=False) | Q(pool__isnull=False, judge=None),
                name="demand_from_pool_or_judge",
            ),
            models.CheckConstraint(
                condition=Q(wanted__gte=F("live") + F("done")), name="demand_never_over_lent"
            ),
            models.CheckConstraint(condition=Q(live__gte=0, done__gte=0), name="demand_counts_not_negative"),
        ]
        indexes = [
            models.Index("pool", F("priority").desc(), "id", condition=OPEN, name="demand_open_pool"),
            models.Index("judge", F("priority").desc(), "id", condition=OPEN, name="demand_open_judge"),
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id}: {self.done}+{self.live} of {self.wanted}"


class Assignment(models.Model):
    """This comparison is lent to this annotator until `leased_until`, responses in this order.

    `demand` is the slot it holds or filled: null once the slot went back, and for purposes that take none.
    """

    class Purpose(models.TextChoices):
        WORK = "work"
        GOLD = "gold"
        REPEAT = "repeat"
        MIRROR = "mirror"
        TRAINING = "training"
        QUALIFICATION = "qualification"
        ADJUDICATION = "adjudication"
        IMPORT = "import"

    class State(models.TextChoices):
        LIVE = "live"
        SUBMITTED = "submitted"
        EXPIRED = "expired"
        RETURNED = "returned"  # given back without an answer; not lent to the same annotator again

    class SkipReason(models.TextChoices):
        NOT_MY_FIELD = "not_my_field"
        BROKEN = "broken"
        UNSAFE = "unsafe"
        PERSONAL_DATA = "personal_data"
        OTHER = "other"

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="assignments")
    annotator = models.ForeignKey(Annotator, models.RESTRICT, related_name="assignments")
    round = models.PositiveSmallIntegerField(default=0)
    purpose = models.CharField(max_length=13, choices=Purpose, default=Purpose.WORK)
    state = models.CharField(max_length=9, choices=State, default=State.LIVE)
    demand = models.ForeignKey(Demand, models.SET_NULL, null=True, blank=True, related_name="assignments")
    skip_reason = models.CharField(
        max_length=13,
        choices=SkipReason,
        blank=True,
        help_text="Why a person gave it back.",
    )
    shown = models.CharField(max_length=26, help_text="Letters in the order shown, such as ba; or unknown.")
    claimed_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "annotator", "round"], name="assignment_once_per_round"
            ),
            models.CheckConstraint(
                condition=~Q(state="live") | Q(leased_until__isnull=False), name="assignment_live_has_a_lease"
            ),
            models.CheckConstraint(
                condition=Q(demand=None) | Q(purpose="work"), name="assignment_only_work_takes_demand"
            ),
            models.CheckConstraint(
                condition=Q(demand=None) | Q(state__in=["live", "submitted"]),
                name="assignment_only_held_slots",
            ),
            models.CheckConstraint(
                condition=Q(skip_reason="") | Q(state="returned"), name="assignment_skipped_is_returned"
            ),
        ]
        indexes = [
            models.Index(
                fields=["comparison"], condition=Q(purpose="adjudication"), name="assignment_adjudication"
            ),
            models.Index("leased_until", condition=Q(state="live"), name="assignment_live_by_expiry"),
            models.Index("annotator", "id", condition=Q(state="live"), name="assignment_live_by_annotator"),
            models.Index(
                "annotator", "id", condition=Q(state="submitted"), name="assignment_done_by_annotator"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id} to {self.annotator_id}"
