"""The cache on Redis."""

import pytest
import redis
from django.core.cache import cache, caches

pytestmark = pytest.mark.services


def test_what_is_kept_comes_back_and_runs_out() -> None:
    cache.set("tests/cache", {"a": [1, "ü"]}, 60)
    assert cache.get("tests/cache") == {"a": [1, "ü"]}
    assert cache.add("tests/cache", 2) is False
    cache.delete("tests/cache")
    assert cache.get("tests/cache", "gone") == "gone"


def test_one_client_serves_all_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(redis.Redis):
        def __init__(self, *arguments: object, **options: object) -> None:
            made.append(self)
            super().__init__(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(redis, "Redis", Counted)
    fresh = caches.create_connection("default")
    for number in range(5):
        fresh.set("tests/cache", number)
        assert fresh.get("tests/cache") == number
    fresh.delete("tests/cache")
    assert len(made) == 1
