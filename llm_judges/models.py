"""A judge's settings: the live half of an annotation.JudgeVersion (which is the frozen identity)."""

import uuid
from decimal import Decimal
from typing import Any

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q, QuerySet

from annotation.models import Annotator, Comparison, Criterion, JudgeRun, JudgeVersion, Project

PRICES = ("input_price", "cached_price", "output_price", "reasoning_price")


def _price(help_text: str) -> Any:
    return models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text=f"Per million tokens. {help_text}"
    )


class JudgeTemplate(models.Model):
    """The text of a prompt template as a project's judges use it. Immutable: a change is a new version."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="judge_templates")
    name = models.SlugField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name", "version"], name="judge_template_version_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Judge(models.Model):
    """One AI annotator as the owner set it up: where it answers, what it costs, how fast it may be asked.

    What it *is* (model, prompt, sampling, orders …) is its version's. Prices, limits and the key are terms:
    they may change without making it another annotator, and each change is kept as a JudgeTerms row.
    """

    version = models.OneToOneField(JudgeVersion, models.CASCADE, related_name="judge")
    pair_template = models.ForeignKey(
        JudgeTemplate, models.RESTRICT, null=True, related_name="+", help_text="For two responses."
    )
    ranking_template = models.ForeignKey(
        JudgeTemplate, models.RESTRICT, null=True, related_name="+", help_text="For more than two."
    )
    base_url = models.CharField(max_length=500, validators=[URLValidator(["http", "https"])])
    api_key_env = models.CharField(
        max_length=100, blank=True, help_text="Name of the environment variable that holds the key."
    )
    api_key_sealed = models.TextField(
        blank=True, editable=False, help_text="The key itself, encrypted with TANDEM_SECRET_KEY."
    )
    input_price = _price("Empty: unknown.")
    cached_price = _price("Input read from the provider's cache; empty: as input.")
    output_price = _price("Empty: unknown.")
    reasoning_price = _price("Output spent on reasoning; empty: as output.")
    budget = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, help_text="Most that this judge may cost."
    )
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: no limit.")
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: no limit.")
    concurrency = models.PositiveSmallIntegerField(default=8, help_text="Most calls in flight a worker.")
    timeout_seconds = models.PositiveSmallIntegerField(default=60)
    transport = models.CharField(
        max_length=6,
        choices=[("direct", "direct"), ("batch", "batch")],
        default="direct",
        help_text="Each call by itself, or files of calls by the provider's Batch API.",
    )
    batch_share = models.DecimalField(
        max_digits=4, decimal_places=3, default=Decimal("0.5"), help_text="Of the prices, in a batch."
    )
    capabilities = models.JSONField(
        default=dict,
        blank=True,
        help_text="What the endpoint can do, as the probe found it; empty: not probed.",
    )
    probed_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1, help_text="Of the terms: rises with each change.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(*(Q(**{price: None}) | Q(**{f"{price}__gte": 0}) for price in PRICES)),
                name="judge_prices_not_negative",
            ),
            models.CheckConstraint(condition=Q(concurrency__gte=1), name="judge_concurrency_positive"),
        ]

    def __str__(self) -> str:
        return str(self.version)

    @property
    def priced(self) -> bool:
        """Whether a call's cost can be told: both input and output have a price (0 is one)."""
        return self.input_price is not None and self.output_price is not None


