"""Idempotency keys: a write that is sent again under its key is done once and answered the same."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from ..models import KeptReply
from ..sealing import seal, unseal
from .problems import Unprocessable
from .throttling import caller_of

HEADER = "Idempotency-Key"
LONGEST = 255
KEPT = timedelta(hours=24)
_PURPOSE = "kept reply"


def once(request: Request, act: Callable[[], Response]) -> Response:
    """What `act` answers, or what it answered when this caller sent this key before; without a key just
    `act`.

    The key is kept in one transaction with what the act changes: whoever sends it meanwhile waits, and an act
    that fails leaves no key. Raises Unprocessable for a key that was sent with something else.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise Unprocessable(HEADER, f"must be 1 to {LONGEST} printable ASCII characters")
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        kept, first = KeptReply.objects.get_or_create(
            caller=caller_of(request), key=key, defaults={"fingerprint": fingerprint}
        )
        if kept.fingerprint != fingerprint:
            raise Unprocessable(HEADER, "was sent before with something else")
        if not first:
            said = json.loads(unseal(kept.body, _PURPOSE))
            return Response(said, kept.status, headers={"Idempotency-Replayed": "true"})
        response = act()
        kept.status = response.status_code
        kept.body = seal(JSONRenderer().render(response.data).decode(), _PURPOSE)
        kept.save(update_fields=["status", "body"])
        return response


def forget() -> int:
    """Deletes replies that have been kept long enough; gives how many."""
    return KeptReply.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _fingerprint(request: Request) -> str:
    asked = f"{request.method} {request.get_full_path()}\0".encode()
    return hashlib.sha256(asked + request._request.body).hexdigest()
