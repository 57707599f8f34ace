"""The order in which a person is lent comparisons, who is ahead of the others included."""

from collections.abc import Iterator

import pytest

from annotation import labels, leases
from annotation.leases import open_queue
from annotation.models import Annotator, Comparison, Demand, Pool, PoolMembership, Project
from annotation.projects import touch
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def work(person: Annotator, project: Project, number: int) -> list[int]:
    """Answers so many; gives the comparisons."""
    done = []
    for _ in range(number):
        [held] = leases.claim(person, project)
        said = {"overall": labels.Answer("a>b")}
        labels.submit_many(person, project, [labels.Submission(held.pk, said)])
        done.append(held.comparison_id)
    return done


def rank(comparisons: list[Comparison], *priorities: float) -> None:
    for comparison, priority in zip(comparisons, priorities, strict=True):
        Demand.objects.filter(comparison=comparison).update(priority=priority)


@pytest.fixture(params=[20, 1, 0], ids=["near", "short-sighted", "blind"])
def near(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """How much of the head of the queue is looked at; the order must not depend on it."""
    monkeypatch.setattr(open_queue, "NEAR", request.param)
    statements = (open_queue._taking, open_queue._coming)
    for statement in statements:
        statement.cache_clear()
    yield
    for statement in statements:
        statement.cache_clear()


@pytest.mark.usefixtures("near")
def test_by_priority_then_by_age_while_others_are_still_asked_about_all_of_it() -> None:
    project = make_project()
    comparisons = [make_comparison(project, wanted=3) for _ in range(6)]
    rank(comparisons, 0.5, 2, 0.5, 0, 2, 0.5)
    person = make_person(project)
    expected = [comparisons[index].pk for index in (1, 4, 0, 2, 5, 3)]
    assert leases.next_open(person, project, 6)[:1] in ([], expected[:1])
    assert work(person, project, 6) == expected
    assert leases.claim(person, project) == []
    assert work(make_person(project), project, 6) == expected


@pytest.mark.usefixtures("near")
def test_what_comes_free_behind_somebody_is_lent_when_nothing_is_left_before_them() -> None:
    project = make_project()
    comparisons = [make_comparison(project) for _ in range(4)]
    slow, person = make_person(project), make_person(project)
    [first] = leases.claim(slow, project)
    done = work(person, project, 1)
    leases.give_back(slow, [first.pk])
    done += work(person, project, 3)
    assert sorted(done) == sorted(comparison.pk for comparison in comparisons)
    assert leases.claim(person, project) == []


def test_what_has_become_urgent_is_next_for_somebody_in_the_middle_of_the_queue() -> None:
    project = make_project()
    for _ in range(6):
        make_comparison(project, wanted=2)
    person = make_person(project)
    work(person, project, 3)
    urgent = make_comparison(project, wanted=2)
    rank([urgent], 7)
    assert leases.next_open(person, project, 1) == [urgent.pk]
    assert work(person, project, 1) == [urgent.pk]


@pytest.mark.usefixtures("near")
def test_whoever_goes_from_one_pool_to_another_starts_at_its_head() -> None:
    project = make_project()
    experts = Pool.objects.create(project=project, name="experts")
    plain = [make_comparison(project, wanted=2).pk for _ in range(3)]
    person = make_person(project)
    assert work(person, project, 2) == plain[:2]
    PoolMembership.objects.create(pool=experts, annotator=person)
    touch(project)
    hard = [make_comparison(project, wanted=0) for _ in range(2)]
    for comparison in hard:
        Demand.objects.create(comparison=comparison, pool=experts, wanted=2)
    assert work(person, project, 3) == [*(comparison.pk for comparison in hard), plain[2]]


def test_what_comes_next_is_told_across_pools_each_comparison_once() -> None:
    project = make_project()
    experts = Pool.objects.create(project=project, name="experts")
    comparisons = [make_comparison(project) for _ in range(3)]
    Demand.objects.create(comparison=comparisons[1], pool=experts, wanted=1)
    person = make_person(project)
    PoolMembership.objects.create(pool=experts, annotator=person)
    touch(project)
    expected = [comparisons[index].pk for index in (1, 0, 2)]
    assert leases.next_open(person, project, 9) == expected
    assert leases.next_open(person, project, 2) == expected[:2]
