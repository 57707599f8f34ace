"""Where the limiter's state lives, shared by all workers: Redis where there is one, else a row.

Each store changes the state of one endpoint at a time, and hands the change its own clock, so that neither
two workers nor two clocks come into each other's way. Losing a state costs one burst, nothing else.
"""

import logging
import os
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import orjson
import redis
from django.conf import settings
from django.db import connection, transaction

from ..models import Limit
from .limits import Ask, Grant, Limits, State, decide

log = logging.getLogger(__name__)
T = TypeVar("T")
Change = Callable[[State, float], T]
KEPT_SECONDS = 24 * 3600
REDIS_SECONDS = 2.0


class Store(Protocol):
    def change(self, key: str, how: Change[T]) -> T:
        """Lets `how(state, now)` change the state of `key` alone, and gives its result."""


class RedisStore:
    """A key for each endpoint, changed optimistically by the clock of the Redis server."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        )

    def change(self, key: str, how: Change[T]) -> T:
        name = f"tandem:limit:{key}"
        while True:
            with self._redis.pipeline() as pipe:
                try:
                    pipe.watch(name)
                    seconds, microseconds = pipe.time()
                    stored: Any = pipe.get(name)
                    state = State.read(orjson.loads(stored) if stored else None)
                    result = how(state, seconds + microseconds / 1e6)
                    pipe.multi()
                    pipe.set(name, orjson.dumps(state.stored()), ex=KEPT_SECONDS)
                    pipe.execute()
                    return result
                except redis.WatchError:
                    continue


class RowStore:
    """A row for each endpoint, locked while it changes, by the clock of the database."""

    def change(self, key: str, how: Change[T]) -> T:
        with transaction.atomic():
            rows = Limit.objects.select_for_update().filter(key=key)
            row = rows.first()
            if row is None:
                Limit.objects.bulk_create([Limit(key=key)], ignore_conflicts=True)
                row = rows.get()
            state = State.read(row.state)
            result = how(state, _database_clock())
            Limit.objects.filter(pk=row.pk).update(state=state.stored())
        return result


class Limiter:
    """One endpoint's limits as this worker meets them.

    Where Redis does not answer the database stands in for it, so that work goes on.
    """

    def __init__(self, key: str, limits: Limits) -> None:
        self.key = key
        self.limits = limits
        self.worker = f"{os.uname().nodename}/{os.getpid()}/{time.monotonic_ns()}"
        self._correction = 0

    def ask(self, permits: int = 0, tokens: int = 0, block: float = 0.0, leaving: bool = False) -> Grant:
        """Asks for permits and reports what is new; see `limits.Ask`."""
        ask = Ask(self.worker, permits, tokens, self._correction, block, leaving)
        grant = _change(self.key, lambda state, now: decide(state, self.limits, ask, now))
        self._correction = 0
        return grant

    def used(self, tokens: int, counted: int) -> None:
        """A request took `tokens` where its permit counted `counted`."""
        if self.limits.tokens_per_minute:
            self._correction += tokens - counted


def _change(key: str, how: Change[T]) -> T:
    url = redis_url()
    if url:
        try:
            return _redis_store(url).change(key, how)
        except redis.RedisError as error:
            log.warning("limits are kept in the database, because Redis does not answer: %s", error)
    return RowStore().change(key, how)


def redis_url() -> str:
    location = str(settings.CACHES["default"].get("LOCATION", ""))
    return location if urlsplit(location).scheme in {"redis", "rediss", "unix"} else ""


@lru_cache(maxsize=8)
def _redis_store(url: str) -> RedisStore:
    return RedisStore(url)


def _database_clock() -> float:
    if connection.vendor != "postgresql":
        return time.time()  # one machine, one clock
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0])
