"""Reads the body of a 200, which may be anything: a gateway's HTML page, an error in JSON, a completion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.models import JudgeCall

from .prices import Usage
from .verdicts import Token, clean

State = JudgeCall.State
MAX_REPLY = 100_000
MAX_TOKENS = 10**8  # a larger count is nonsense and counts as not reported
MAX_TOP = 20
NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one HTTP request.

    `state` is one of JudgeCall.State; `ok` means that a complete text came back, not yet that it can be read.
    `completed`: the endpoint made a completion, so it will charge for it. `fatal`: no other request can
    succeed either (wrong key, unknown model, quota used up). `rejected`: the endpoint did not like this very
    request. `retry_after`: seconds that it asks us to wait. `tokens`: those of `text` with their likeliest
    alternatives, where it was asked for them and gave them. `choices`: how many texts came; only the first is
    read.
    """

    state: str
    reason: str = ""
    text: str = ""
    model: str = ""
    fingerprint: str = ""
    request_id: str = ""
    finish: str = ""
    usage: Usage = NOTHING
    tokens: Sequence[Token] = ()
    choices: int = 0
    latency_ms: int = 0
    retry_after: float | None = None
    completed: bool = False
    fatal: bool = False
    rejected: bool = False


def heard(answer: Any) -> Reply:
    """The reply in a decoded body; None where it was no JSON."""
    if not isinstance(answer, Mapping):
        return Reply(State.TRANSPORT_ERROR, "the endpoint did not answer in the chat format")
    given = answer.get("choices")
    choices = given if isinstance(given, list) else []
    choice = choices[0] if choices else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        return _without_choice(answer.get("error"))
    text = _text(message)
    finish = str(choice.get("finish_reason") or "")
    state, reason = _judged(text, finish, message.get("refusal"))
    return Reply(
        state,
        clean(reason)[:500],
        text=clean(text[:MAX_REPLY]),
        model=clean(str(answer.get("model") or ""))[:200],
        fingerprint=clean(str(answer.get("system_fingerprint") or ""))[:100],
        finish=clean(finish)[:40],
        usage=_usage(answer.get("usage")),
        tokens=_tokens(choice.get("logprobs")),
        choices=len(choices),
        completed=True,
    )


def _judged(text: str, finish: str, refusal: Any) -> tuple[str, str]:
    if refusal or finish == "content_filter":
        return State.REFUSED, str(refusal or "stopped by the provider's content filter")
    if finish == "length":
        return State.TRUNCATED, "the reply was cut off at the output limit (max_tokens)"
    if not text.strip():
        return State.UNPARSABLE, "the reply is empty"
    if len(text) > MAX_REPLY:
        return State.UNPARSABLE, f"the reply is longer than {MAX_REPLY} characters"
    return State.OK, ""


def _without_choice(error: Any) -> Reply:
    if not error:
        return Reply(State.TRANSPORT_ERROR, "the endpoint answered without a choice")
    said, code = (
        (error.get("message") or error, error.get("code")) if isinstance(error, Mapping) else (error, "")
    )
    reason = clean(f"the endpoint answered with an error: {said}")[:500]
    if code == "insufficient_quota":
        return Reply(State.RATE_LIMITED, reason, fatal=True)
    limited = code in (429, "429", "rate_limit_exceeded")
    return Reply(State.RATE_LIMITED if limited else State.TRANSPORT_ERROR, reason)


def _text(message: Mapping[str, Any]) -> str:
    """The arguments of the function called, else the content, which some servers give in parts."""
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls and isinstance(calls[-1], Mapping):
        function = calls[-1].get("function")
        arguments = function.get("arguments") if isinstance(function, Mapping) else None
        if isinstance(arguments, str) and arguments.strip():
            return arguments
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, Mapping):
        return Usage()
    return Usage(
        _count(usage, "prompt_tokens"),
        _count(usage, "completion_tokens"),
        _count(usage.get("prompt_tokens_details"), "cached_tokens") or 0,
        _count(usage.get("completion_tokens_details"), "reasoning_tokens") or 0,
    )


def _count(usage: Any, name: str) -> int | None:
    number = usage.get(name) if isinstance(usage, Mapping) else None
    return number if type(number) is int and 0 <= number <= MAX_TOKENS else None


def _tokens(logprobs: Any) -> Sequence[Token]:
    """The tokens of the content with their likeliest alternatives; empty where anything of it is amiss."""
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    if not isinstance(content, list):
        return ()
    try:
        return [
            (
                str(entry["token"]),
                [(str(top["token"]), float(top["logprob"])) for top in entry["top_logprobs"][:MAX_TOP]],
            )
            for entry in content
        ]
    except (KeyError, TypeError, ValueError):
        return ()
