"""What judges leave behind for everyone to read.

`llm_judges` writes JudgeVersion, JudgeRun, JudgeCall and SoftLabel; what `routing` writes is in `decisions`,
and the two meet here, in the database. JudgeCall lives here because imported per-order votes are calls too,
and imports may not know `llm_judges`; JudgeRun because a call belongs to one.
"""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from .comparisons import Comparison
from .labels import Label
from .people import Annotator, User
from .projects import Project


class JudgeVersion(models.Model):
    """The frozen identity of an AI annotator: any change of model, prompt or settings is a new version."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="judge_versions")
    name = models.SlugField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    model = models.CharField(max_length=200)
    template = models.CharField(max_length=80)
    template_version = models.PositiveIntegerField(default=1)
    settings = models.JSONField(
        default=dict,
        blank=True,
        help_text="Address, sampling, orders, samples, rubric, reference and length policy; never a secret.",
    )
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of model, template text and settings.")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Not asked any more; what it said stays."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "version"], name="judge_version_unique"),
            models.UniqueConstraint(fields=["project", "name", "fingerprint"], name="judge_version_once"),
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(retired_at=None), name="judge_one_version_in_service"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class JudgeRun(models.Model):
    """One go at collecting answers from one judge, and its entry in the ledger: what it may cost and did.

    A probe, a trial and tags are runs too, so that their money is told apart. `spent` is what the answered
    calls cost; what those in flight may cost at most stands on their rows (`JudgeCall.reserved`).
    """

    class Purpose(models.TextChoices):
        RUN = "run"
        PROBE = "probe"
        TRIAL = "trial"
        TAGS = "tags"
        EMBED = "embed"

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        PAUSED = "paused"  # by a person; goes on where it was
        FINISHED = "finished"  # nothing left to ask
        STOPPED = "stopped"  # by itself; `stop_reason` and `message` say why
        CANCELLED = "cancelled"

    OPEN = (State.PENDING, State.RUNNING, State.PAUSED)

    project = models.ForeignKey(Project, models.CASCADE, related_name="judge_runs")
    annotator = models.ForeignKey(Annotator, models.RESTRICT, related_name="runs")
    purpose = models.CharField(max_length=5, choices=Purpose, default=Purpose.RUN)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    stop_reason = models.CharField(max_length=20, blank=True, help_text="budget, limit, breaker, quota …")
    message = models.CharField(max_length=500, blank=True, help_text="Why it stopped, in words.")
    cap = models.DecimalField(
        max_digits=14, decimal_places=4, null=True, blank=True, help_text="Most that this run may cost."
    )
    limit = models.PositiveIntegerField(null=True, blank=True, help_text="Comparisons at most.")
    breaker_share = models.FloatField(
        default=0.5, help_text="Share of unreadable replies at which the run stops."
    )
    started_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="judge_runs")
    spent = models.DecimalField(max_digits=18, decimal_places=8, default=Decimal(0))
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0, help_text="Comparisons dealt with.")
    labelled = models.PositiveIntegerField(default=0)
    consistent = models.PositiveIntegerField(default=0, help_text="Labelled, and every order said the same.")
    undecided = models.PositiveIntegerField(default=0, help_text="All calls ok, and yet no label.")
    sent = models.PositiveIntegerField(default=0, help_text="Requests made, retries included.")
    throttled = models.PositiveIntegerField(
        default=0, help_text="Requests that the endpoint turned away because there were too many (429)."
    )
    answered = models.PositiveIntegerField(default=0, help_text="Calls with a verdict.")
    reused = models.PositiveIntegerField(default=0, help_text="Verdicts that were known: nothing was asked.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="A worker's last sign of life.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator"],
                condition=Q(purpose="run", state__in=["pending", "running", "paused"]),
                name="judge_one_open_run",
            ),
            models.CheckConstraint(
                condition=Q(breaker_share__gt=0, breaker_share__lte=1), name="judge_run_breaker_is_a_share"
            ),
            models.CheckConstraint(condition=Q(spent__gte=0), name="judge_run_money_not_negative"),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="judge_run_by_project")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk} of {self.annotator_id}: {self.state}"


class JudgeCall(models.Model):
    """One question to a judge: a comparison in one order. The unit of work, and then what came of it.

    Only state `ok` may yield a label. A row is `pending` until somebody sends it, `in_flight` while
    `claimed_by` does (until `leased_until` at most), and then in the state it ended in. One in a passing
    state (`rate_limited`, `transport_error`) with `next_attempt_at` is asked again from then on.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        IN_FLIGHT = "in_flight"
        OK = "ok"
        REFUSED = "refused"
        TRUNCATED = "truncated"
        UNPARSABLE = "unparsable"
        TRANSPORT_ERROR = "transport_error"
        RATE_LIMITED = "rate_limited"
        BUDGET_STOPPED = "budget_stopped"
        INVALID_INPUT = "invalid_input"
        CANCELLED = "cancelled"

    # Ended states that say nothing about the comparison: asked again without anybody's word.
    PASSING = (State.TRANSPORT_ERROR, State.RATE_LIMITED, State.BUDGET_STOPPED, State.CANCELLED)

    class Purpose(models.TextChoices):
        WORK = "work"
        TRIAL = "trial"
        IMPORT = "import"
        TAGS = "tags"  # what the comparison is about; says nothing of which response is better
        EMBED = "embed"

    # Those that may yield a label.
    LABELLING = (Purpose.WORK, Purpose.IMPORT)

    annotator = models.ForeignKey(Annotator, models.RESTRICT, related_name="calls")
    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="calls")
    run = models.ForeignKey(
        JudgeRun, models.SET_NULL, null=True, blank=True, related_name="calls", db_index=False
    )  # the index by run and state serves
    order = models.CharField(max_length=26, help_text="Letters in the order shown to the judge.")
    sample = models.PositiveSmallIntegerField(default=0)
    purpose = models.CharField(max_length=6, choices=Purpose, default=Purpose.WORK)
    state = models.CharField(max_length=15, choices=State)
    reason = models.CharField(max_length=500, blank=True, help_text="Why the state is not ok.")
    next_attempt_at = models.DateTimeField(null=True, blank=True, help_text="When to ask again.")
    claimed_by = models.CharField(max_length=100, blank=True, help_text="The worker that is asking.")
    leased_until = models.DateTimeField(null=True, blank=True)
    request = models.JSONField(
        default=dict, blank=True, help_text="What is needed to make the prompt again and to read the reply."
    )
    request_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the complete request: its reply may be used again."
    )
    cached_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", help_text="Whose reply this is."
    )
    reply = models.TextField(blank=True)
    evidence = models.JSONField(
        default=dict,
        blank=True,
        help_text="Beside the text: finish reason, fingerprint, token probabilities.",
    )
    parser = models.PositiveSmallIntegerField(default=0, help_text="Version of the reader; 0: never read.")
    verdict = models.JSONField(
        default=dict,
        blank=True,
        help_text="Per criterion: {ranking, strength, probabilities, mass} in stored letters.",
    )
    order_consistent = models.BooleanField(
        null=True, blank=True, help_text="Whether all orders of the comparison said the same."
    )
    model_reported = models.CharField(max_length=200, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(null=True, blank=True, help_text="Part of the input.")
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    reasoning_tokens = models.PositiveIntegerField(null=True, blank=True, help_text="Part of the output.")
    usage_estimated = models.BooleanField(default=False, help_text="The endpoint reported no tokens.")
    reserved = models.DecimalField(
        max_digits=14, decimal_places=8, default=Decimal(0), help_text="In flight: what it may cost at most."
    )
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=Decimal(0))
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "comparison", "order", "sample", "purpose"], name="judge_call_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="in_flight") | Q(leased_until__isnull=False),
                name="judge_call_in_flight_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["annotator", "state"], name="judge_call_by_state"),
            models.Index(fields=["run", "state"], name="judge_call_by_run"),
            models.Index(
                F("annotator"),
                F("next_attempt_at"),
                condition=Q(next_attempt_at__isnull=False),
                name="judge_call_due",
            ),
            models.Index(F("leased_until"), condition=Q(state="in_flight"), name="judge_call_in_flight"),
            models.Index(
                F("request_hash"), condition=Q(state="ok") & ~Q(request_hash=""), name="judge_call_cache"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id} {self.order}: {self.state}"


