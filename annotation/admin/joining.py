"""How people came in, what they told of themselves, and responses that say who wrote them, in the admin."""

from django.contrib import admin

from ..models import CrowdLink, IdentityLeak, Invitation, Participation, ProfileAnswer
from .base import ReadOnlyAdmin

# All are made, closed and decided on their pages, where every act is logged.


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("name", "project", "role", "pool", "taken", "places", "expires_at", "closed_at")
    list_select_related = ("project", "pool")
    exclude = ("token_hash",)
    search_fields = ("name", "project__slug__exact")


@admin.register(CrowdLink)
class CrowdLinkAdmin(ReadOnlyAdmin):
    list_display = ("name", "project", "pool", "taken", "places", "expires_at", "closed_at")
    list_select_related = ("project", "pool")
    exclude = ("token_hash",)
    search_fields = ("name", "project__slug__exact")


@admin.register(Participation)
class ParticipationAdmin(ReadOnlyAdmin):
    list_display = ("annotator", "link", "state", "started_at", "ended_at")
    list_select_related = ("annotator", "link")
    list_filter = ("state",)
    search_fields = ("annotator__external_id__exact",)


@admin.register(ProfileAnswer)
class ProfileAnswerAdmin(ReadOnlyAdmin):
    list_display = ("annotator", "question", "answer", "created_at")
    list_select_related = ("annotator",)
    search_fields = ("question__exact",)


@admin.register(IdentityLeak)
class IdentityLeakAdmin(ReadOnlyAdmin):
    list_display = ("response", "project", "state", "created_at")
    list_select_related = ("response", "project")
    list_filter = ("state",)
    search_fields = ("project__slug__exact",)
