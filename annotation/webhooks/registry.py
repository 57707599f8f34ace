"""Webhooks of a project: made, given another secret, paused, removed. Each is an entry of the audit log."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..audit import record
from ..models import Delivery, Project, User, Webhook
from ..sealing import seal, unseal
from .reaching import split
from .signing import new_secret

MOST = 20  # of one project: each is a row a label
LONGEST = 500
BOTH = timedelta(hours=24)  # how long the old secret signs beside the new one
_PURPOSE = "webhook secret"


class WebhookError(ValueError):
    """It cannot be done; the message says why, for the form. `field` is the argument at fault, if
    it is one."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def add(project: Project, by: User, url: str, kinds: Sequence[str]) -> tuple[Webhook, str]:
    """Makes a webhook; gives it and its secret, which is shown once. Raises WebhookError for an address that
    cannot be posted to, for no kind or an unknown one, and beyond MOST webhooks."""
    url = url.strip()
    try:
        split(url)
    except ValueError as error:
        raise WebhookError(str(error), "url") from error
    if len(url) > LONGEST:
        raise WebhookError(_("Shorten the address to %(number)s characters.") % {"number": LONGEST}, "url")
    known = [kind for kind in Webhook.Kind.values if kind in kinds]
    if not known or set(kinds) - set(known):
        raise WebhookError(_("Say which events the address is told."), "kinds")
    secret = new_secret()
    with transaction.atomic():
        _locked(project)
        if Webhook.objects.filter(project=project).count() >= MOST:
            raise WebhookError(_("A project has at most %(number)s webhooks.") % {"number": MOST})
        webhook = Webhook.objects.create(
            project=project, url=url, kinds=known, secret=seal(secret, _PURPOSE), made_by=by
        )
        record(project, by, "webhook-made", url, after={"kinds": known})
        _tells(project)
    return webhook, secret


def rotate(webhook: Webhook, by: User) -> str:
    """Gives a new secret; the old one signs beside it for a day."""
    secret = new_secret()
    with transaction.atomic():
        webhook.old_secret, webhook.old_secret_until = webhook.secret, timezone.now() + BOTH
        webhook.secret = seal(secret, _PURPOSE)
        webhook.save(update_fields=["secret", "old_secret", "old_secret_until"])
        record(webhook.project, by, "webhook-secret", webhook.url)
    return secret


def pause(webhook: Webhook, by: User) -> None:
    """Tells it nothing until `resume`. What waits to be sent waits on."""
    _set_paused(webhook, by, "webhook-paused", paused=True)


def resume(webhook: Webhook, by: User) -> None:
    """Tells it again what happens from now on, and what waited to be sent."""
    _set_paused(webhook, by, "webhook-resumed", paused=False)


def remove(webhook: Webhook, by: User) -> None:
    """Deletes a webhook with its deliveries."""
    with transaction.atomic():
        project = _locked(webhook.project)
        record(project, by, "webhook-removed", webhook.url, before={"kinds": webhook.kinds})
        Delivery.objects.filter(webhook=webhook).delete()
        webhook.delete()
        _tells(project)


def secrets_of(webhook: Webhook) -> list[str]:
    """The secrets that sign now, the newest first. Raises CannotOpen."""
    both = webhook.old_secret and webhook.old_secret_until and webhook.old_secret_until > timezone.now()
    return [unseal(one, _PURPOSE) for one in (webhook.secret, *([webhook.old_secret] if both else []))]


def _set_paused(webhook: Webhook, by: User, act: str, paused: bool) -> None:
    with transaction.atomic():
        project = _locked(webhook.project)
        if (webhook.paused_at is not None) == paused:
            return
        webhook.paused_at = timezone.now() if paused else None
        webhook.save(update_fields=["paused_at"])
        record(project, by, act, webhook.url, before={"paused": not paused}, after={"paused": paused})
        _tells(project)


def _locked(project: Project) -> Project:
    return Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _tells(project: Project) -> None:
    """Writes on the project's row which events somebody waits for."""
    active = Webhook.objects.filter(project=project, paused_at=None).values_list("kinds", flat=True)
    tells = sorted({kind for kinds in active for kind in kinds})
    Project.objects.filter(pk=project.pk).update(tells=tells)
    project.tells = tells
