"""Celery: thin callers. A lost or doubled message changes nothing; the database is the queue."""

from celery import shared_task

from . import leases


@shared_task
def expire_leases() -> None:
    """Returns the slots of all leases that ran out."""
    while leases.expire():
        pass
