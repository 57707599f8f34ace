"""Where calls wait until their endpoint may be asked. Lives in the event loop; the owner lets them by."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol


class Halt(Exception):
    """Nothing is to be sent any more."""


class Weighed(Protocol):
    """What passes the gate: a call, with the estimate of the tokens it takes."""

    @property
    def tokens(self) -> int: ...


class Gate:
    """`open`: every call passes. Otherwise each waits for a permit, first come first served."""

    def __init__(self, loop: asyncio.AbstractEventLoop, is_open: bool) -> None:
        self._loop = loop
        self._open = is_open
        self._halted = False
        self._permits = 0
        self._given = self._arrived = 0  # permits; each is counted by one thread only
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    async def __call__(self, call: Weighed) -> None:
        """Comes back when `call` may be sent. Raises Halt when nothing is to be sent any more."""
        if self._halted:
            raise Halt
        if self._open:
            return
        if self._permits:
            self._permits -= 1
            return
        turn = self._loop.create_future()
        self._waiting.append((turn, call.tokens))
        await turn

    # --- for the owner, from its own thread ---

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def wanting(self) -> int:
        """Those that wait and for which no permit is on its way."""
        return max(0, len(self._waiting) - (self._given - self._arrived))

    def tokens_waiting(self) -> int:
        """Tokens of the call that waits longest; 0 when none does."""
        try:
            return self._waiting[0][1]
        except IndexError:
            return 0

    def set_open(self, is_open: bool) -> None:
        self._loop.call_soon_threadsafe(self._set_open, is_open)

    def permit(self, delays: Sequence[float]) -> None:
        """Lets a call through after each of these seconds, those that wait first."""
        if delays:
            self._given += len(delays)
            self._loop.call_soon_threadsafe(self._schedule, delays)

    def halt(self) -> None:
        """Sends those who wait, and all who come from now on, away."""
        self._loop.call_soon_threadsafe(self._halt)

    # --- inside the loop ---

    def _set_open(self, is_open: bool) -> None:
        self._open = is_open
        if is_open:
            self._permit(len(self._waiting))

    def _schedule(self, delays: Sequence[float]) -> None:
        for delay in delays:
            self._loop.call_later(delay, self._arrive)

    def _arrive(self) -> None:
        self._permit(1)
        self._arrived += 1

    def _permit(self, number: int) -> None:
        while number and self._waiting:
            turn, _ = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                number -= 1
        self._permits += number

    def _halt(self) -> None:
        self._halted = True
        while self._waiting:
            turn, _ = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(Halt())