class JudgeTerms(models.Model):
    """Prices and limits of a judge from one moment on. Insert-only."""

    judge = models.ForeignKey(Judge, models.CASCADE, related_name="terms")
    revision = models.PositiveIntegerField()
    values = models.JSONField(help_text="Prices, limits, and where the key is; never the key.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "judge terms"
        constraints = [
            models.UniqueConstraint(fields=["judge", "revision"], name="judge_terms_revision_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.judge} terms {self.revision}"


class JudgeBatch(models.Model):
    """A file of calls with the provider. Its calls are in flight, `claimed_by` it, until they are booked.

    The row is there before anything is sent, with a mark that goes along: so a batch whose id got lost on the
    way, because the worker died, is found again.
    """

    run = models.ForeignKey(JudgeRun, models.CASCADE, related_name="batches")
    judge = models.ForeignKey(Judge, models.CASCADE, related_name="batches")
    mark = models.UUIDField(unique=True, default=uuid.uuid4)
    rung = models.CharField(max_length=20, help_text="How verdicts are asked for in it.")
    requests = models.PositiveIntegerField(default=0)
    remote_id = models.CharField(max_length=200, blank=True, help_text="The provider's name for it.")
    status = models.CharField(max_length=40, blank=True, help_text="As the provider said last.")
    message = models.CharField(max_length=500, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True, help_text="Some worker is at it until then.")
    looked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Everything of it is booked.")

    class Meta:
        verbose_name_plural = "judge batches"
        indexes = [models.Index(fields=["judge"], condition=Q(ended_at=None), name="judge_batch_open")]

    def __str__(self) -> str:
        return f"batch {self.pk} of {self.judge}: {self.status or 'not sent'}"

    @property
    def worker(self) -> str:
        """What stands in `claimed_by` of its calls."""
        return f"batch/{self.pk}"


class Panel(models.Model):
    """Several judges that speak as one: an annotator whose answers are made of its members', by a rule.

    Rule, settings and the versions of the members are its own version's. `threshold` is what a cascade goes
    by: given by the owner, or found for the `target_accuracy` that stands in the settings.
    """

    class Rule(models.TextChoices):
        MAJORITY = "majority"  # more than half of the members
        MEAN = "mean"  # the mean of their soft labels
        WEIGHTED = "weighted"  # the posterior given what is known of each member
        CASCADE = "cascade"  # the first that is sure

    version = models.OneToOneField(JudgeVersion, models.CASCADE, related_name="panel")
    rule = models.CharField(max_length=8, choices=Rule)
    threshold = models.FloatField(null=True, blank=True, help_text="Cascade: sure from this probability on.")
    chosen = models.JSONField(default=dict, blank=True, help_text="How the threshold was found, in figures.")
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold=None) | Q(threshold__gte=0, threshold__lte=1),
                name="panel_threshold_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return str(self.version)


class PanelMember(models.Model):
    """A judge in a panel. A cascade asks them in order of `position`."""

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="members")
    judge = models.ForeignKey(Judge, models.RESTRICT, related_name="memberships")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "judge"], name="panel_member_once"),
            models.UniqueConstraint(fields=["panel", "position"], name="panel_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.judge} in {self.panel}"


class PanelVerdict(models.Model):
    """What became of a comparison in a panel, and what that rests on."""

    class State(models.TextChoices):
        LABELLED = "labelled"
        UNDECIDED = "undecided"  # enough members answered, and there is no answer that may be given
        BELOW_QUORUM = "below_quorum"  # too few members answered

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="verdicts")
    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="panel_verdicts")
    state = models.CharField(max_length=12, choices=State)
    reason = models.CharField(max_length=500, blank=True, help_text="Why there is no label.")
    evidence = models.JSONField(
        default=dict, blank=True, help_text="By member its annotation, and what weighed or decided."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["panel", "comparison"], name="panel_verdict_once"),
        ]
        indexes = [models.Index(fields=["panel", "state"], name="panel_verdict_by_state")]

    def __str__(self) -> str:
        return f"{self.comparison_id}: {self.state}"


class Limit(models.Model):
    """How fast an endpoint is being asked at present, as its workers share it where there is no Redis."""

    key = models.CharField(max_length=64, unique=True, help_text="Endpoint, model and key, hashed.")
    state = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.key


class Calibration(models.Model):
    """How a judge's confidence on one criterion is to be read: a map fitted to what people said. Insert-only;
    the newest version counts (`llm_judges.calibration.newest`)."""

    annotator = models.ForeignKey(Annotator, models.CASCADE, related_name="calibrations")
    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="calibrations")
    version = models.PositiveIntegerField(default=1)
    method = models.CharField(max_length=11, help_text="identity, temperature, platt or isotonic")
    map = models.JSONField(help_text="Its parameters (`calibration.maps.ProbabilityMap`).")
    comparisons = models.PositiveIntegerField(help_text="Answers that it was fitted on.")
    groups = models.PositiveIntegerField(help_text="Groups (prompts) that these belong to.")
    held_out = models.JSONField(help_text="Log loss, Brier score and ECE, before and after, held out.")
    fewest_people = models.PositiveSmallIntegerField(help_text="People who make a majority.")
    through = models.BigIntegerField(help_text="The newest label that it knew.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "criterion", "version"], name="calibration_version_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} on {self.criterion_id} v{self.version}: {self.method}"

    def summary(self) -> dict[str, Any]:
        """What reports say of it."""
        return {
            "version": self.version,
            "method": self.method,
            "comparisons": self.comparisons,
            "created_at": self.created_at.isoformat(),
        }


def in_service() -> QuerySet[Judge]:
    """Judges that may be asked: those whose version is not retired."""
    return Judge.objects.filter(version__retired_at=None).select_related(
        "version", "version__project", "pair_template", "ranking_template"
    )


def judges_of(project: Project, name: str | None = None) -> list[Judge]:
    """The project's judges in service by name, or only the one named."""
    judges = in_service().filter(version__project=project).order_by("version__name")
    return list(judges.filter(version__name=name) if name is not None else judges)


def panels_in_service() -> QuerySet[Panel]:
    """Panels whose version is not retired."""
    return Panel.objects.filter(version__retired_at=None).select_related("version", "version__project")


def panels_of(project: Project, name: str | None = None) -> list[Panel]:
    """The project's panels in service by name, or only the one named."""
    panels = panels_in_service().filter(version__project=project).order_by("version__name")
    return list(panels.filter(version__name=name) if name is not None else panels)
