"""What is judged: a prompt and its k responses, with tags, known answers and cached HTML."""

from django.db import models
from django.db.models import Q

from .projects import Criterion, Project


class Comparison(models.Model):
    """One thing to judge: a prompt and its k >= 2 responses."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="comparisons", db_index=False)
    external_id = models.CharField(max_length=300, help_text="The imported `id`.")
    prompt = models.JSONField(help_text="Chat messages: a list of {role, content}.")
    k = models.PositiveSmallIntegerField()
    group = models.CharField(max_length=300, help_text="Split unit; default the prompt's hash.")
    category = models.CharField(max_length=200, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of prompt and responses.")
    fit = models.BooleanField(default=True, help_text="False: empty or identical responses.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "external_id"], name="comparison_external_id_unique"),
            models.CheckConstraint(condition=Q(k__gte=2), name="comparison_has_two_responses"),
        ]
        # In place of the foreign key's own: a page of one project's must not read past those of all others.
        indexes = [models.Index(fields=["project", "id"], name="comparison_by_project")]

    def __str__(self) -> str:
        return self.external_id


class Response(models.Model):
    """One answer to the prompt. Position 0 is letter a; annotators never see `model`."""

    # No index of its own: the unique constraint's begins with it.
    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="responses", db_index=False)
    position = models.PositiveSmallIntegerField()
    messages = models.JSONField(help_text="Chat messages of the answer: a list of {role, content}.")
    context = models.JSONField(
        default=list, blank=True, help_text="Earlier messages that differ from side to side."
    )
    model = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=200, blank=True, help_text="The source's own id of this response.")
    media = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["comparison", "position"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "position"], name="response_position_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id}{chr(ord('a') + self.position)}"


class IdentityLeak(models.Model):
    """A response that says who wrote it: what was found, and what became of it.

    `original` keeps the messages of a masked response, so that the mask can be taken off.
    """

    class State(models.TextChoices):
        FOUND = "found"  # lent as it is until somebody decides
        ACCEPTED = "accepted"
        MASKED = "masked"
        EXCLUDED = "excluded"

    project = models.ForeignKey(Project, models.CASCADE, related_name="identity_leaks_found", db_index=False)
    response = models.OneToOneField(Response, models.CASCADE, primary_key=True, related_name="identity_leak")
    found = models.JSONField(help_text="What gives it away: a list of {message, start, end, kind, text}.")
    state = models.CharField(max_length=8, choices=State, default=State.FOUND)
    original = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["found", "accepted", "masked", "excluded"]), name="leak_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="masked", original__isnull=False)
                | (~Q(state="masked") & Q(original__isnull=True)),
                name="leak_masked_keeps_the_original",
            ),
        ]
        indexes = [models.Index(fields=["project", "state", "response"], name="leak_by_project")]

    def __str__(self) -> str:
        return f"{self.response_id} {self.state}"


class Rendering(models.Model):
    """Sanitised HTML of a comparison, made once per renderer version; one row, so that a page reads one."""

    comparison = models.OneToOneField(Comparison, models.CASCADE, primary_key=True, related_name="rendering")
    version = models.PositiveSmallIntegerField()
    content = models.JSONField()

    def __str__(self) -> str:
        return f"{self.comparison_id} v{self.version}"


class Tag(models.Model):
    """A named fact about a comparison and who says so (a rule, a tagger, an import)."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="tags")
    name = models.SlugField(max_length=80)
    value = models.CharField(max_length=200)
    source = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comparison", "name", "source"], name="tag_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


class Reference(models.Model):
    """A known answer, used for evaluation only. `ranking` is empty where the source says there is none."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="references")
    criterion = models.ForeignKey(Criterion, models.RESTRICT, related_name="references")
    ranking = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=200, default="import")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comparison", "criterion"], name="reference_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id}: {self.ranking or 'none'}"
