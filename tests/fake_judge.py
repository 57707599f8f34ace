"""A real HTTP server that speaks the chat protocol and misbehaves on request; for tests and benchmarks.

    with FakeJudge("429", "obey") as judge:   # the first request gets a 429, all others an honest answer
        set_judge(project, name="fake", base_url=judge.base_url, model="fake")

A behaviour is a name from BEHAVIOURS or a function `(request body) -> reply text`. The last one repeats.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BEHAVIOURS = {
    "obey": "prefers whatever `rule` prefers, in whatever order it is shown",
    "prefer-first": "always prefers the response shown first",
    "no-usage": "obeys, but reports no token usage",
    "fenced": "obeys, inside a code fence with prose around it",
    "no-schema": "answers 400 to a JSON schema, obeys without one",
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
_BLOCK = re.compile(r"⟦BEGIN (RESPONSE ([A-Z])\b[^⟧]*?) ([0-9a-f]{16})⟧\n(.*?)\n⟦END \1 \3⟧", re.DOTALL)
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


def responses_in(request: dict[str, Any]) -> list[str]:
    """The responses in the order shown, read from the prompt as a model would."""
    found: dict[str, list[str]] = {}
    for _, letter, _, content in _BLOCK.findall(request["messages"][-1]["content"]):
        found.setdefault(letter, []).append(content)
    return ["\n".join(found[letter]) for letter in sorted(found)]


class FakeJudge:
    """Serves on a free port while the `with` block runs; `requests` keeps every body it was sent, `headers`
    their headers, `most_at_once` the largest number in flight."""

    def __init__(
        self,
        *behaviours: str | Callable[[dict[str, Any]], str],
        rule: Callable[[list[str]], int] = longest,
        seconds: float = 0.0,
        retry_after: str = "0.01",
        usage: tuple[int, int] = (1000, 100),
    ) -> None:
        self.behaviours = list(behaviours) or ["obey"]
        self.rule = rule
        self.seconds = seconds
        self.retry_after = retry_after
        self.usage = usage
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        fake = self

        class Handler(_Handler):
            judge = fake

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> "FakeJudge":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def begin(self, request: dict[str, Any], headers: dict[str, str]) -> str | Callable[..., str]:
        """Records a request; gives the behaviour it meets."""
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]

    def end(self) -> None:
        with self._lock:
            self._at_once -= 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    judge: FakeJudge

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        behaviour = self.judge.begin(request, dict(self.headers))
        try:
            time.sleep(self.judge.seconds)
            self._behave(behaviour, request)
        finally:
            self.judge.end()

    def _behave(self, behaviour: str | Callable[..., str], request: dict[str, Any]) -> None:
        if callable(behaviour):
            self._complete(behaviour(request))
        elif behaviour == "no-schema":
            if "response_format" in request:
                self._error(400, None, "response_format json_schema is not supported")
            else:
                self._complete(self._verdict(request, "obey"))
        elif behaviour in ERRORS:
            self._error(*ERRORS[behaviour])
        elif behaviour == "html":
            self._send(200, "<html><body>Bad gateway</body></html>", "text/html")
        elif behaviour == "error-200":
            self._json(200, {"error": {"message": "the model is overloaded", "code": 502}})
        elif behaviour == "no-choices":
            self._json(200, self._body("") | {"choices": []})
        elif behaviour == "broken-body":
            self._send(200, '{"id": "x", "choices": [', "application/json")
        elif behaviour == "cut":
            self._cut()
        elif behaviour == "truncated":
            self._complete(self._verdict(request, "obey")[:20], finish="length")
        elif behaviour == "filtered":
            self._complete("", finish="content_filter")
        elif behaviour == "refused":
            self._complete(None, refusal="I cannot compare these.")
        elif behaviour == "no-content":
            self._complete(None)
        elif behaviour == "no-usage":
            body = self._body(self._verdict(request, "obey"))
            del body["usage"]
            self._json(200, body)
        else:
            self._complete(self._verdict(request, behaviour))

    def _verdict(self, request: dict[str, Any], behaviour: str) -> str:
        if behaviour == "unparsable":
            return "Both have their merits and I would rather not say."
        if behaviour == "empty":
            return "  "
        responses = responses_in(request)
        best = 0 if behaviour == "prefer-first" else self.judge.rule(responses)
        names, offered = _asked(request)
        verdicts = {
            name: {
                "rationale": f"Response {chr(65 + best)} is better.",
                "verdict": _word(best, responses, menu),
            }
            for name, menu in zip(names, offered, strict=True)
        }
        if behaviour == "off-menu":
            verdicts = {name: {"rationale": "", "verdict": "A is splendid"} for name in names}
        text = json.dumps(verdicts)
        if behaviour == "bad-json":
            return text[:-1]
        return f"Here it is:\n```json\n{text}\n```\nGood luck!" if behaviour == "fenced" else text

    def _complete(self, content: str | None, finish: str = "stop", refusal: str | None = None) -> None:
        self._json(200, self._body(content, finish, refusal))

    def _body(self, content: str | None, finish: str = "stop", refusal: str | None = None) -> dict[str, Any]:
        prompt, completion = self.judge.usage
        message = {"role": "assistant", "content": content, "refusal": refusal}
        return {
            "id": "fake",
            "object": "chat.completion",
            "created": 0,
            "model": "fake-2030-01-01",
            "choices": [{"index": 0, "finish_reason": finish, "message": message}],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        }

    def _error(self, status: int, code: str | None, message: str) -> None:
        self._json(status, {"error": {"message": message, "type": "error", "code": code}})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body), "application/json")

    def _send(self, status: int, text: str, content_type: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status == 429 or status >= 500:
            self.send_header("Retry-After", self.judge.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.send_header("Retry-After", self.judge.retry_after)
        self.end_headers()
        self.wfile.write(b'{"id": "x"')
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def _asked(request: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Criterion names and the words offered on each (none: a ranking), from the schema or the prompt."""
    if "response_format" in request:
        properties = request["response_format"]["json_schema"]["schema"]["properties"]
        return list(properties), [p["properties"]["verdict"].get("enum", []) for p in properties.values()]
    lines = re.findall(r'^- "([^"]+)": .*Verdict: one of (.*)\.$', request["messages"][0]["content"], re.M)
    return [name for name, _ in lines], [re.findall(r'"([^"]+)"', words) for _, words in lines]


def _word(best: int, responses: list[str], menu: list[str]) -> str:
    """A verdict for the response at index `best`: the strongest word on a pair, first place in a ranking."""
    if menu:
        words = [word for word in menu if word.startswith(f"{chr(65 + best)} ")]
        return words[0] if best == 0 else words[-1]
    rest = [chr(65 + index) for index in range(len(responses)) if index != best]
    return ">".join([chr(65 + best), *sorted(rest, key=lambda letter: -len(responses[ord(letter) - 65]))])
