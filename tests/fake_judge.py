"""A real HTTP server that speaks the chat protocol and misbehaves on request; for tests and benchmarks.

    with FakeJudge("429", "obey") as judge:   # the first request gets a 429, all others an honest answer
        set_judge(project, name="fake", base_url=judge.base_url, model="fake")

A behaviour is a name from `fake_replies.BEHAVIOURS` or a function `(request body) -> reply text`. The last
one repeats.
"""

import json
import math
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from llm_judges.demo_batches import BatchDesk
from tests.fake_replies import ERRORS, completion, embedded, lacking, longest, said
from tests.judge_prompts import cap_of
from tests.waiting import PATIENCE


class FakeJudge:
    """Serves on a free port while the `with` block runs; `requests` keeps every body it was sent, `headers`
    their headers, `most_at_once` the largest number in flight. `lacks` names what it answers 400 to
    (json_schema, tool, json_object, logprobs, n, seed, system_role, max_tokens); `sure` is the probability
    that its tokens give to what it says. `embeddings` are the behaviours that their requests meet: an
    error's name, "obey", "no-usage", "short" (a vector too few), "nan" or "html"."""

    def __init__(
        self,
        *behaviours: str | Callable[[dict[str, Any]], str],
        rule: Callable[[list[str]], int] = longest,
        seconds: float = 0.0,
        retry_after: str = "0.01",
        usage: tuple[int, int] = (1000, 100),
        lacks: Collection[str] = (),
        sure: float = 0.8,
        most_choices: int = 100,
        trouble: Collection[str] = (),
        looks: int = 1,
        embeddings: Collection[str] = ("obey",),
    ) -> None:
        self.embeddings = list(embeddings)
        self.behaviours = list(behaviours) or ["obey"]
        self.rule = rule
        self.seconds = seconds
        self.retry_after = retry_after
        self.usage = usage
        self.lacks = set(lacks)
        self.sure = sure
        self.most_choices = most_choices
        self.desk = BatchDesk(self.answer, trouble, looks)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._held_from: float = math.inf
        self._let_go = threading.Event()
        self._lock = threading.Lock()
        fake = self

        class Handler(_Handler):
            judge = fake

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of one request of a batch: as if it had come by itself."""
        body = json.dumps(request).encode()
        call = urllib.request.Request(f"{self.base_url}/chat/completions", body)
        try:
            with urllib.request.urlopen(call) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> "FakeJudge":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.let_go()
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

    def hold_after(self, number: int) -> None:
        """Requests after the first `number` get no answer before `let_go()`."""
        self._held_from = number

    def let_go(self) -> None:
        self._let_go.set()

    def wait_where_held(self) -> None:
        if len(self.requests) > self._held_from:
            self._let_go.wait(PATIENCE)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    judge: FakeJudge

    def do_GET(self) -> None:
        self._batch("GET", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._batch("POST", body):
            return
        request = json.loads(body)
        if self.path.endswith("/embeddings"):
            self._embed(request)
            return
        behaviour = self.judge.begin(request, dict(self.headers))
        try:
            time.sleep(self.judge.seconds)
            self.judge.wait_where_held()
            self._behave(behaviour, request)
        finally:
            self.judge.end()

    def _embed(self, request: dict[str, Any]) -> None:
        with self.judge._lock:
            self.judge.requests.append(request)
            kept = self.judge.embeddings
            behaviour = kept.pop(0) if len(kept) > 1 else kept[0]
        if behaviour in ERRORS:
            self._error(*ERRORS[behaviour])
            return
        if behaviour == "html":
            self._send(200, "<html><body>Bad gateway</body></html>", "text/html")
            return
        self._json(200, embedded(request["input"], behaviour))

    def _batch(self, method: str, body: bytes) -> bool:
        """Serves it if it is about a file or batch."""
        content_type = self.headers.get("Content-Type") or ""
        served = self.judge.desk.handle(method, self.path, content_type, body)
        if served is not None and isinstance(served[1], bytes):
            self._send(served[0], served[1].decode(), "application/octet-stream")
        elif served is not None:
            self._json(*served)
        return served is not None

    def _behave(self, behaviour: str | Callable[..., str], request: dict[str, Any]) -> None:
        missing = lacking(self.judge.lacks, behaviour, request)
        if missing:
            self._error(400, None, f"{missing} is not supported")
        elif callable(behaviour):
            self._json(200, self._several(request, behaviour))
        elif behaviour in ERRORS:
            self._error(*ERRORS[behaviour])
        elif behaviour == "html":
            self._send(200, "<html><body>Bad gateway</body></html>", "text/html")
        elif behaviour == "error-200":
            self._json(200, {"error": {"message": "the model is overloaded", "code": 502}})
        elif behaviour == "no-choices":
            self._json(200, self._body(request, "") | {"choices": []})
        elif behaviour == "broken-body":
            self._send(200, '{"id": "x", "choices": [', "application/json")
        elif behaviour == "cut":
            self._cut()
        elif behaviour == "truncated" or (behaviour == "thinking" and cap_of(request) < 4000):
            self._complete(request, said(request, "obey", self.judge.rule)[:20], finish="length")
        elif behaviour == "filtered":
            self._complete(request, "", finish="content_filter")
        elif behaviour == "refused":
            self._complete(request, None, refusal="I cannot compare these.")
        elif behaviour == "no-content":
            self._complete(request, None)
        elif behaviour == "no-usage":
            body = self._body(request, said(request, "obey", self.judge.rule))
            del body["usage"]
            self._json(200, body)
        else:
            self._complete(request, said(request, behaviour, self.judge.rule))

    def _complete(
        self, request: dict[str, Any], content: str | None, finish: str = "stop", refusal: str | None = None
    ) -> None:
        self._json(200, self._body(request, content, finish, refusal))

    def _several(self, request: dict[str, Any], reply: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
        """A reply of its own for every choice."""
        bodies = [self._body(request, reply(request)) for _ in range(self._choices(request))]
        choices = [body["choices"][0] | {"index": index} for index, body in enumerate(bodies)]
        return bodies[0] | {"choices": choices}

    def _choices(self, request: dict[str, Any]) -> int:
        return min(int(request.get("n", 1)), self.judge.most_choices)

    def _body(
        self, request: dict[str, Any], content: str | None, finish: str = "stop", refusal: str | None = None
    ) -> dict[str, Any]:
        judge, choices = self.judge, self._choices(request)
        return completion(request, content, judge.usage, judge.sure, choices, finish, refusal)

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
