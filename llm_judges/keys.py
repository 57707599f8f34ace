"""Keys of endpoints, kept encrypted in the database and never shown again.

A sealed key is a Fernet token under a key derived from TANDEM_SECRET_KEY and from the origin (scheme, host
and port) it was given for: copied to another address it does not open. This guards database dumps and
backups; whoever can read TANDEM_SECRET_KEY and the database can read the keys.
"""

import hmac
from urllib.parse import urlsplit

from annotation import sealing
from annotation.sealing import CannotOpen

__all__ = ["CannotOpen", "drawn", "origin", "seal", "unseal"]


def seal(key: str, base_url: str) -> str:
    """The key, encrypted for this address, as text for a database column."""
    return sealing.seal(key, _purpose(base_url))


def unseal(sealed: str, base_url: str) -> str:
    """The key that `seal` hid. Raises CannotOpen."""
    try:
        return sealing.unseal(sealed, _purpose(base_url))
    except CannotOpen:
        raise CannotOpen(
            "the stored key cannot be opened: TANDEM_SECRET_KEY or the judge's address has changed; "
            "set the key again"
        ) from None


def drawn(*parts: str) -> bytes:
    """32 bytes that nobody without TANDEM_SECRET_KEY can foresee, and always the same for the same parts."""
    return hmac.digest(
        sealing.derived("judge draw"), "\0".join(parts).encode("utf-8", "surrogatepass"), "sha256"
    )


def origin(base_url: str) -> str:
    """``https://host:443`` of an address: whom a key is shown to."""
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _purpose(base_url: str) -> str:
    return f"judge key for {origin(base_url)}"
