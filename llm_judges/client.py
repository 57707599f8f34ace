"""One request to an OpenAI-compatible endpoint. The only module that imports openai.

Nothing here raises for a fault of the other side: every outcome is a Reply with a state. Of the library only
its HTTP client is used: one request that is never repeated, whose body is read here, needs nothing of what
the rest does around it, which takes as long as sending it.
"""

import asyncio
import contextlib
import itertools
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import openai
import orjson

from annotation.models import JudgeCall

from . import keys
from .envelope import Reply, decoded, embedded, heard
from .models import Judge
from .refusals import of_status, refused
from .verdicts import clean

State = JudgeCall.State
NO_KEY = "none"
# Requests at a time over one pool of connections. With every request a pool asks each idle connection of its
# own whether it is still alive, which at 200 in flight would take longer than the request itself.
LANE = 8
MOST_LISTED = 1000  # batches looked through for one whose id got lost


class KeyMissing(ValueError):
    """There is no key where the judge says there is one."""


@dataclass(slots=True)
class Lane:
    """A pool of connections, and how many requests are on it now."""

    http: httpx2.AsyncClient
    busy: int = 0


@dataclass(slots=True)
class Client:
    """A judge's endpoint. Bound to the event loop that it is first used in."""

    base_url: str
    key: str
    timeout: float
    tls: ssl.SSLContext
    lanes: list[Lane] = field(default_factory=list)
    _chat: httpx2.URL = field(init=False)
    _embeddings: httpx2.URL = field(init=False)
    _headers: httpx2.Headers = field(init=False)
    _timeout: httpx2.Timeout = field(init=False)

    def __post_init__(self) -> None:
        address = self.base_url.rstrip("/")
        self._chat = httpx2.URL(f"{address}/chat/completions")
        self._embeddings = httpx2.URL(f"{address}/embeddings")
        self._timeout = openai.Timeout(self.timeout, connect=5.0, pool=None)
        self._headers = httpx2.Headers(
            {
                "Authorization": f"Bearer {self.key}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
            }
        )

    async def ask(self, body: Mapping[str, Any]) -> Reply:
        """Sends one chat completion request, once, and gives what came of it; never raises for a remote
        fault."""
        return (await self.ask_each(body))[0]

    async def ask_each(self, body: Mapping[str, Any]) -> list[Reply]:
        """The same for a request that may bring several texts (`n`): a reply for each, or one that says why
        there is none."""
        return await self._send(self._chat, body, heard)

    async def embed(self, model: str, texts: Sequence[str]) -> tuple[Reply, list[list[float]]]:
        """Embeddings of these texts, in their order; none where the reply's state is not ok. Never raises for
        a remote fault."""
        vectors: list[list[float]] = []

        def read(answer: Any) -> list[Reply]:
            reply, found = embedded(answer, len(texts))
            vectors.extend(found)
            return [reply]

        body = {"model": model, "input": list(texts), "encoding_format": "float"}
        (reply,) = await self._send(self._embeddings, body, read)
        return reply, vectors

    async def _send(
        self, url: httpx2.URL, body: Mapping[str, Any], read: Callable[[Any], list[Reply]]
    ) -> list[Reply]:
        """Sends one request, once; `read` makes replies of the decoded body of a success."""
        begun = time.monotonic()
        try:
            # The library's own timeout is for each read: an endpoint that dribbles would never end.
            with self._lane() as http:
                async with asyncio.timeout(self.timeout):
                    response = await http.send(self._request(url, orjson.dumps(body)))
            request_id = clean(str(response.headers.get("x-request-id") or ""))[:100]
            found = read(decoded(response.content)) if response.is_success else [self._refused(response)]
            replies = [replace(reply, request_id=request_id) for reply in found]
        except (TimeoutError, httpx2.TimeoutException):
            replies = [Reply(State.TRANSPORT_ERROR, "no answer in time")]
        except Exception as error:  # a text that cannot be encoded, a loop that was closed: all are states
            replies = [self._failed(error)]
        latency_ms = round((time.monotonic() - begun) * 1000)
        return [replace(reply, latency_ms=latency_ms) for reply in replies]

    async def close(self) -> None:
        """Ends its connections; in the loop that it was used in."""
        for lane in self.lanes:
            await lane.http.aclose()

    def _request(self, url: httpx2.URL, content: bytes) -> httpx2.Request:
        """What all requests have in common is made once: parsing an address takes as long as a request."""
        extensions = {"timeout": self._timeout.as_dict()}
        return httpx2.Request("POST", url, headers=self._headers, content=content, extensions=extensions)

    @contextlib.contextmanager
    def _lane(self) -> Iterator[httpx2.AsyncClient]:
        """The first lane with room, so that the later ones can rest when there is less to do."""
        lane = next((lane for lane in self.lanes if lane.busy < LANE), None)
        if lane is None:
            lane = Lane(openai.DefaultAsyncHttpxClient(verify=self.tls, timeout=self._timeout))
            self.lanes.append(lane)
        lane.busy += 1
        try:
            yield lane.http
        finally:
            lane.busy -= 1

    def _refused(self, response: httpx2.Response) -> Reply:
        return self._said(refused(response))

    def _failed(self, error: Exception) -> Reply:
        words = f"nothing could be sent or read: {type(error).__name__}: {error}"
        if isinstance(error, httpx2.HTTPError):
            words = f"no connection: {str(error) or type(error).__name__}"
        return self._said(Reply(State.TRANSPORT_ERROR, words))

    def _said(self, reply: Reply) -> Reply:
        """With words that can be shown: hostile ones may repeat the key."""
        words = reply.reason if self.key == NO_KEY else reply.reason.replace(self.key, "***")
        return replace(reply, reason=clean(words)[:500])


