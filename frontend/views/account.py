"""Sign in, sign up and out, by django-allauth behind our addresses; its other pages wear our templates."""

from typing import Any

from allauth.account.views import EmailView, LoginView, PasswordResetView, SignupView
from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from ..accounts.invited import invitation_of


class SignIn(LoginView):
    """Asks for the second factor where there is one, and is throttled by address and by name."""

    template_name = "frontend/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"invitation": invitation_of(self.request)}


class SignUp(SignupView):
    """Open to whoever holds an invitation."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"invitation": invitation_of(self.request)}


class Addresses(EmailView):
    """The addresses of an account; they are verified only where mail is sent."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        unverified = [one for one in context["emailaddresses"] if not one.verified]
        return context | {"sends_mail": settings.SENDS_MAIL, "may_verify": settings.SENDS_MAIL and unverified}


def password_reset(request: HttpRequest) -> HttpResponseBase:
    """Mails a link, or says who can help where no mail is sent."""
    if not settings.SENDS_MAIL:
        return render(request, "frontend/account/no_mail.html")
    return PasswordResetView.as_view()(request)


sign_in = SignIn.as_view()
sign_up = SignUp.as_view()
addresses = Addresses.as_view()
sign_out = LogoutView.as_view()
