#!/usr/bin/env python3
"""A chat endpoint that answers every request after the same time, for as little processor time as possible.

    _judge_endpoint.py --latency 0.2 [--per-minute 600]

Prints its port. Answers with the first verdict that the request's schema offers. With `--per-minute` it keeps
a bucket as providers do, refilled all the time and holding one second of the limit, and answers 429 with
Retry-After when it is empty. `GET /` gives what it has seen so far.
"""

import argparse
import asyncio
import json
import re
import time

OFFERED = re.compile(rb'"enum"\s*:\s*\[\s*"((?:[^"\\]|\\.)*)"')
CRITERION = re.compile(rb'"properties"\s*:\s*\{\s*"([^"]+)"')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RATIONALE = "The first response answers the question, the second leaves half of it open. " * 9


class Endpoint:
    def __init__(self, latency: float, per_minute: float) -> None:
        self.latency = latency
        self.rate = per_minute / 60
        self.capacity = max(1.0, self.rate)
        self.bucket, self.filled = self.capacity, time.monotonic()
        self.served = self.refused = self.at_once = self.most_at_once = 0
        self.admitted: list[float] = []

    def admits(self) -> bool:
        """Takes a request out of the bucket, if it holds one."""
        if not self.rate:
            return True
        now = time.monotonic()
        self.bucket = min(self.capacity, self.bucket + (now - self.filled) * self.rate)
        self.filled = now
        if self.bucket < 1:
            return False
        self.bucket -= 1
        return True

    def seen(self) -> dict[str, float]:
        return {
            "served": self.served,
            "refused": self.refused,
            "most_at_once": self.most_at_once,
            "admitted": self.admitted if self.rate else [],
            "cpu_seconds": time.process_time(),
        }


def http(status: str, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def completion(request: bytes) -> bytes:
    criterion, offered = CRITERION.search(request), OFFERED.search(request)
    name = criterion.group(1).decode() if criterion else "overall"
    word = offered.group(1).decode() if offered else "tie"
    verdict = json.dumps({name: {"rationale": RATIONALE, "verdict": word}})
    message = {"role": "assistant", "content": verdict, "refusal": None}
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "local-2030-01-01",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 150, "total_tokens": 1050},
    }
    return http("200 OK", json.dumps(body).encode())


REFUSAL = http(
    "429 Too Many Requests",
    b'{"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}',
    "retry-after: 1\r\n",
)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive; no pipelining, as no client does that."""

    answers: dict[tuple[bytes, bytes], bytes] = {}

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.received[:end])
        if head.startswith(b"GET"):
            self.received.clear()
            self.transport.write(http("200 OK", json.dumps(self.endpoint.seen()).encode()))  # type: ignore[attr-defined]
            return
        length = LENGTH.search(head)
        if length is None or len(self.received) < end + 4 + int(length.group(1)):
            return
        request = bytes(self.received[end + 4 :])
        self.received.clear()
        self.begin(request)

    def begin(self, request: bytes) -> None:
        endpoint = self.endpoint
        if not endpoint.admits():
            endpoint.refused += 1
            self.transport.write(REFUSAL)  # type: ignore[attr-defined]
            return
        if endpoint.rate:
            endpoint.admitted.append(time.monotonic())
        endpoint.at_once += 1
        endpoint.most_at_once = max(endpoint.most_at_once, endpoint.at_once)
        criterion, offered = CRITERION.search(request), OFFERED.search(request)
        key = (criterion.group(0) if criterion else b"", offered.group(0) if offered else b"")
        if key not in self.answers:
            self.answers[key] = completion(request)
        asyncio.get_running_loop().call_later(endpoint.latency, self.answer, self.answers[key])

    def answer(self, reply: bytes) -> None:
        endpoint = self.endpoint
        endpoint.at_once -= 1
        endpoint.served += 1
        if not self.transport.is_closing():
            self.transport.write(reply)  # type: ignore[attr-defined]


async def serve(endpoint: Endpoint) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(endpoint), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--latency", type=float, default=0.2, metavar="SECONDS")
    parser.add_argument("--per-minute", type=float, default=0)
    options = parser.parse_args()
    asyncio.run(serve(Endpoint(options.latency, options.per_minute)))
