"""An endpoint as a worker meets it: calls go in as fast as it may be asked, answers come out."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..asking import Answer, Prepared, converse_at_once, may_share
from ..client import Client, connect, limit_key
from ..models import Judge
from .gate import Gate
from .limits import Limits
from .line import Line, event_loop, inside
from .pace import Pace
from .stores import Limiter

# Clients by endpoint, model, key and timeout. They live on in the loop, because they are dear to make.
_clients: dict[tuple[str, int], Client] = {}
MOST_CLIENTS = 64


class Endpoint:
    """For the one thread that owns the worker. Raises KeyMissing when the judge's key is not to be had."""

    def __init__(self, judge: Judge) -> None:
        client = _client_of(judge)
        limits = Limits(judge.requests_per_minute, judge.tokens_per_minute)
        self._gate = Gate(event_loop(), is_open=limits == Limits())
        self.pace = Pace(judge, self._gate, Limiter(limit_key(judge), limits))

        async def ask(samples: Sequence[Prepared]) -> list[Answer | None]:
            answers = await converse_at_once(client, samples, self._gate)
            if any(answer is not None and answer.fatal for answer in answers):
                self._gate.halt()  # at once, and not when the owner comes to hear of it
            return answers

        self._judge = judge
        self._looked_at = time.monotonic()
        self._line: Line[Sequence[Prepared], list[Answer | None]] = Line(ask)

    @property
    def out(self) -> int:
        """Requests handed in whose answers have not been collected."""
        return self._line.out

    def room(self) -> int:
        """How many more calls to hand in now."""
        samples = self._judge.version.settings.get("samples", 1)
        each = samples if self._judge.capabilities.get("n") is True else 1
        return self.pace.room(self.out) * int(each)

    def put(self, calls: Iterable[Prepared]) -> None:
        self._line.put(_together(calls), self.pace.width.calls)
        self.pace.tick()

    def collect(self, seconds: float, gather: float) -> list[tuple[Prepared, Answer | None]]:
        """What has come back within `seconds`, but no sooner than `gather` seconds after the last time; None
        for a call that was never sent, because of `halt`."""
        self.pace.tick()
        away = time.monotonic() - self._looked_at
        more = max(0.0, gather - away)
        self.pace.looked(away + more)
        replies = [
            pair
            for samples, answers in self._line.collect(seconds, more)
            for pair in zip(samples, answers, strict=True)
        ]
        self._looked_at = time.monotonic()
        answers = [(prepared, answer) for prepared, answer in replies if answer is not None]
        for prepared, answer in answers:
            if answer.passing:
                self.pace.failed(answer)
            self.pace.took(answer.latency_ms / 1000 / max(1, answer.sends))
            self.pace.used(prepared.tokens, (answer.usage.input or 0) + (answer.usage.output or 0))
        self.pace.replied(sum(not answer.passing for _, answer in answers), self._line.take_most())
        return replies

    def halt(self) -> None:
        """Sends nothing any more. What is in flight is still waited for, since it is paid for."""
        self._gate.halt()

    def leave(self, in_flight: bool = False) -> None:
        """The end; `in_flight`: what is still in flight is given up."""
        if in_flight:
            self._line.abandon()
        self.pace.leave()


def _together(calls: Iterable[Prepared]) -> list[list[Prepared]]:
    """By request: samples of one prompt that come one after the other share one, where the endpoint can."""
    requests: list[list[Prepared]] = []
    for call in calls:
        if requests and may_share(requests[-1][-1], call):
            requests[-1].append(call)
        else:
            requests.append([call])
    return requests


def _client_of(judge: Judge) -> Client:
    key = (limit_key(judge), judge.timeout_seconds)
    if key not in _clients:
        while len(_clients) >= MOST_CLIENTS:
            _clients.pop(next(iter(_clients)))  # workers that still have it go on with it
        _clients[key] = inside(_called(lambda: connect(judge)))
    return _clients[key]


async def _called(function: Callable[[], Any]) -> Any:
    return function()
