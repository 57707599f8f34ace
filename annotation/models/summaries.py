"""What is worked out in the background so that pages stay quick: recomputed from labels, never edited."""

from django.db import models
from django.db.models import Q

from .comparisons import Comparison
from .projects import Project


class Summary(models.Model):
    """One comparison at a glance, for lists to filter by. Follows its labels within seconds."""

    class Source(models.IntegerChoices):
        """Who has a current label on it."""

        NOBODY = 0
        PEOPLE = 1
        JUDGES = 2
        BOTH = 3

    comparison = models.OneToOneField(Comparison, models.CASCADE, primary_key=True, related_name="summary")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    source = models.PositiveSmallIntegerField(choices=Source, default=Source.NOBODY)
    category = models.CharField(max_length=200, blank=True, help_text="The comparison's own.")
    people_differ = models.PositiveSmallIntegerField(
        default=0, help_text="Per cent of the pairs of people whose answers differ, where most do."
    )
    judges_differ = models.PositiveSmallIntegerField(
        default=0, help_text="Per cent of the pairs of a person and a judge whose answers differ."
    )

    class Meta:
        verbose_name_plural = "summaries"
        # Each serves one filter in the order of the list, so that a page reads its own rows and no others.
        indexes = [
            models.Index(fields=["project", "source", "comparison"], name="summary_by_source"),
            models.Index(fields=["project", "category", "comparison"], name="summary_by_category"),
            models.Index(
                fields=["project", "comparison"], condition=Q(source__gt=0), name="summary_labelled"
            ),
            models.Index(
                fields=["project", "comparison"],
                condition=Q(people_differ__gt=0),
                name="summary_people_differ",
            ),
            models.Index(
                fields=["project", "comparison"],
                condition=Q(judges_differ__gt=0),
                name="summary_judges_differ",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id}: {self.get_source_display()}"


class SearchText(models.Model):
    """The beginning of a comparison's prompt as plain text, for searching. PostgreSQL keeps its words in a
    column of their own with an index, which no model describes (see the migration)."""

    comparison = models.OneToOneField(
        Comparison, models.CASCADE, primary_key=True, related_name="search_text"
    )
    text = models.TextField()

    def __str__(self) -> str:
        return self.text[:40]


class SummaryMark(models.Model):
    """How far a project's summaries have come: the newest comparison and label that they surely know."""

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="+")
    comparisons = models.BigIntegerField(default=0)
    labels = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.project_id}: {self.labels}"


class Figures(models.Model):
    """Figures of a whole project, kept because working them out took `seconds`.

    `setup` and `newest` say what they rest on (`annotation.figures.Basis`). The row is there before the first
    figures are: `computed_at` is null then.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=80)
    content = models.JSONField(default=dict)
    seconds = models.FloatField(default=0)
    computed_at = models.DateTimeField(null=True)
    setup = models.TextField(default="")
    newest = models.TextField(default="")
    asked_at = models.DateTimeField(null=True, help_text="Since when a worker is to renew them.")

    class Meta:
        verbose_name_plural = "figures"
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="figures_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.project_id}"
