"""A judge's settings: the live half of an annotation.JudgeVersion (which is the frozen identity)."""

from decimal import Decimal

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q, QuerySet

from annotation.models import JudgeVersion, Project


class Judge(models.Model):
    """One AI annotator as the owner set it up: where it answers, what it costs, how it is asked."""

    version = models.OneToOneField(JudgeVersion, models.CASCADE, related_name="judge")
    base_url = models.CharField(max_length=500, validators=[URLValidator(["http", "https"])])
    api_key_env = models.CharField(
        max_length=100, blank=True, help_text="Name of the environment variable that holds the key."
    )
    input_price = models.DecimalField(
        max_digits=12, decimal_places=6, default=Decimal(0), help_text="Per million input tokens."
    )
    output_price = models.DecimalField(
        max_digits=12, decimal_places=6, default=Decimal(0), help_text="Per million output tokens."
    )
    concurrency = models.PositiveSmallIntegerField(default=8)
    timeout_seconds = models.PositiveSmallIntegerField(default=60)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(input_price__gte=0, output_price__gte=0), name="judge_prices_not_negative"
            ),
            models.CheckConstraint(condition=Q(concurrency__gte=1), name="judge_concurrency_positive"),
        ]

    def __str__(self) -> str:
        return str(self.version)


def in_service() -> QuerySet[Judge]:
    """Judges that may be asked: those whose version is not retired."""
    return Judge.objects.filter(version__retired_at=None).select_related("version", "version__project")


def judges_of(project: Project, name: str | None = None) -> list[Judge]:
    """The project's judges in service by name, or only the one named."""
    judges = in_service().filter(version__project=project).order_by("version__name")
    return list(judges.filter(version__name=name) if name is not None else judges)
