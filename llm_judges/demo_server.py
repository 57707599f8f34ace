"""A demonstration judge: an OpenAI-compatible server on this machine that follows simple rules. No model.

It lets the sample project run the whole judge path over real HTTP without network or cost. Its verdicts mean
nothing: it likes responses that are longer, better structured and that take up the words of the prompt.
`demo-careful` says the same in both orders; `demo-hasty` leans to the response it saw first when they are
close. As taggers they look for words, and `demo-embedding` counts them. The same texts always get the same
answer.

    python -m llm_judges.demo_server --port 8100
"""

import argparse
import hashlib
import json
import math
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

from . import demo_tagging
from .demo_batches import BatchDesk

MODELS = {"demo-careful": 0.0, "demo-hasty": 0.15}  # how much the first response shown is favoured
EMBEDDING = "demo-embedding"
REPORTED_MODEL = "demonstration"
LABEL = "Demonstration judge:"
NOTHING_ELSE = "this demonstration answers Tandem's prompts with a JSON schema and embeds texts, nothing else"
ADDRESSES = "this demonstration knows /v1/chat/completions, /v1/embeddings and /v1/models"
LONGEST_REQUEST = 10_000_000
_TIE = 0.06
_STEPS = (0.3, 0.8)  # differences from which a preference is stronger
_BLOCK = re.compile(r"⟦BEGIN ([A-Z][^⟧]*?) ([0-9a-f]{16})⟧\n(.*?)\n⟦END \1 \2⟧", re.DOTALL)


def serve(port: int = 0, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Starts answering on a background thread; `server_address[1]` is the port, `shutdown()` stops it."""
    server = _server(port, host)
    threading.Thread(target=server.serve_forever, name="demo-judge", daemon=True).start()
    return server


def main() -> None:
    """Serves until interrupted."""
    parser = argparse.ArgumentParser(description="A demonstration judge with simple rules; not a model.")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    server = _server(options.port, options.host)
    print(f"demonstration judge at http://{options.host}:{server.server_address[1]}/v1", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


def score(prompt: str, response: str) -> float:
    """How much the demonstration likes a response, from 0 to about 2.5."""
    asked = _words(prompt)
    taken_up = len(asked & _words(response)) / len(asked) if asked else 0.0
    length = min(1.0, math.log1p(len(response)) / math.log1p(1500))
    parts = len(re.findall(r"^\s*(?:[-*#]|\d+\.|```|\|)", response, re.MULTILINE))
    paragraphs = response.count("\n\n")
    return taken_up + length + 0.5 * min(1.0, (parts + paragraphs) / 6)


def decide(prompt: str, shown: dict[str, str], schema: dict[str, Any], lean: float) -> dict[str, Any]:
    """An answer in the shape that the JSON schema asks for; `shown` are the responses by letter, in order."""
    letters, responses = list(shown), list(shown.values())
    scores = [score(prompt, response) for response in responses]
    if max(scores) - scores[0] < lean:
        scores[0] += lean
    said = ", ".join(
        f"Response {letter} has {len(text)} characters and scores {mark:.2f}"
        for (letter, text), mark in zip(shown.items(), scores, strict=True)
    )
    rationale = f"{LABEL} {said}."
    verdicts: dict[str, Any] = {}
    for name, form in schema["properties"].items():
        if form["type"] == "string":
            verdicts[name] = f"{LABEL} it has no answer of its own."
            continue
        offered = form["properties"]["verdict"].get("enum")
        verdict = _choose(offered, scores, responses, letters) if offered else _rank(scores, letters)
        verdicts[name] = {"rationale": rationale, "verdict": verdict}
    return verdicts


def _choose(offered: list[str], scores: list[float], responses: list[str], letters: list[str]) -> str:
    difference = scores[0] - scores[1]
    if "tie" in offered and abs(difference) < _TIE:
        return "tie"
    if not difference:
        difference = 1.0 if _fingerprint(responses[0]) < _fingerprint(responses[1]) else -1.0
    letter = letters[0] if difference > 0 else letters[1]
    words = [word for word in offered if word.startswith(f"{letter} ")]
    weakest_first = words[::-1] if difference > 0 else words
    step = sum(abs(difference) >= least for least in _STEPS)
    return weakest_first[min(step, len(weakest_first) - 1)]


def _rank(scores: list[float], letters: list[str]) -> str:
    order = sorted(range(len(scores)), key=lambda index: -scores[index])
    text = letters[order[0]]
    for better, worse in pairwise(order):
        text += ("=" if scores[better] - scores[worse] < _TIE else ">") + letters[worse]
    return text


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _words(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"\w{4,}", text.casefold())}


def _material(request: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The prompt, and the responses by letter in the order shown, as any model would find them: between the
    marks."""
    text = "\n".join(str(message["content"]) for message in request["messages"])
    prompt: list[str] = []
    responses: dict[str, list[str]] = {}
    for title, _, content in _BLOCK.findall(text):
        if title.startswith(("PROMPT", "REQUEST")):
            prompt.append(content)
        elif found := re.match(r"RESPONSE ([A-Z])\b", title):
            responses.setdefault(found[1], []).append(content)
    return "\n".join(prompt), {letter: "\n".join(parts) for letter, parts in responses.items()}


def _completion(request: dict[str, Any]) -> dict[str, Any]:
    content = _content(request)
    used = sum(len(str(message["content"])) for message in request["messages"]) // 4, len(content) // 4
    return {
        "id": f"demonstration-{_fingerprint(content)[:12]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": REPORTED_MODEL,
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        ],
        "usage": {"prompt_tokens": used[0], "completion_tokens": used[1], "total_tokens": sum(used)},
    }


