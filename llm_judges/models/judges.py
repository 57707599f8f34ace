"""A judge's settings: the live half of an annotation.JudgeVersion (which is the frozen identity)."""

from decimal import Decimal
from typing import Any

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q, QuerySet

from annotation.models import JudgeVersion, Project

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
    concurrency = models.PositiveSmallIntegerField(default=8, help_text="Calls in flight, of all workers.")
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
    breaker_share = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.5"),
        help_text="Share of unreadable replies at which a run stops.",
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
            models.CheckConstraint(
                condition=Q(breaker_share__gt=0, breaker_share__lte=1), name="judge_breaker_is_a_share"
            ),
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


def in_service() -> QuerySet[Judge]:
    """Judges that may be asked: those whose version is not retired."""
    return Judge.objects.filter(version__retired_at=None).select_related(
        "version", "version__project", "pair_template", "ranking_template"
    )


def judges_of(project: Project, name: str | None = None) -> list[Judge]:
    """The project's judges in service by name, or only the one named."""
    judges = in_service().filter(version__project=project).order_by("version__name")
    return list(judges.filter(version__name=name) if name is not None else judges)