class SoftLabel(models.Model):
    """How sure a judge's label is: what its orders and samples said together. Beside the label, so that the
    narrow table stays narrow.

    `probabilities`: of a pair `{"a", "tie", "b"}` (with `both_bad` where it is offered), of more than two the
    chance of each letter to be the best. They add up to one.
    """

    class Source(models.TextChoices):
        LOGPROBS = "logprobs"  # the model's own token probabilities, mean over the orders
        VOTES = "votes"  # orders and samples counted, smoothed (Jeffreys)
        POLICY = "policy"  # the orders disagree, and the project says what that means
        PANEL = "panel"  # the members of a panel together

    label = models.OneToOneField(Label, models.CASCADE, primary_key=True, related_name="soft")
    probabilities = models.JSONField()
    source = models.CharField(max_length=8, choices=Source)
    votes = models.PositiveSmallIntegerField(help_text="Replies that it rests on.")
    asked = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Replies asked for.")
    mass = models.FloatField(
        null=True, blank=True, help_text="Least share of token probability that fell on offered answers."
    )
    shift = models.FloatField(
        null=True, blank=True, help_text="Pairs: chance of a shown first minus chance of a shown second."
    )
    order_consistent = models.BooleanField(
        null=True, blank=True, help_text="Every order said the same on this criterion; null with one order."
    )

    def __str__(self) -> str:
        return f"{self.label_id}: {self.source}"
