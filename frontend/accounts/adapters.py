"""What django-allauth asks of the site: who may have an account, where they go next, how secrets rest."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from annotation.models import User
from llm_judges.keys import seal, unseal

from .invited import has_invitation

_MISMATCH = gettext_lazy("This name and password do not belong together. Try again.")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation; whoever follows one comes back to it."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _MISMATCH,
        "username_password_mismatch": _MISMATCH,
        "account_inactive": gettext_lazy("This account is closed."),
        "incorrect_password": gettext_lazy("That is not your password. Try again."),
        "too_many_login_attempts": gettext_lazy("Too many tries. Wait some minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return has_invitation(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("join") if has_invitation(request) else str(super().get_login_redirect_url(request))

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("join") if has_invitation(request) else str(super().get_signup_redirect_url(request))

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Nobody gets a username they have not chosen."""
        user.username = user.username or None

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.name = form.cleaned_data.get("name", "")
        return super().save_user(request, user, form, commit)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Accounts of the single sign-on: by invitation, or for everybody whom the provider knows."""

    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "email_taken": gettext_lazy(
            "An account has this address. Sign in to it, then connect %s there, under Account."
        ),
        "no_password": gettext_lazy("Set a password first, or nothing would sign you in."),
        "no_verified_email": gettext_lazy("Verify an e-mail address first, or nothing would sign you in."),
        "disconnect_last": gettext_lazy("It is the last one that signs you in."),
    }

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return settings.OIDC_SIGN_UP or has_invitation(request)

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        user.name = (data.get("name") or "")[:150]
        return user


class MfaAdapter(DefaultMFAAdapter):
    """Second factors rest encrypted, under a key of their own derived from TANDEM_SECRET_KEY."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": gettext_lazy("Take the second factor off before you add an address."),
        "cannot_delete_authenticator": gettext_lazy("The app cannot be taken off."),
        "cannot_generate_recovery_codes": gettext_lazy("Set up an authenticator app first."),
        "incorrect_code": gettext_lazy("This code does not fit. Try the newest one."),
        "unverified_email": gettext_lazy("Verify your e-mail address first."),
    }

    _PURPOSE = "https://second-factor.invalid"

    def encrypt(self, text: str) -> str:
        return seal(text, self._PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, self._PURPOSE)
