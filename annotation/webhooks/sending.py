"""Sending what waits: each delivery is tried until it is received, further and further apart, for a day."""

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from ..audit import record
from ..models import Delivery, Project, User, Webhook
from ..sealing import CannotOpen
from .reaching import TIMEOUT, Unreachable, post
from .registry import secrets_of
from .signing import headers

# Seconds until the next attempt, after the first, the second …; a day in all. Then it has failed.
WAITS = (10, 60, 300, 900, 3600, 7200, 14400, 28800, 32400)
LEASE = timedelta(seconds=3 * TIMEOUT)
KEPT = timedelta(days=30)
A_PASS = 500  # deliveries; the next look takes what is left
_State = Delivery.State


def due() -> list[int]:
    """Webhooks that something waits for and is due."""
    waiting = Delivery.objects.filter(state=_State.WAITING, next_attempt_at__lte=timezone.now())
    return list(waiting.filter(webhook__paused_at=None).values_list("webhook", flat=True).distinct())


def deliver(webhook: Webhook) -> int:
    """Sends what is due, the oldest first; gives how many were received. Ends at the first that was not: an
    address that is down is not asked again and again for each of a thousand."""
    received = 0
    while received < A_PASS and (delivery := _next(webhook)):
        if not _attempt(webhook, delivery):
            break
        received += 1
    return received


def resend(project: Project, delivery_id: int, by: User) -> Delivery:
    """Has a delivery sent again from now on, received or failed before. Raises Delivery.DoesNotExist."""
    with transaction.atomic():
        rows = Delivery.objects.select_related("webhook").select_for_update(of=("self",))
        delivery = rows.get(webhook__project=project, pk=delivery_id)
        before = {"state": delivery.state, "attempts": delivery.attempts}
        delivery.state, delivery.attempts, delivery.next_attempt_at = _State.WAITING, 0, timezone.now()
        delivery.save(update_fields=["state", "attempts", "next_attempt_at"])
        after = {"state": delivery.state, "kind": delivery.kind, "event": str(delivery.event)}
        record(project, by, "resend", delivery.webhook.url, before=before, after=after)
    return delivery


def forget() -> int:
    """Deletes what was received or has failed long ago; gives how many."""
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(state=_State.WAITING)
    return old.delete()[0]


def _next(webhook: Webhook) -> Delivery | None:
    """Takes the oldest that is due: it is due again when whoever took it has died."""
    now = timezone.now()
    waiting = Delivery.objects.filter(webhook=webhook, state=_State.WAITING, next_attempt_at__lte=now)
    with transaction.atomic():
        found = waiting.select_for_update(skip_locked=True).order_by("next_attempt_at", "pk").first()
        if found:
            found.attempts += 1
            found.next_attempt_at = now + LEASE
            found.save(update_fields=["attempts", "next_attempt_at"])
    return found


def _attempt(webhook: Webhook, delivery: Delivery) -> bool:
    """Sends one; whether it was received."""
    body, status, error = delivery.body.encode(), None, ""
    try:
        signed = headers(secrets_of(webhook), str(delivery.event), int(time.time()), body)
        status = post(webhook.url, body, signed)
    except Unreachable as problem:
        error = str(problem)
    except CannotOpen:
        error = "the secret cannot be opened: make a new one"
    received = status is not None and 200 <= status < 300
    if status is not None and not received:
        error = f"answered {status}"
    _note(delivery, received, status, error)
    return received


def _note(delivery: Delivery, received: bool, status: int | None, error: str) -> None:
    now = timezone.now()
    values: dict[str, object] = {"status": status, "error": error[:100]}
    if received:
        values |= {"state": _State.DELIVERED, "delivered_at": now, "next_attempt_at": None}
    elif delivery.attempts > len(WAITS):
        values |= {"state": _State.FAILED, "next_attempt_at": None}
    else:
        values["next_attempt_at"] = now + timedelta(seconds=WAITS[delivery.attempts - 1])
    # Somebody who had it sent again meanwhile is not undone: its attempts begin anew.
    Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=_State.WAITING).update(**values)
