"""What workers know of an endpoint together, in Redis or in a row."""

import pytest

from llm_judges.models import Limit
from llm_judges.running import stores
from llm_judges.running.limits import Limits
from llm_judges.running.stores import Limiter, redis_url
from tests.factories import make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import make_judge, make_pairs, run

pytestmark = pytest.mark.django_db
ONE = Limits(requests_per_minute=1)  # so slow that no pause of the machine counts


def shared_by_two(key: str) -> None:
    one, other = Limiter(key, ONE), Limiter(key, ONE)
    assert one.ask(5).permits == [0.0]
    refused = other.ask(5)
    assert not refused.permits
    assert 30 < refused.wait < 61
    assert refused.workers == 2
    one.ask(block=600)
    assert 500 < other.ask(1).blocked <= 600
    one.ask(leaving=True)
    assert other.ask().workers == 1
    assert Limiter(f"{key}-another", ONE).ask(1).permits == [0.0]


def test_workers_share_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "redis_url", lambda: "")
    shared_by_two("row")
    assert Limit.objects.count() == 2


@pytest.mark.services
def test_workers_share_a_key_in_redis() -> None:
    assert redis_url()
    shared_by_two("redis")
    assert not Limit.objects.exists()


def test_the_database_stands_in_for_a_redis_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "redis_url", lambda: "redis://127.0.0.1:1/0")
    shared_by_two("gone")
    assert Limit.objects.count() == 2


def test_a_declared_limit_is_kept_and_nothing_is_refused() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge() as fake:
        judge = make_judge(project, fake, requests_per_minute=300)
        outcome = run(judge)
    assert (outcome.labelled, len(fake.requests)) == (3, 6)
    assert not outcome.failed


def test_tokens_a_minute_are_counted_as_they_are_used() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge(usage=(300, 20)) as fake:
        judge = make_judge(project, fake, tokens_per_minute=600_000)
        assert run(judge).labelled == 2
    assert len(fake.requests) == 4
