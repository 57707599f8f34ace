"""Celery: thin callers. A lost or doubled message changes nothing; the database is the queue."""

from celery import shared_task

from . import exports, figures, leases, lifecycle, reports, stopping, summaries, uploads, webhooks
from .api import once
from .models import Project, Release, Webhook

LARGE = 20_000  # comparisons that come at once


@shared_task
def expire_leases() -> None:
    """Returns the slots of all leases that ran out."""
    while leases.expire():
        pass


@shared_task
def look_for_refits() -> None:
    """Starts a refit of every project that stops asking by itself and has enough new labels."""
    for project in Project.objects.exclude(labels_cap=None):
        if stopping.due(project):
            refit_consensus.delay(project.pk)


@shared_task
def refit_consensus(project_id: int) -> None:
    """Learns anew about a project's annotators. Running it twice changes nothing."""
    for project in Project.objects.filter(pk=project_id):
        stopping.refit(project)


@shared_task
def refresh_consensus(project_id: int, criterion: str | None, method: str) -> None:
    """Estimates and stores a project's consensus. Running it twice changes nothing."""
    for project in Project.objects.filter(pk=project_id):
        reports.refresh_consensus(project, criterion, method)


@shared_task
def look_for_releases() -> None:
    """Builds releases that nobody is at: a new one whose message was lost, or one whose worker died."""
    for release in exports.due():
        build_release.delay(release.pk)


@shared_task
def build_release(release_id: int) -> None:
    """Builds one release, unless it is done or somebody else is at it."""
    for release in Release.objects.filter(pk=release_id, state=Release.State.BUILDING):
        exports.work_on(release)


@shared_task
def look_for_uploads() -> None:
    """Imports uploads that nobody is at: a new one whose message was lost, or one whose worker died."""
    for upload_id in uploads.due():
        import_upload.delay(upload_id)


@shared_task
def import_upload(upload_id: int) -> None:
    """Imports one upload, unless it is done or somebody else is at it."""
    uploads.work_on(upload_id)


@shared_task
def sweep() -> None:
    """Deletes projects whose grace is over, and forgets uploads that broke off long ago."""
    lifecycle.delete_due()
    uploads.sweep()


@shared_task
def look_for_deliveries() -> None:
    """Sends what webhooks wait for: what was to be tried again, and what lost its message."""
    for pk in webhooks.due():
        deliver_webhook.delay(pk)


@shared_task
def deliver_webhook(webhook_id: int) -> None:
    """Sends what one webhook waits for."""
    for webhook in Webhook.objects.filter(pk=webhook_id, paused_at=None):
        webhooks.deliver(webhook)


@shared_task
def forget_old_messages() -> None:
    """Deletes kept replies and deliveries that nobody needs any more."""
    once.forget()
    webhooks.forget()


@shared_task
def look_for_summaries() -> None:
    """Has the summaries of every project follow its comparisons and labels."""
    for project in summaries.behind():
        catch_up.delay(project.pk)


@shared_task
def catch_up(project_id: int) -> None:
    """Summarises what is new in one project. Running it twice changes nothing."""
    for project in Project.objects.filter(pk=project_id):
        if summaries.catch_up(project) > LARGE:
            figures.renew_stale(project, "progress")  # before a page has to wait for them


@shared_task
def renew_figures(project_id: int, name: str) -> None:
    """Works a project's kept figures out anew. Asked twice at once, it does so once."""
    for project in Project.objects.filter(pk=project_id):
        figures.renew_stale(project, name)
