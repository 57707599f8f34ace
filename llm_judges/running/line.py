"""The HTTP side of a worker: one event loop per process, which lives as long as the process.

A client of the provider's library is bound to the loop that opened its connections, so a loop per task would
break it. Whoever works with the database stays in a thread of its own and only exchanges calls for replies.
"""

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Generic, TypeVar

C = TypeVar("C")
R = TypeVar("R")
T = TypeVar("T")
# Seconds for which the thread that works with the database may keep the interpreter to itself. Python's own
# 5 ms are too long: the loop would wait that long with every system call, some six for each request.
TURN = 0.0005
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_owner = 0


def event_loop() -> asyncio.AbstractEventLoop:
    """This process's loop, running in a thread; a forked process gets its own."""
    global _loop, _owner
    with _lock:
        if _loop is None or _owner != os.getpid():
            _loop, _owner = asyncio.new_event_loop(), os.getpid()
            sys.setswitchinterval(TURN)
            threading.Thread(target=_loop.run_forever, name="judge-calls", daemon=True).start()
        return _loop


def inside(work: Coroutine[Any, Any, T]) -> T:
    """Has the loop do `work`, and gives its result to the thread that asked."""
    return asyncio.run_coroutine_threadsafe(work, event_loop()).result()


class Line(Generic[C, R]):
    """Sends calls, `width` at a time, and hands their replies over in the order in which they come.

    `ask` never raises: what goes wrong is a reply too. All methods are for the one thread that owns the line.
    """

    def __init__(self, ask: Callable[[C], Awaitable[R]]) -> None:
        self._ask = ask
        self._width = 1
        self._loop = event_loop()
        self._ready: deque[C] = deque()
        self._done: deque[tuple[C, R]] = deque()
        self._came = threading.Event()
        self._broken: Exception | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._out = 0  # handed in and not collected yet
        self._most = 0

    @property
    def out(self) -> int:
        """Calls handed in whose replies have not been collected."""
        return self._out

    def put(self, calls: Iterable[C], width: int) -> None:
        """Hands calls in; `width` of them at most are in flight from now on."""
        batch = list(calls)
        self._out += len(batch)
        self._loop.call_soon_threadsafe(self._add, batch, width)

    def collect(self, seconds: float, gather: float = 0.0) -> list[tuple[C, R]]:
        """Waits up to `seconds` for a reply, `gather` more for others to join it, and gives all there are.

        Raises what `ask` raised, which is a defect of ours: its calls would be waited for in vain.
        """
        if self._broken:
            raise self._broken
        if not self._done and not self._came.wait(seconds):
            return []
        until = time.monotonic() + gather
        while len(self._done) < self._out and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, gather / 4))
        self._came.clear()
        replies = []
        with contextlib.suppress(IndexError):
            while True:
                replies.append(self._done.popleft())
        self._out -= len(replies)
        return replies

    def take_most(self) -> int:
        """The largest number in flight since this was last asked."""
        most, self._most = self._most, len(self._tasks)
        return most

    def abandon(self) -> None:
        """Cuts off what is in flight; its replies are lost."""
        inside(self._cancel())

    # --- inside the loop ---

    def _add(self, calls: list[C], width: int) -> None:
        self._width = width
        self._ready.extend(calls)
        self._fill()

    def _fill(self) -> None:
        while self._ready and len(self._tasks) < self._width:
            task = self._loop.create_task(self._one(self._ready.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        self._most = max(self._most, len(self._tasks))

    async def _one(self, call: C) -> None:
        try:
            self._done.append((call, await self._ask(call)))
        except Exception as error:
            self._broken = error
        self._came.set()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._fill()

    async def _cancel(self) -> None:
        self._ready.clear()
        for task in list(self._tasks):
            task.cancel()
