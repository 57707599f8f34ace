"""The Celery application. Messages only say "look now"; the database is the queue."""

import os

from celery import Celery

from .broker import register

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

register()
app = Celery("tandem")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
