"""How often a caller may call: counted by token, or by account for those who are signed in."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


def caller_of(request: Request) -> str:
    """The token or account that calls, as text."""
    return f"token-{request.auth.pk}" if request.auth else f"user-{request.user.pk}"


class CallerThrottle(SimpleRateThrottle):
    """`TANDEM_API_RATE` calls a caller, such as 600/min. Answers 429 with Retry-After beyond that."""

    scope = "api"

    def get_rate(self) -> str:
        rate: str = settings.API_RATES[self.scope]
        return rate

    def get_cache_key(self, request: Request, view: object) -> str | None:
        return f"api-rate:{self.scope}:{caller_of(request)}" if request.user.is_authenticated else None


class HeavyThrottle(CallerThrottle):
    """`TANDEM_API_HEAVY_RATE`, for calls that keep a worker busy: imports, reports, releases, runs, plans."""

    scope = "heavy"
