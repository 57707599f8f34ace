"""The door of every page that needs an account."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from annotation.models import User
from annotation.permissions import Seat, seat_for


class SignedInRequest(HttpRequest):
    """A request whose user is known."""

    user: User
    htmx: HtmxDetails
    seat: Seat | None  # on `seated` pages


P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]


def signed_in(view: View[P]) -> Callable[Concatenate[Any, P], HttpResponseBase]:
    """Sends visitors to sign in first and back afterwards; what members see is kept in no cache.

    A partial request is answered with a redirect of the whole page: the sign-in page must never be swapped
    into the middle of another one.
    """

    @wraps(view)
    def wrapper(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            response = view(request, *args, **kwargs)
            add_never_cache_headers(response)
            return response
        if request.htmx:
            page = request.htmx.current_url_abs_path or request.get_full_path()
            return HttpResponseClientRedirect(redirect_to_login(page, resolve_url(settings.LOGIN_URL)).url)
        return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))

    return wrapper


def seated(view: Callable[Concatenate[SignedInRequest, str, P], HttpResponseBase]) -> Callable[..., Any]:
    """`signed_in` for the pages of one project that label: `request.seat` and `request.user` in one SQL
    statement. Wherever that leaves a doubt there is no seat, and Django itself says who this is."""
    inner = signed_in(view)

    @wraps(view)
    def wrapper(request: Any, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        user_pk = request.session.get(SESSION_KEY, "")
        seat = seat_for(int(user_pk), slug) if user_pk.isascii() and user_pk.isdigit() else None
        request.seat = seat if seat and _is_session_of(seat.user, request.session) else None
        if request.seat:
            request.user = request.seat.user
        return inner(request, slug, *args, **kwargs)

    return wrapper


# Of these, none looks an account up in a way of its own.
_BACKENDS = frozenset(
    {"django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"}
)


def _is_session_of(user: User, session: Any) -> bool:
    """True where `django.contrib.auth.get_user` would find this account and do nothing else: it is open, and
    the session was made with its present password and the present secret key."""
    return (
        session.get(BACKEND_SESSION_KEY) in _BACKENDS.intersection(settings.AUTHENTICATION_BACKENDS)
        and user.is_active
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    )
