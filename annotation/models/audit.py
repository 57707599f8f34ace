"""What was done to a project, by whom: written once, edited by nobody."""

from typing import Any

from django.db import models

from .people import Annotator, User
from .projects import Project


class AuditEntry(models.Model):
    """One act of an administrator, or one event that concerns a person. The database refuses changes to it.

    It stands by itself: the names of that moment are kept in it, and it outlives what it speaks of.
    """

    project = models.ForeignKey(Project, models.DO_NOTHING, db_constraint=False, related_name="audit_entries")
    project_slug = models.SlugField(max_length=80)
    actor = models.ForeignKey(User, models.DO_NOTHING, db_constraint=False, null=True, related_name="acts")
    actor_name = models.CharField(max_length=200, help_text="Empty: the project's rules, not a person.")
    act = models.SlugField(max_length=40, help_text="Such as pause, exclude, settings.")
    annotator = models.ForeignKey(
        Annotator, models.DO_NOTHING, db_constraint=False, null=True, related_name="audit_entries"
    )
    target = models.CharField(max_length=200, blank=True, help_text="What it was done to, as it was called.")
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["project", "id"], name="audit_by_project")]

    def __str__(self) -> str:
        return f"{self.act} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("an audit entry is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("an audit entry is never deleted")
