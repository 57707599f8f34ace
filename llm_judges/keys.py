"""Keys of endpoints, kept encrypted in the database and never shown again.

A sealed key is a Fernet token under a key derived from TANDEM_SECRET_KEY and from the origin (scheme, host
and port) it was given for: copied to another address it does not open. This guards database dumps and
backups; whoever can read TANDEM_SECRET_KEY and the database can read the keys.
"""

import base64
import hmac
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class CannotOpen(ValueError):
    """The sealed key was made with another TANDEM_SECRET_KEY, for another address, or was altered."""


def seal(key: str, base_url: str) -> str:
    """The key, encrypted for this address, as text for a database column."""
    return _lock(base_url).encrypt(key.encode()).decode()


def unseal(sealed: str, base_url: str) -> str:
    """The key that `seal` hid. Raises CannotOpen."""
    try:
        return _lock(base_url).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen(
            "the stored key cannot be opened: TANDEM_SECRET_KEY or the judge's address has changed; "
            "set the key again"
        ) from None


def drawn(*parts: str) -> bytes:
    """32 bytes that nobody without TANDEM_SECRET_KEY can foresee, and always the same for the same parts."""
    return hmac.digest(_derived("draw"), "\0".join(parts).encode("utf-8", "surrogatepass"), "sha256")


def origin(base_url: str) -> str:
    """``https://host:443`` of an address: whom a key is shown to."""
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _lock(base_url: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(f"key for {origin(base_url)}")))


def _derived(purpose: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"tandem judge {purpose}".encode(), "sha256")
