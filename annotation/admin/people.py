"""Accounts, roles, annotators and pools in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest

from ..models import Annotator, Membership, Pool, PoolMembership, User
from ..projects import touch
from .base import TableAdmin


class _LowerEmail:
    """Accounts are looked up by the address in lower case, so they are stored that way."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str | None:
        email = self.cleaned_data["email"]
        return email.lower() if email else None


class NewAccountForm(_LowerEmail, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "username", "name")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not (cleaned.get("email") or cleaned.get("username") or self.errors):
            raise forms.ValidationError("An account needs an e-mail address or a username.")
        return cleaned


class AccountForm(_LowerEmail, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(BaseUserAdmin):
    form = AccountForm
    add_form = NewAccountForm
    ordering = ("email",)
    list_display = ("__str__", "email", "username", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "username", "name")
    readonly_fields = ("date_joined", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "username", "name", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "username", "name", "usable_password", "password1", "password2")}),
    )


@admin.register(Membership)
class MembershipAdmin(TableAdmin):
    fixed = ("project", "user")
    list_display = ("project", "user", "role", "created_at")
    list_select_related = ("project", "user")
    list_filter = ("role",)
    raw_id_fields = ("user",)
    readonly_fields = ("annotator", "created_at")
    search_fields = ("user__email", "project__slug")


@admin.register(Annotator)
class AnnotatorAdmin(TableAdmin):
    """Made by membership, import or a judge's set-up; whoever it is does not change, the name may."""

    adds = deletes = False
    list_display = ("name", "kind", "project", "created_at")
    list_select_related = ("project",)
    list_filter = ("kind",)
    fields = ("name", "kind", "project", "user", "external_id", "judge_version", "created_at")
    readonly_fields = fields[1:]
    search_fields = ("name", "external_id__exact", "project__slug__exact")


@admin.register(Pool)
class PoolAdmin(TableAdmin):
    deletes = False
    fixed = ("project",)
    list_display = ("name", "project", "labels_wanted", "default", "adjudicates")
    list_select_related = ("project",)
    search_fields = ("name", "project__slug")


class PoolMembershipForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        pool, annotator = cleaned.get("pool"), cleaned.get("annotator")
        if pool and annotator and pool.project_id != annotator.project_id:
            raise forms.ValidationError("The pool and the annotator belong to different projects.")
        return cleaned


@admin.register(PoolMembership)
class PoolMembershipAdmin(TableAdmin):
    """Who is in which pool is cached by the project's revision."""

    form = PoolMembershipForm
    fixed = ("pool", "annotator")
    list_display = ("pool", "annotator")
    list_select_related = ("pool", "annotator")
    raw_id_fields = ("pool", "annotator")
    search_fields = ("pool__name", "annotator__name")

    def save_model(self, request: HttpRequest, obj: PoolMembership, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        touch(obj.pool.project)

    def delete_model(self, request: HttpRequest, obj: PoolMembership) -> None:
        super().delete_model(request, obj)
        touch(obj.pool.project)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PoolMembership]) -> None:
        for membership in queryset.select_related("pool__project"):
            self.delete_model(request, membership)