def _answered(request: Any) -> tuple[int, dict[str, Any]]:
    """(status, body) of one chat completion request."""
    return _done(request, list(MODELS), _completion)


def _embedded(request: Any) -> tuple[int, dict[str, Any]]:
    """(status, body) of one request for embeddings."""
    return _done(request, [EMBEDDING], _embeddings)


def _done(
    request: Any, models: list[str], work: Callable[[dict[str, Any]], dict[str, Any]]
) -> tuple[int, dict[str, Any]]:
    try:
        if request["model"] not in models:
            return 404, _error(f"no such model here as {request['model']!r}; there is {', '.join(models)}")
        return 200, work(request)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return 400, _error(NOTHING_ELSE)


def _embeddings(request: dict[str, Any]) -> dict[str, Any]:
    texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
    data = [
        {"object": "embedding", "index": place, "embedding": demo_tagging.embedding(text)}
        for place, text in enumerate(texts)
    ]
    used = sum(map(len, texts)) // 4
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "model": REPORTED_MODEL, "data": data, "usage": usage}


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}


_desk = BatchDesk(_answered)


def _content(request: dict[str, Any]) -> str:
    """What it says. Raises ValueError for what it cannot do, so that nobody takes it for able."""
    form = request.get("response_format") or {}
    if (
        form.get("type") == "json_object"
        or request.get("n", 1) != 1
        or request.keys() & {"tools", "logprobs"}
    ):
        raise ValueError("a form of answer that it does not know")
    prompt, responses = _material(request)
    if not form:
        return f"{LABEL} it compares responses and says nothing else."
    schema = form["json_schema"]["schema"]
    if form["json_schema"]["name"] == "tags":
        offered = {name: words["enum"] for name, words in schema["properties"].items()}
        said: dict[str, Any] = dict(demo_tagging.tags(prompt, offered))
    elif len(responses) >= 2:
        said = decide(prompt, responses, schema, MODELS[request["model"]])
    else:
        said = {name: wanted["enum"][0] for name, wanted in schema["properties"].items()}
    return json.dumps(said, ensure_ascii=False)


def _server(port: int, host: str) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer((host, port), _Handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self._batch("GET", b""):
            return
        if self.path == "/v1/models":
            named = (*MODELS, EMBEDDING)
            models = [{"id": model, "object": "model", "owned_by": REPORTED_MODEL} for model in named]
            self._answer(200, {"object": "list", "data": models})
        else:
            self._fail(404, ADDRESSES)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_REQUEST:
            self.close_connection = True
            return self._fail(413, "the request is too long")
        body = self.rfile.read(length)
        if self._batch("POST", body):
            return None
        answer = {"/v1/chat/completions": _answered, "/v1/embeddings": _embedded}.get(self.path)
        if answer is None:
            return self._fail(404, ADDRESSES)
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):
            return self._fail(400, NOTHING_ELSE)
        return self._answer(*answer(request))

    def _batch(self, method: str, body: bytes) -> bool:
        """Serves it if it is about a file or batch."""
        served = _desk.handle(method, self.path, self.headers.get("Content-Type") or "", body)
        if served is not None:
            self._answer(*served)
        return served is not None

    def _fail(self, status: int, message: str) -> None:
        self._answer(status, _error(message))

    def _answer(self, status: int, content: Any) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the demonstration prints its address and nothing else."""


if __name__ == "__main__":
    main()
