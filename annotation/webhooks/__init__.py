"""Webhooks: addresses that are told what happens in a project, signed, until they have received it."""

from .events import labels_submitted, release_ready
from .registry import WebhookError, add, pause, remove, resume, rotate
from .sending import deliver, due, forget, resend

__all__ = [
    "WebhookError",
    "add",
    "deliver",
    "due",
    "forget",
    "labels_submitted",
    "pause",
    "release_ready",
    "remove",
    "resend",
    "resume",
    "rotate",
]
