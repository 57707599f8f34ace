"""Composition: settings, URLs, Celery and WSGI. Nothing here knows a domain rule."""

from .celery import app as celery_app

__all__ = ["celery_app"]
