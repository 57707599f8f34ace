"""Secrets that are kept encrypted in the database, under keys derived from TANDEM_SECRET_KEY.

This guards database dumps and backups; whoever can read TANDEM_SECRET_KEY and the database can read them.
"""

import base64
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class CannotOpen(ValueError):
    """The sealed text was made with another TANDEM_SECRET_KEY, for another purpose, or was altered."""


def derived(purpose: str) -> bytes:
    """32 bytes that nobody without TANDEM_SECRET_KEY knows, and always the same for the same purpose."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"tandem {purpose}".encode(), "sha256")


def seal(text: str, purpose: str) -> str:
    """The text, encrypted for this purpose (a Fernet token), for a database column."""
    return _lock(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str) -> str:
    """The text that `seal` hid. Raises CannotOpen."""
    try:
        return _lock(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen("sealed with another TANDEM_SECRET_KEY or for another purpose") from None


def _lock(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived(purpose)))
