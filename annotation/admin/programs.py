"""Tokens, kept replies and webhooks in the admin, to be looked at; no secret is in it."""

from django.contrib import admin

from ..models import Delivery, KeptReply, Token, Webhook
from .base import ReadOnlyAdmin


@admin.register(Token)
class TokenAdmin(ReadOnlyAdmin):
    list_display = ("name", "project", "user", "role", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("project", "user")
    search_fields = ("name", "project__slug__exact")
    exclude = ("digest",)


@admin.register(KeptReply)
class KeptReplyAdmin(ReadOnlyAdmin):
    list_display = ("caller", "key", "status", "created_at")
    search_fields = ("key__exact",)
    exclude = ("body",)


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    list_display = ("url", "project", "created_at", "paused_at")
    list_select_related = ("project",)
    search_fields = ("url", "project__slug__exact")
    exclude = ("secret", "old_secret")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("kind", "webhook", "state", "attempts", "status", "error", "created_at")
    list_select_related = ("webhook",)
    list_filter = ("state", "kind")
