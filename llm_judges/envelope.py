"""Reads the body of a 200, which may be anything: a gateway's HTML page, an error in JSON, a completion."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from annotation.models import JudgeCall

from .prices import Usage
from .verdicts import Token, clean

State = JudgeCall.State
MAX_REPLY = 100_000
MAX_TOKENS = 10**8  # a larger count is nonsense and counts as not reported
MAX_TOP = 20
MAX_VECTOR = 20_000
LEAST_LOGPROB = -9999.0  # what providers say where it is none
NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one HTTP request.

    `state` is one of JudgeCall.State; `ok` means that a complete text came back, not yet that it can be read.
    `completed`: the endpoint made a completion, so it will charge for it. `fatal`: no other request can
    succeed either (wrong key, unknown model, quota used up). `rejected`: the endpoint did not like this very
    request. `retry_after`: seconds that it asks us to wait. `tokens`: those of `text` with their likeliest
    alternatives, where it was asked for them and gave them. `choices`: how many texts came with it.
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


def decoded(content: bytes) -> Any:
    """The body as JSON says it, None where it is none."""
    try:
        return orjson.loads(content)
    except ValueError:
        pass
    try:
        return json.loads(content)  # takes lone surrogates too
    except (ValueError, RecursionError):
        return None


def heard(answer: Any) -> list[Reply]:
    """The replies in a decoded body (None where it was no JSON), one for each choice, at least one.

    What the body reports of tokens is that of all choices together: the first has the input, which was read
    once, and each its part of the output.
    """
    if not isinstance(answer, Mapping):
        return [Reply(State.TRANSPORT_ERROR, "the endpoint did not answer in the chat format")]
    given = answer.get("choices")
    choices = [choice for choice in given if _has_message(choice)] if isinstance(given, list) else []
    if not choices:
        return [_without_choice(answer.get("error"))]
    usages = _shared(_usage(answer.get("usage")), len(choices))
    replies = [_reply(answer, choice, usage) for choice, usage in zip(choices, usages, strict=True)]
    return [replace(reply, choices=len(replies)) for reply in replies]


def embedded(answer: Any, number: int) -> tuple[Reply, list[list[float]]]:
    """The reply in a decoded body of `/embeddings`, and its vectors in the order of the texts; exactly
    `number` of finite numbers, or none and a state that says why."""
    if not isinstance(answer, Mapping):
        return Reply(State.TRANSPORT_ERROR, "the endpoint did not answer in the format of embeddings"), []
    given = answer.get("data")
    if not isinstance(given, list):
        return _without_choice(answer.get("error")), []
    usage = _usage(answer.get("usage"))
    made = Reply(
        State.OK,
        model=clean(str(answer.get("model") or ""))[:200],
        usage=replace(usage, output=0),
        completed=True,
    )
    found = {one.get("index", place): one.get("embedding") for place, one in enumerate(given) if _is_map(one)}
    vectors = [found.get(place) for place in range(number)]
    if not all(map(_is_vector, vectors)):
        reason = "an embedding is missing or no list of numbers"
        return replace(made, state=State.UNPARSABLE, reason=reason), []
    return made, [list(map(float, vector)) for vector in vectors if vector]


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_vector(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= MAX_VECTOR
        and all(type(one) in (int, float) and math.isfinite(one) for one in value)
    )


def _has_message(choice: Any) -> bool:
    return isinstance(choice, Mapping) and isinstance(choice.get("message"), Mapping)


def _reply(answer: Mapping[str, Any], choice: Mapping[str, Any], usage: Usage) -> Reply:
    text = _text(choice["message"])
    finish = str(choice.get("finish_reason") or "")
    state, reason = _judged(text, finish, choice["message"].get("refusal"))
    return Reply(
        state,
        clean(reason)[:500],
        text=clean(text[:MAX_REPLY]),
        model=clean(str(answer.get("model") or ""))[:200],
        fingerprint=clean(str(answer.get("system_fingerprint") or ""))[:100],
        finish=clean(finish)[:40],
        usage=usage,
        tokens=_tokens(choice.get("logprobs")),
        completed=True,
    )


def _shared(usage: Usage, choices: int) -> list[Usage]:
    """The tokens of a request as those of its choices, which add up to them."""
    if choices == 1:
        return [usage]
    outputs = _parts(usage.output, choices)
    reasoning = _parts(usage.reasoning, choices)
    first = Usage(usage.input, outputs[0], usage.cached, reasoning[0] or 0)
    return [first, *(Usage(0, outputs[n], 0, reasoning[n] or 0) for n in range(1, choices))]


def _parts(number: int | None, parts: int) -> list[int | None]:
    if number is None:
        return [None] * parts
    return [number // parts + (place < number % parts) for place in range(parts)]


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
                clean(str(entry["token"])),
                [(clean(str(top["token"])), _logprob(top)) for top in entry["top_logprobs"][:MAX_TOP]],
            )
            for entry in content
        ]
    except (KeyError, TypeError, ValueError):
        return ()


def _logprob(top: Mapping[str, Any]) -> float:
    """A number that JSON can hold. Raises ValueError for none at all."""
    found = float(top["logprob"])
    if math.isnan(found):
        raise ValueError("not a number")
    return max(LEAST_LOGPROB, min(0.0, found))
