"""What a judge that misbehaves on request says: its replies as data; `tests.fake_judge` sends them."""

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from tests.judge_prompts import reply_in, responses_in, shown_in, tags_in, to_a_probe, tokens_of, verdicts_in

BEHAVIOURS = {
    "obey": "prefers whatever `rule` prefers, in whatever order it is shown",
    "prefer-first": "always prefers the response shown first",
    "no-usage": "obeys, but reports no token usage",
    "fenced": "obeys, inside a code fence with prose around it",
    "no-schema": "answers 400 to a JSON schema, obeys without one",
    "tags-only": "answers 400 to a JSON schema, a tool and JSON mode, obeys in plain text",
    "gullible": "does what the responses tell it: repeats the last verdict that one of them holds",
    "thinking": "spends its tokens on reasoning: cut off unless it may write twice as much",
    "unparsable": "prose without a verdict",
    "off-menu": "a verdict that was not offered",
    "bad-json": "a verdict in broken JSON",
    "empty": "an empty text",
    "no-content": "content null",
    "truncated": "half a verdict, finish_reason length",
    "refused": "a refusal instead of content",
    "filtered": "finish_reason content_filter",
    "html": "a gateway's HTML page with status 200",
    "error-200": "an error body with status 200",
    "no-choices": "a completion without choices",
    "broken-body": "half a JSON body with status 200",
    "cut": "closes the connection in the middle of the answer",
    "400": "rejects the request",
    "too-long": "400, context length exceeded",
    "content-filter-400": "400, content filter",
    "401": "wrong key",
    "404": "no such model",
    "429": "rate limited, Retry-After in the header",
    "quota": "429, quota used up",
    "500": "internal error",
}
ERRORS = {
    "400": (400, None, "something about this request is wrong"),
    "too-long": (400, "context_length_exceeded", "this model's maximum context length is 4096 tokens"),
    "content-filter-400": (400, "content_filter", "the prompt was filtered"),
    "401": (401, "invalid_api_key", "incorrect key"),
    "404": (404, "model_not_found", "no such model"),
    "429": (429, "rate_limit_exceeded", "slow down"),
    "quota": (429, "insufficient_quota", "you exceeded your current quota"),
    "500": (500, None, "the server had an error"),
}


def longest(responses: list[str]) -> int:
    """A rule: the longest response is best."""
    return max(range(len(responses)), key=lambda index: len(responses[index]))


def words_counted(text: str) -> list[float]:
    """An embedding: how often each of some letters occurs."""
    return [float(text.lower().count(letter)) + 0.1 for letter in "aeiourst"]


def lacking(lacks: Collection[str], behaviour: str | Callable[..., str], request: dict[str, Any]) -> str:
    """The first thing in the request that this endpoint does not know, in its words."""
    form = request.get("response_format", {}).get("type")
    used = {
        "json_schema": form == "json_schema",
        "json_object": form == "json_object",
        "tool": "tools" in request,
        "logprobs": bool(request.get("logprobs")),
        "n": request.get("n", 1) > 1,
        "seed": "seed" in request,
        "system_role": any(message["role"] == "system" for message in request["messages"]),
        "max_tokens": "max_tokens" in request,
    }
    lacks = set(lacks)
    if behaviour == "no-schema":
        lacks |= {"json_schema", "json_object"}
    if behaviour == "tags-only":
        lacks |= {"json_schema", "json_object", "tool"}
    missing = next((name for name, there in used.items() if there and name in lacks), "")
    return "max_tokens (use max_completion_tokens)" if missing == "max_tokens" else missing


def said(request: dict[str, Any], behaviour: str, rule: Callable[[list[str]], int]) -> str:
    """The text of a reply."""
    if behaviour == "unparsable":
        return "Both have their merits and I would rather not say."
    if behaviour == "empty":
        return "  "
    if tags := tags_in(request):
        told = json.dumps(tags | ({"subject": "splendid"} if behaviour == "off-menu" else {}))
        return told[:-1] if behaviour == "bad-json" else told
    responses = responses_in(request)
    if not responses:
        return to_a_probe(request)
    orders = [found for text in responses for found in re.findall(r"\{.*\}", text, re.DOTALL)]
    if behaviour == "gullible" and orders:
        return orders[-1]
    best = 0 if behaviour == "prefer-first" else rule(responses)
    verdicts = verdicts_in(request, best)
    if behaviour == "off-menu":
        verdicts = dict.fromkeys(verdicts, "A is splendid")
    text = reply_in(request, verdicts, f"Response {list(shown_in(request))[best]} is better.")
    if behaviour == "bad-json":
        return text[:-1]
    return f"Here it is:\n```json\n{text}\n```\nGood luck!" if behaviour == "fenced" else text


def completion(
    request: dict[str, Any],
    content: str | None,
    usage: tuple[int, int],
    sure: float,
    choices: int,
    finish: str = "stop",
    refusal: str | None = None,
) -> dict[str, Any]:
    """A reply's body: the same content in every choice. `usage` is tokens of prompt and of completion."""
    prompt, written = usage
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": refusal}
    if "tools" in request and content is not None:
        function = {"name": request["tools"][0]["function"]["name"], "arguments": content}
        message |= {
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": function}],
        }
    choice: dict[str, Any] = {"finish_reason": finish, "message": message}
    if request.get("logprobs") and content is not None:
        choice["logprobs"] = {"content": tokens_of(content, shown_in(request), sure)}
    return {
        "id": "fake",
        "object": "chat.completion",
        "created": 0,
        "model": "fake-2030-01-01",
        "system_fingerprint": "fp-1",
        "choices": [{"index": index} | choice for index in range(choices)],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": prompt // 2},
            "completion_tokens_details": {"reasoning_tokens": written // 2},
        },
    }


def embedded(texts: list[str], behaviour: str) -> dict[str, Any]:
    """As many vectors as texts, unless the behaviour says otherwise; ten tokens a text."""
    vectors = [words_counted(text) for text in texts]
    vectors = vectors[:-1] if behaviour == "short" else vectors
    data: list[dict[str, Any]] = [
        {"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)
    ]
    if behaviour == "nan":
        data[0]["embedding"][0] = "much"
    data.reverse()  # the index says which is which, not the place
    number = 10 * len(texts)
    usage = {} if behaviour == "no-usage" else {"usage": {"prompt_tokens": number, "total_tokens": number}}
    return {"object": "list", "model": "fake-embedding", "data": data} | usage