def connect(judge: Judge) -> Client:
    """A client for the judge's endpoint. Dear to make (some 20 ms): keep it as long as the loop.

    Raises KeyMissing when the judge names an environment variable that is not set, or its stored key cannot
    be opened.
    """
    tls = httpx2.create_ssl_context()  # what is dear; all connections share it
    return Client(judge.base_url, key_of(judge), judge.timeout_seconds, tls)


class BatchFailed(Exception):
    """The endpoint did not do what a batch needs; the message says why. `fatal`: nor will it."""

    def __init__(self, words: str, fatal: bool) -> None:
        super().__init__(words)
        self.fatal = fatal


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as its provider tells of it. `output` and `errors` are files, empty where there is none."""

    id: str
    status: str
    output: str = ""
    errors: str = ""
    message: str = ""

    @property
    def ended(self) -> bool:
        return self.status in ("completed", "failed", "expired", "cancelled")


class Batches:
    """The batch side of a judge's endpoint (`/files`, `/batches`); raises KeyMissing. Every method raises
    BatchFailed for a fault of the other side."""

    def __init__(self, judge: Judge) -> None:
        self._key = key_of(judge)
        timeout = openai.Timeout(max(600, judge.timeout_seconds), connect=5.0)
        self._endpoint = openai.OpenAI(
            api_key=self._key,
            base_url=judge.base_url,
            organization=None,
            project=None,
            max_retries=0,  # what creates something must not happen twice
            timeout=timeout,
        )
        self._endpoint.organization = self._endpoint.project = None

    def create(self, path: Path, mark: str) -> RemoteBatch:
        """Uploads a file of requests and has them worked on within a day; `mark` stays with the batch."""
        with self._faults():
            file = self._endpoint.files.create(file=path, purpose="batch")
            made = self._endpoint.batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={"tandem": mark},
            )
            return _remote(made)

    def find(self, mark: str) -> RemoteBatch | None:
        """The batch that was created with this mark, among the newest."""
        with self._faults():
            for one in itertools.islice(self._endpoint.batches.list(limit=100), MOST_LISTED):
                if (one.metadata or {}).get("tandem") == mark:
                    return _remote(one)
        return None

    def look(self, batch: str) -> RemoteBatch:
        with self._faults():
            return _remote(self._endpoint.batches.retrieve(batch))

    def cancel(self, batch: str) -> RemoteBatch:
        """What has been answered stays, and is paid for."""
        with self._faults():
            return _remote(self._endpoint.batches.cancel(batch))

    def download(self, file: str, path: Path) -> None:
        with self._faults(), self._endpoint.files.with_streaming_response.content(file) as response:
            response.stream_to_file(path)

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (openai.OpenAIError, httpx2.HTTPError, OSError, ValueError, AttributeError) as error:
            found = _fault(error)
            words = found.reason
            if self._key != NO_KEY:
                words = words.replace(self._key, "***")
            raise BatchFailed(clean(words)[:500], found.fatal or found.rejected) from error


def _remote(batch: Any) -> RemoteBatch:
    errors = getattr(batch.errors, "data", None) or []
    said = "; ".join(str(one.message) for one in errors[:3])
    return RemoteBatch(
        str(batch.id),
        str(batch.status),
        batch.output_file_id or "",
        batch.error_file_id or "",
        clean(said)[:400],
    )


def key_of(judge: Judge) -> str:
    """The endpoint's key, or NO_KEY where the judge has none. Raises KeyMissing."""
    if judge.api_key_env:
        if key := os.environ.get(judge.api_key_env, ""):
            return key
        raise KeyMissing(f"the environment variable {judge.api_key_env} is not set")
    if judge.api_key_sealed:
        try:
            return keys.unseal(judge.api_key_sealed, judge.base_url)
        except keys.CannotOpen as error:
            raise KeyMissing(str(error)) from error
    return NO_KEY


def limit_key(judge: Judge) -> str:
    """The same for all judges that share address, model and key, and so the provider's limits; tells nothing
    of the key. Raises KeyMissing."""
    return keys.drawn("limit", judge.base_url, judge.version.model, key_of(judge)).hex()[:32]


def _fault(error: Exception) -> Reply:
    """What a call of the library failed by."""
    if isinstance(error, openai.APIStatusError):
        body = error.body if isinstance(error.body, Mapping) else {}
        said = " ".join(str(body.get("message") or error.message).split())
        return of_status(error.status_code, str(error.code or "").lower(), said)
    if isinstance(error, openai.APITimeoutError):
        return Reply(State.TRANSPORT_ERROR, "no answer in time")
    if isinstance(error, openai.APIConnectionError):
        return Reply(State.TRANSPORT_ERROR, f"no connection: {error.__cause__ or error}")
    return Reply(State.TRANSPORT_ERROR, f"nothing could be sent or read: {type(error).__name__}: {error}")
