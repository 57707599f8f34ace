"""How fast endpoints are being asked, where there is no Redis to keep it."""

from django.db import models


class Limit(models.Model):
    """How fast an endpoint is being asked at present, as its workers share it where there is no Redis."""

    key = models.CharField(max_length=64, unique=True, help_text="Endpoint, model and key, hashed.")
    state = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.key
