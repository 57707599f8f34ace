"""One request to an OpenAI-compatible endpoint. The only module that imports openai.

Nothing here raises for a fault of the other side: every outcome is a Reply with a state.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import openai
from openai.types.chat import ChatCompletion

from annotation.models import JudgeCall

from ..models import Judge
from .verdicts import clean

State = JudgeCall.State
MAX_RETRIES = 2  # the client library's own: it honours Retry-After and backs off with jitter
MAX_WAIT = 60  # seconds; the client library follows no Retry-After beyond it
MAX_REPLY = 100_000
MAX_TOKENS = 10**8  # a larger count is nonsense and counts as not reported
SAMPLING = ("temperature", "max_tokens")
NO_KEY = "none"  # the library insists on one
# Not a state of calls: the endpoint did not like the request itself, perhaps its schema.
_REJECTED = "rejected"
_TOO_LONG = ("context_length", "context length", "maximum context", "too many tokens")


class KeyMissing(ValueError):
    """The environment variable that should hold the judge's key is not set."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request.

    `state` is one of JudgeCall.State; `ok` means that a complete text came back, not yet that it can be read.
    `completed`: the endpoint made a completion, so it will charge for it. `fatal`: no other request can
    succeed either (wrong key, unknown model, quota used up). `rejected`: the endpoint did not like this very
    request, with and without a schema. Token counts are null where not reported or absurd.
    """

    state: str
    reason: str = ""
    text: str = ""
    model: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    latency_ms: int = 0
    attempts: int = 1
    completed: bool = False
    fatal: bool = False
    rejected: bool = False


@dataclass(slots=True)
class Client:
    """A judge's endpoint, model and sampling settings. Safe to share between threads."""

    endpoint: openai.OpenAI
    model: str
    sampling: Mapping[str, Any]
    structured: bool = True  # falls once the endpoint has shown that it cannot

    def ask(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> Reply:
        """Sends one chat and gives what came of it; never raises for a remote fault.

        An endpoint that refuses a JSON schema (HTTP 400 or 422) is asked once more for plain text, which the
        prompt says must be JSON. If that works, it is asked that way from then on.
        """
        begun = time.monotonic()
        structured = self.structured
        reply = self._send(messages, schema if structured else None)
        if reply.state == _REJECTED and structured:
            plain = self._send(messages, None)
            if plain.state == State.OK:
                self.structured = False
            reply = replace(plain, attempts=reply.attempts + plain.attempts)
        if reply.state == _REJECTED:
            reply = replace(reply, state=State.TRANSPORT_ERROR, rejected=True)
        return replace(reply, latency_ms=round((time.monotonic() - begun) * 1000))

    def _send(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any] | None) -> Reply:
        options: dict[str, Any] = dict(self.sampling)
        if schema is not None:
            options["response_format"] = {"type": "json_schema", "json_schema": schema}
        try:
            raw = self.endpoint.chat.completions.with_raw_response.create(
                model=self.model,
                messages=messages,  # type: ignore[arg-type]
                **options,
            )
            return replace(_heard(raw.parse()), attempts=raw.retries_taken + 1)
        except Exception as error:  # bodies are not validated, so the library itself may stumble over one
            return self._failed(error)

    def _failed(self, error: Exception) -> Reply:
        state, words, fatal = _diagnosis(error)
        if (key := self.endpoint.api_key) != NO_KEY:
            words = words.replace(key, "***")
        request = getattr(error, "request", None)
        retries = request.headers.get("x-stainless-retry-count", "0") if request is not None else "0"
        return Reply(state, clean(words)[:500], attempts=int(retries) + 1, fatal=fatal)


def connect(judge: Judge) -> Client:
    """The client of a judge, shared by everything in this process that asks the same endpoint alike.

    Raises KeyMissing when the judge names an environment variable that is not set.
    """
    key = os.environ.get(judge.api_key_env, "") if judge.api_key_env else NO_KEY
    if not key:
        raise KeyMissing(f"the environment variable {judge.api_key_env} is not set")
    settings = judge.version.settings
    sampling = tuple((name, settings[name]) for name in SAMPLING if settings.get(name) is not None)
    return _connect(judge.base_url, key, judge.version.model, judge.timeout_seconds, sampling)


