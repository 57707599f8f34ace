"""What an endpoint says when it does not answer with a completion, as a state of the call.

Providers share the status codes, and of what they say in words only the few that name a cause are read.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from annotation.models import JudgeCall

from .envelope import Reply, decoded

State = JudgeCall.State
LONGEST_WAIT = 7 * 24 * 3600.0  # seconds; nobody means to say more with Retry-After
_TOO_LONG = ("context_length", "context length", "maximum context", "too many tokens", "prompt is too long")
_QUOTA = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "credit_balance")


def refused(response: httpx2.Response) -> Reply:
    """What a response that is no success says: its state, the provider's words, how long to wait."""
    said, code = _words(response)
    return replace(of_status(response.status_code, code, said), retry_after=_retry_after(response))


def of_status(status: int, code: str, said: str) -> Reply:
    """The state that a status other than 200 stands for; `code` is the provider's own, in small letters."""
    words = f"HTTP {status}: {said}"
    if status == 402 or (status == 429 and any(mark in code for mark in _QUOTA)):
        return Reply(State.RATE_LIMITED, words, fatal=True)
    if status == 429:
        return Reply(State.RATE_LIMITED, words)
    if status in (401, 403, 404):
        return Reply(State.TRANSPORT_ERROR, words, fatal=True)
    if status in (400, 413, 422):
        if "content_filter" in code:
            return Reply(State.REFUSED, words)
        if status == 413 or any(mark in code or mark in said.lower() for mark in _TOO_LONG):
            return Reply(State.INVALID_INPUT, words)
        return Reply(State.TRANSPORT_ERROR, words, rejected=True)
    return Reply(State.TRANSPORT_ERROR, words)


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds that the endpoint asks us to wait: `retry-after-ms`, `retry-after` in seconds or as a date."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = str(response.headers.get(name) or "")
        try:
            seconds = float(text) / unit
        except ValueError:
            continue
        if seconds >= 0:  # False for not-a-number too
            return min(seconds, LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(str(response.headers.get("retry-after") or ""))
    except ValueError:
        return None
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), LONGEST_WAIT)


def _words(response: httpx2.Response) -> tuple[str, str]:
    """The provider's own message, or all that it said, on one line; and its code for what is the matter."""
    body = decoded(response.content)
    error = body.get("error", body) if isinstance(body, Mapping) else None
    found = error if isinstance(error, Mapping) else {}
    said = found.get("message") or error or response.text[:1000] or response.reason_phrase
    return " ".join(str(said).split()), str(found.get("code") or "").lower()
