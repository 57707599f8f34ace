"""What programs need of a project: tokens, webhooks, and the log of what these were sent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation import tokens, webhooks
from annotation.models import Delivery, Token, User, Webhook
from annotation.permissions import Access, project_for

from ..forms import number
from ..short_forms import TokenForm, WebhookForm
from .signed_in import SignedInRequest, signed_in

SHOWN = 200
A_PAGE = 100


@signed_in
@require_safe
def programs(request: SignedInRequest, slug: str) -> HttpResponse:
    """Tokens and webhooks, with a form for a new one of each."""
    access = project_for(request.user, slug, "manage")
    return render(request, "frontend/programs/page.html", _context(access))


@signed_in
@require_POST
def token_new(request: SignedInRequest, slug: str) -> HttpResponse:
    """Makes a token and shows it, this once: it is kept nowhere, so there is no page to lead to."""
    access = project_for(request.user, slug, "manage")
    form = TokenForm(tokens.roles_for(access), request.POST)
    if form.is_valid():
        name, role, days = (form.cleaned_data[key] for key in ("name", "role", "days"))
        ends = timezone.now() + timedelta(days=days) if days else None
        try:
            _token, secret = tokens.issue(access, name, role, ends)
        except tokens.TokenError as error:
            form.blame(error)
        else:
            return _shown(request, access, "token", name, secret)
    context = _context(access) | {"token_form": form}
    return render(request, "frontend/programs/page.html", context, status=422)


@signed_in
@require_POST
def token_revoke(request: SignedInRequest, slug: str, token_id: int) -> HttpResponse:
    """Ends a token at once."""
    access = project_for(request.user, slug, "manage")
    try:
        revoked = tokens.revoke(access.project, token_id, request.user)
    except Token.DoesNotExist:
        raise Http404("No such token") from None
    messages.success(request, _("%(name)s is revoked.") % {"name": revoked.name})
    return redirect("programs", slug)


@signed_in
@require_POST
def webhook_new(request: SignedInRequest, slug: str) -> HttpResponse:
    """Makes a webhook and shows its secret, this once."""
    access = project_for(request.user, slug, "manage")
    form = WebhookForm(Webhook.Kind.values, request.POST)
    if form.is_valid():
        url = form.cleaned_data["url"]
        try:
            _webhook, secret = webhooks.add(access.project, request.user, url, form.cleaned_data["kinds"])
        except webhooks.WebhookError as error:
            form.blame(error)
        else:
            return _shown(request, access, "secret", url, secret)
    context = _context(access) | {"webhook_form": form}
    return render(request, "frontend/programs/page.html", context, status=422)


@signed_in
@require_POST
def webhook_act(request: SignedInRequest, slug: str, webhook_id: int) -> HttpResponse:
    """Pauses, resumes or removes a webhook, or gives it another secret and shows that once."""
    access = project_for(request.user, slug, "manage")
    rows = Webhook.objects.select_related("project")
    webhook = get_object_or_404(rows, project=access.project, pk=webhook_id)
    act = request.POST.get("act", "")
    if act == "rotate":
        return _shown(request, access, "secret", webhook.url, webhooks.rotate(webhook, request.user))
    acts: dict[str, Callable[[Webhook, User], None]] = {
        "pause": webhooks.pause,
        "resume": webhooks.resume,
        "remove": webhooks.remove,
    }
    if act in acts:
        acts[act](webhook, request.user)
    return redirect("programs", slug)


@signed_in
@require_safe
def deliveries(request: SignedInRequest, slug: str) -> HttpResponse:
    """What webhooks were sent, the newest first; `before` continues behind a row."""
    access = project_for(request.user, slug, "manage")
    found = Delivery.objects.filter(webhook__project=access.project).select_related("webhook").defer("body")
    failed = request.GET.get("state") == "failed"
    if failed:
        found = found.filter(state=Delivery.State.FAILED)
    if (before := number(request.GET.get("before"))) is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: A_PAGE + 1])
    context = {
        "access": access,
        "project": access.project,
        "section": "programs",
        "rows": rows[:A_PAGE],
        "failed": failed,
        "next": rows[A_PAGE - 1].pk if len(rows) > A_PAGE else None,
    }
    return render(request, "frontend/programs/deliveries.html", context)


@signed_in
@require_POST
def delivery_resend(request: SignedInRequest, slug: str, delivery_id: int) -> HttpResponse:
    """Has a delivery sent again."""
    access = project_for(request.user, slug, "manage")
    try:
        webhooks.resend(access.project, delivery_id, request.user)
    except Delivery.DoesNotExist:
        raise Http404("No such delivery") from None
    messages.success(request, _("It will be sent again in a moment."))
    return redirect("deliveries", slug)


def _shown(request: SignedInRequest, access: Access, what: str, name: str, secret: str) -> HttpResponse:
    """The page with a secret that it never has again."""
    shown = {"what": what, "name": name, "secret": secret}
    return render(request, "frontend/programs/page.html", _context(access) | {"shown": shown})


def _context(access: Access) -> dict[str, Any]:
    project = access.project
    return {
        "access": access,
        "project": project,
        "section": "programs",
        "tokens": list(tokens.tokens_of(project)[:SHOWN]),
        "token_form": TokenForm(tokens.roles_for(access)),
        "webhook_form": WebhookForm(Webhook.Kind.values),
        "webhooks": list(Webhook.objects.filter(project=project)),
        "now": timezone.now(),
    }
