"""Files that came through the browser, on their way into a project."""

from pathlib import Path

from django.conf import settings
from django.db import models

from .projects import Project


class Upload(models.Model):
    """One file of comparisons: sent part by part, looked at, then imported in the background.

    The bytes lie in the data folder (`path`). While `importing`, whoever imports it holds this row's lock, so
    that it happens once, and a worker that dies leaves it for the next one.
    """

    class State(models.TextChoices):
        RECEIVING = "receiving"
        RECEIVED = "received"  # whole; waits to be imported as it is mapped
        IMPORTING = "importing"
        DONE = "done"
        REFUSED = "refused"  # nothing was imported; `report` says why

    project = models.ForeignKey(Project, models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200, help_text="What the file was called; its ending says its format.")
    size = models.PositiveBigIntegerField(help_text="Bytes, as announced.")
    state = models.CharField(max_length=9, choices=State, default=State.RECEIVING)
    columns = models.JSONField(
        default=dict, blank=True, help_text="The file's column by our key; empty: the file has our keys."
    )
    skip_bad = models.BooleanField(default=True, help_text="Import the good lines of a file with bad ones.")
    report = models.JSONField(default=dict, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="uploads"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="importing"), name="upload_importing"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> Path:
        """Where its files lie: the upload itself, how far the import is, and the lines refused."""
        return Path(settings.DATA_DIR) / "uploads" / str(self.project_id) / str(self.pk)

    @property
    def path(self) -> Path:
        """The file, under a name of ours with the ending of its own."""
        name = self.name.lower()
        return self.folder / ("file.jsonl.gz" if name.endswith(".jsonl.gz") else f"file{Path(name).suffix}")
