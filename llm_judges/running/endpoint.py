"""An endpoint as a worker meets it: calls go in as fast as it may be asked, answers come out."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from ..asking import Answer, Prepared, converse
from ..client import Client, connect, limit_key
from ..models import Judge
from .gate import Gate, Halt
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

        async def ask(prepared: Prepared) -> Answer | None:
            try:
                return await converse(client, prepared, self._gate)
            except Halt:
                return None

        self._looked_at = time.monotonic()
        self._line: Line[Prepared, Answer | None] = Line(ask)

    @property
    def out(self) -> int:
        """Calls handed in whose answers have not been collected."""
        return self._line.out

    def room(self) -> int:
        return self.pace.room(self.out)

    def put(self, calls: Iterable[Prepared]) -> None:
        self._line.put(calls, self.pace.width.calls)
        self.pace.tick()

    def collect(self, seconds: float, gather: float) -> list[tuple[Prepared, Answer | None]]:
        """What has come back; None for a call that was never sent, because of `halt`."""
        self.pace.tick()
        self.pace.looked(time.monotonic() - self._looked_at + gather)
        replies = self._line.collect(seconds, gather)
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


def _client_of(judge: Judge) -> Client:
    key = (limit_key(judge), judge.timeout_seconds)
    if key not in _clients:
        while len(_clients) >= MOST_CLIENTS:
            _clients.pop(next(iter(_clients)))  # workers that still have it go on with it
        _clients[key] = inside(_called(lambda: connect(judge)))
    return _clients[key]


async def _called(function: Callable[[], Any]) -> Any:
    return function()
