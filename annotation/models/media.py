"""Pictures, sound and film that a project holds itself."""

from django.db import models

from .projects import Project


class MediaFile(models.Model):
    """An uploaded file, known by its content. `media:<sha256>` in a message or response stands for it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="media_files")
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    name = models.CharField(max_length=300, help_text="What the importer called it; annotators never see it.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "sha256"], name="media_file_unique"),
        ]

    def __str__(self) -> str:
        return self.name
