"""Secret addresses that end: made, found again by their token, closed. Invitations and crowd links are such.

A token has 256 bits of chance, so its plain SHA-256 says nothing about it and needs no salt.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from .audit import record
from .models import CrowdLink, Invitation, Pool, Project, User

MOST_DAYS = 365
MOST_PLACES = 100_000
LONGEST_NAME = 120

AnyLink = TypeVar("AnyLink", Invitation, CrowdLink)


class LinkError(ValueError):
    """The link cannot be made or taken; the message says why, for the page. `field` is what is at fault,
    where that is one of `make`'s arguments."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def make(
    kind: type[AnyLink],
    project: Project,
    by: User,
    name: str,
    *,
    days: int,
    places: int,
    pool: Pool | None = None,
    **more: Any,
) -> tuple[AnyLink, str]:
    """A new link of `kind` for `places` people within `days`, and its token, which nobody can read again.

    `more` are fields of the kind. Raises LinkError.
    """
    name = name.replace("\x00", "").strip()
    if not name:
        raise LinkError(_("Say for whom it is, so that you know it again."), "name")
    if len(name) > LONGEST_NAME:
        raise LinkError(_("Shorten the name to %(most)s characters.") % {"most": LONGEST_NAME}, "name")
    if not 1 <= days <= MOST_DAYS:
        raise LinkError(_("Choose 1 to %(most)s days.") % {"most": MOST_DAYS}, "days")
    if not 1 <= places <= MOST_PLACES:
        raise LinkError(_("Choose 1 to %(most)s people.") % {"most": MOST_PLACES}, "places")
    if pool is not None and pool.project_id != project.pk:
        raise LinkError(_("This project has no such pool."), "pool")
    token = secrets.token_urlsafe(32)
    link = kind(
        project=project,
        name=name,
        token_hash=_hash(token),
        pool=pool,
        places=places,
        expires_at=timezone.now() + timedelta(days=days),
        created_by=by,
        **more,
    )
    link.save()
    after = {"days": days, "places": places, "pool": pool.name if pool else None}
    record(project, by, _act(link), name, after=after | {key: str(value) for key, value in more.items()})
    return link, token


def found(kind: type[AnyLink], token: str) -> AnyLink | None:
    """The link that this token opens, whether or not it still lets anybody in."""
    links: Any = kind.objects.select_related("project", "pool")
    return links.filter(token_hash=_hash(token)).first()


def close(link: AnyLink, by: User) -> None:
    """Lets nobody in any more; those who are in stay. One that is closed stays as it is."""
    if link.closed_at is None:
        link.closed_at = timezone.now()
        link.save(update_fields=["closed_at"])
        before, after = {"open": True, "taken": link.taken}, {"open": False, "taken": link.taken}
        record(link.project, by, "close-link", link.name, before=before, after=after)


def take(link: AnyLink) -> AnyLink:
    """Takes a place, inside the caller's transaction. Raises LinkError where there is none any more."""
    locked = type(link).objects.select_for_update(of=("self",)).get(pk=link.pk)
    if not locked.is_open():
        raise LinkError(_("This link has ended. Ask for a new one."))
    locked.taken += 1
    locked.save(update_fields=["taken"])
    return locked


def _act(link: Invitation | CrowdLink) -> str:
    return "invite" if isinstance(link, Invitation) else "crowd-link"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
