"""Webhooks over the API, and the log of what they were sent."""

from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from .. import webhooks as registry
from ..models import Delivery, Project, User, Webhook
from ..permissions import project_for
from .describing import reads, taken, writes
from .hints import Must
from .paging import asked_by, page
from .problems import Unprocessable

Kind = Literal["label.submitted", "comparison.finished", "release.ready"]
State = Literal["waiting", "delivered", "failed"]


class WebhookWanted(TypedDict):
    """An https address, and the events it is told."""

    url: Annotated[str, Must(maxLength=500)]
    kinds: Annotated[list[Kind], Must(minItems=1, uniqueItems=True)]


class WebhookShape(TypedDict):
    """A webhook. Its `secret` is there once: when it is made, or given another."""

    number: int
    url: str
    kinds: list[str]
    created_at: datetime
    paused_at: datetime | None
    secret: NotRequired[str]


class WebhookAct(TypedDict):
    """`rotate` gives another secret; the old one signs beside it for a day."""

    act: Literal["pause", "resume", "rotate", "remove"]


class DeliveryShape(TypedDict):
    """One event for one webhook, and how its sending went."""

    number: int
    webhook: int
    event: UUID
    kind: str
    state: str
    attempts: int
    status: int | None
    error: str
    next_attempt_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None


@reads(WebhookShape, paged=100)
def webhooks(request: Request, slug: str) -> Any:
    """Webhooks of the project."""
    project = project_for(request.user, slug, "manage").project
    return page(request, Webhook.objects.filter(project=project), _webhook_shape)


@writes(WebhookWanted, WebhookShape, status=201)
def new_webhook(request: Request, slug: str) -> WebhookShape:
    """Has an address told of events. The secret in the reply is shown once."""
    project = project_for(request.user, slug, "manage").project
    body = taken(request, WebhookWanted)
    try:
        made, secret = registry.add(project, cast("User", request.user), body["url"], body["kinds"])
    except registry.WebhookError as error:
        raise Unprocessable("url", str(error)) from error
    return {**_webhook_shape(made), "secret": secret}


@writes(WebhookAct, WebhookShape)
def act_on_webhook(request: Request, slug: str, webhook_id: int) -> WebhookShape:
    """Pauses, resumes, removes a webhook, or gives it another secret."""
    project = project_for(request.user, slug, "manage").project
    webhook, by = _webhook(project, webhook_id), cast("User", request.user)
    act = taken(request, WebhookAct)["act"]
    if act == "rotate":
        return {"secret": registry.rotate(webhook, by), **_webhook_shape(webhook)}
    shape = _webhook_shape(webhook)
    {"pause": registry.pause, "resume": registry.resume, "remove": registry.remove}[act](webhook, by)
    return {**shape, "paused_at": webhook.paused_at}


@reads(DeliveryShape, paged=200, query={"state": State, "webhook": Annotated[int, Must(minimum=1)]})
def deliveries(request: Request, slug: str) -> Any:
    """What webhooks were sent, the newest first."""
    project, asked = project_for(request.user, slug, "manage").project, asked_by(request)
    rows = Delivery.objects.filter(webhook__project=project).defer("body")
    if asked["state"] is not None:
        rows = rows.filter(state=asked["state"])
    if asked["webhook"] is not None:
        rows = rows.filter(webhook=asked["webhook"])
    return page(request, rows, _delivery_shape, newest=True)


@writes(None, DeliveryShape, status=202)
def resend_delivery(request: Request, slug: str, delivery_id: int) -> DeliveryShape:
    """Has a delivery sent again, whatever came of it before."""
    project = project_for(request.user, slug, "manage").project
    try:
        return _delivery_shape(registry.resend(project, delivery_id, cast("User", request.user)))
    except Delivery.DoesNotExist as error:
        raise NotFound("No such delivery") from error


def _webhook(project: Project, webhook_id: int) -> Webhook:
    return get_object_or_404(Webhook.objects.select_related("project"), project=project, pk=webhook_id)


def _webhook_shape(found: Webhook) -> WebhookShape:
    return {
        "number": found.pk,
        "url": found.url,
        "kinds": found.kinds,
        "created_at": found.created_at,
        "paused_at": found.paused_at,
    }


def _delivery_shape(found: Delivery) -> DeliveryShape:
    return {
        "number": found.pk,
        "webhook": found.webhook_id,
        "event": found.event,
        "kind": found.kind,
        "state": found.state,
        "attempts": found.attempts,
        "status": found.status,
        "error": found.error,
        "next_attempt_at": found.next_attempt_at,
        "created_at": found.created_at,
        "delivered_at": found.delivered_at,
    }
