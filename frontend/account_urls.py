"""Addresses of accounts: ours first, django-allauth's others behind them under the names that it knows."""

from allauth.account.urls import urlpatterns as account_patterns
from allauth.urls import build_provider_urlpatterns
from django.urls import include, path

from .views import account, joining, mine

ours = [
    path("sign-in/", account.sign_in, name="account_login"),
    path("sign-out/", account.sign_out, name="account_logout"),
    path("account/signup/", account.sign_up, name="account_signup"),
    path("account/email/", account.addresses, name="account_email"),
    path("account/password/reset/", account.password_reset, name="account_reset_password"),
]
OURS = {pattern.name for pattern in ours}

urlpatterns = [
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("join/", joining.join, name="join"),
    path("join/<str:token>/", joining.invited, name="invited"),
    path("account/", mine.account, name="account"),
    path("account/data.json", mine.download, name="account-data"),
    path("account/erase/", mine.erase, name="account-erase"),
    *ours,
    path("account/", include([one for one in account_patterns if one.name not in OURS])),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("account/sso/", include("allauth.socialaccount.urls")),
    *build_provider_urlpatterns(),
]
