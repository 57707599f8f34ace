"""Redis as the cache, asked by way of one client."""

from functools import cache
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient


class _Client(RedisCacheClient):
    """Django makes a client for every command, which takes longer than the command itself."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._client = cache(redis.Redis)  # one for each pool of connections


class Cache(RedisCache):
    """Django's Redis cache with clients that stay."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client