@lru_cache(maxsize=64)
def _connect(
    base_url: str, key: str, model: str, timeout: int, sampling: tuple[tuple[str, Any], ...]
) -> Client:
    endpoint = openai.OpenAI(
        api_key=key,
        base_url=base_url,
        organization=None,
        project=None,
        max_retries=MAX_RETRIES,
        timeout=openai.Timeout(timeout, connect=5.0),
    )
    # The library fills these from the environment, which may belong to another provider.
    endpoint.organization = endpoint.project = None
    return Client(endpoint, model, dict(sampling))


def _heard(answer: Any) -> Reply:
    """Reads a 200, which may be anything: a gateway's HTML page, an error in JSON, a completion."""
    if not isinstance(answer, ChatCompletion):
        return Reply(State.TRANSPORT_ERROR, "the endpoint did not answer in the chat format")
    if not answer.choices:
        state, reason = _error_in_answer(getattr(answer, "error", None))
        return Reply(state, clean(reason)[:500])
    choice = answer.choices[0]
    content, refusal = choice.message.content, choice.message.refusal
    text = content if isinstance(content, str) else ""
    if refusal or choice.finish_reason == "content_filter":
        state, reason = State.REFUSED, str(refusal or "stopped by the provider's content filter")
    elif choice.finish_reason == "length":
        state, reason = State.TRUNCATED, "the reply was cut off at the output limit (max_tokens)"
    elif not text.strip():
        state, reason = State.UNPARSABLE, "the reply is empty"
    elif len(text) > MAX_REPLY:
        state, reason = State.UNPARSABLE, f"the reply is longer than {MAX_REPLY} characters"
    else:
        state, reason = State.OK, ""
    return Reply(
        state,
        clean(reason)[:500],
        text=clean(text[:MAX_REPLY]),
        model=clean(str(answer.model or ""))[:200],
        input_tokens=_count(answer.usage, "prompt_tokens"),
        output_tokens=_count(answer.usage, "completion_tokens"),
        completed=True,
    )


def _count(usage: Any, name: str) -> int | None:
    number = getattr(usage, name, None)
    return number if type(number) is int and 0 <= number <= MAX_TOKENS else None


def _error_in_answer(error: Any) -> tuple[str, str]:
    if not isinstance(error, Mapping):
        return State.TRANSPORT_ERROR, "the endpoint answered without a choice"
    limited = error.get("code") in (429, "429", "rate_limit_exceeded")
    state = State.RATE_LIMITED if limited else State.TRANSPORT_ERROR
    return state, f"the endpoint answered with an error: {error.get('message') or error}"


def _diagnosis(error: Exception) -> tuple[str, str, bool]:
    """(state, reason, fatal) of an exception from the client library."""
    if isinstance(error, openai.APIStatusError):
        status, words = error.status_code, _words(error)
        if isinstance(error, openai.RateLimitError):
            return State.RATE_LIMITED, f"HTTP 429: {words}", error.code == "insufficient_quota"
        if isinstance(
            error, openai.AuthenticationError | openai.PermissionDeniedError | openai.NotFoundError
        ):
            return State.TRANSPORT_ERROR, f"HTTP {status}: {words}", True
        if isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
            return _rejection(error, f"HTTP {status}: {words}"), f"HTTP {status}: {words}", False
        return State.TRANSPORT_ERROR, f"HTTP {status}: {words}", False
    if isinstance(error, openai.APITimeoutError):
        return State.TRANSPORT_ERROR, "no answer in time", False
    if isinstance(error, openai.APIConnectionError):
        return State.TRANSPORT_ERROR, f"no connection: {error.__cause__ or error}", False
    return State.TRANSPORT_ERROR, f"the answer could not be read: {type(error).__name__}: {error}", False


def _rejection(error: openai.APIStatusError, words: str) -> str:
    code = str(error.code or "").lower()
    if "content_filter" in code:
        return State.REFUSED
    if any(mark in code or mark in words.lower() for mark in _TOO_LONG):
        return State.INVALID_INPUT
    return _REJECTED


def _words(error: openai.APIStatusError) -> str:
    """The provider's own message where there is one, on one line."""
    body = error.body
    message = body.get("message") if isinstance(body, Mapping) else None
    return " ".join(str(message or error.message).split())
