"""Keys of endpoints, kept encrypted in the database and never shown again.

Encrypt-then-MAC over primitives of the standard library, because no dependency of the project brings a
cipher: the stream is HMAC-SHA256 in counter mode under a random 128-bit nonce, the tag HMAC-SHA256 under a
key of its own, both keys derived from TANDEM_SECRET_KEY. A sealed key is bound to the origin (scheme, host
and port) it was given for: copied to another address it does not open. This guards database dumps and
backups; whoever can read TANDEM_SECRET_KEY and the database can read the keys.
"""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from django.conf import settings

_VERSION = "v1"
_NONCE, _TAG = 16, 32


class CannotOpen(ValueError):
    """The sealed key was made with another TANDEM_SECRET_KEY, for another address, or was altered."""


def seal(key: str, base_url: str) -> str:
    """The key, encrypted for this address, as text for a database column."""
    nonce, plain = secrets.token_bytes(_NONCE), key.encode()
    hidden = _xor(plain, _stream(nonce, len(plain)))
    sealed = nonce + hidden + _tag(nonce + hidden, base_url)
    return f"{_VERSION}.{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(sealed: str, base_url: str) -> str:
    """The key that `seal` hid. Raises CannotOpen."""
    version, _, text = sealed.partition(".")
    try:
        data = base64.urlsafe_b64decode(text)
    except ValueError:
        data = b""
    body, tag = data[:-_TAG], data[-_TAG:]
    if version != _VERSION or len(body) < _NONCE or not hmac.compare_digest(tag, _tag(body, base_url)):
        raise CannotOpen(
            "the stored key cannot be opened: TANDEM_SECRET_KEY or the judge's address has changed; "
            "set the key again"
        )
    nonce, hidden = body[:_NONCE], body[_NONCE:]
    return _xor(hidden, _stream(nonce, len(hidden))).decode()


def drawn(*parts: str) -> bytes:
    """32 bytes that nobody without TANDEM_SECRET_KEY can foresee, and always the same for the same parts."""
    return hmac.digest(_derived("draw"), "\0".join(parts).encode("utf-8", "surrogatepass"), "sha256")


def origin(base_url: str) -> str:
    """``https://host:443`` of an address: whom a key is shown to."""
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _derived(purpose: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"tandem judge {purpose}".encode(), "sha256")


def _stream(nonce: bytes, size: int) -> bytes:
    key = _derived("key encryption")
    blocks = (
        hmac.digest(key, nonce + number.to_bytes(4, "big"), "sha256") for number in range(size // 32 + 1)
    )
    return b"".join(blocks)[:size]


def _tag(body: bytes, base_url: str) -> bytes:
    message = hashlib.sha256(origin(base_url).encode()).digest() + body
    return hmac.digest(_derived("key authentication"), message, "sha256")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
