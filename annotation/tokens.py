"""Tokens by which programs use the API: made, found and revoked. Only their SHA-256 is stored.

A token acts as the person who made it, in one project, and may do what both its role and theirs allow: it
ends with their membership, and their account.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .audit import record
from .models import Membership, Project, Token, User
from .permissions import MAY, Access

PREFIX = "tandem_"  # so that scanners of leaked secrets know one
LONGEST_NAME = 100
USED_EVERY = timedelta(minutes=1)  # how exact `last_used_at` is


class TokenError(ValueError):
    """The token cannot be made; the message says why, for the form. `field` is what is at fault."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def issue(access: Access, name: str, role: str, expires_at: datetime | None = None) -> tuple[Token, str]:
    """Makes a token with the caller's own rights, or fewer; gives its row and the token itself, which cannot
    be had again.

    Raises TokenError for an empty or long name, a role that may do what the caller may not, and an end that
    has passed.
    """
    name = name.replace("\x00", "").strip()
    if not name or len(name) > LONGEST_NAME:
        raise TokenError(
            _("Say what the token is for, in at most %(n)s characters.") % {"n": LONGEST_NAME}, "name"
        )
    if role not in roles_for(access):
        raise TokenError(_("A token may do no more than you may yourself."), "role")
    if expires_at is not None and expires_at <= timezone.now():
        raise TokenError(_("The token would have ended already."), "days")
    secret = PREFIX + secrets.token_urlsafe(32)
    project, user = access.project, access.membership.user
    with transaction.atomic():
        token = Token.objects.create(
            project=project,
            user=user,
            name=name,
            role=role,
            digest=_digest(secret),
            ending=secret[-4:],
            expires_at=expires_at,
        )
        record(project, user, "token-made", name, after={"role": role, "expires_at": _text(expires_at)})
    return token, secret


def roles_for(access: Access) -> list[str]:
    """Roles that may do nothing which the caller may not."""
    return [
        role.value
        for role in Membership.Role
        if all(access.may(act) for act, roles in MAY.items() if role in roles)
    ]


def revoke(project: Project, token_id: int, by: User) -> Token:
    """Ends a token of this project at once; one that has been revoked stays so. Raises Token.DoesNotExist."""
    with transaction.atomic():
        token = Token.objects.select_for_update().get(project=project, pk=token_id)
        if token.revoked_at is None:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            record(project, by, "token-revoked", token.name, before={"role": token.role})
    return token


def tokens_of(project: Project) -> QuerySet[Token]:
    """All tokens, the newest first, with who made them."""
    return Token.objects.filter(project=project).select_related("user").order_by("-pk")


def find(secret: str) -> Token | None:
    """The token in force that this is, with its person; None for any other text. Notes that it was used."""
    if not secret.startswith(PREFIX) or not secret.isascii():
        return None
    now = timezone.now()
    in_force = Token.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    token = in_force.select_related("user").filter(digest=_digest(secret), user__is_active=True).first()
    if token and (token.last_used_at is None or token.last_used_at < now - USED_EVERY):
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _digest(secret: str) -> str:
    """A fast hash does: 256 random bits are not guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
