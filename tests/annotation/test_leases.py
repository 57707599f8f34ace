"""Lending: what an annotator gets, keeps, loses and never gets twice."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation import labels, leases
from annotation.models import Annotator, Assignment, Comparison, Demand, Pool, PoolMembership, Project
from annotation.projects import touch
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def answer(assignment: Assignment, ranking: str = "a>b") -> labels.Submission:
    return labels.Submission(assignment.pk, {"overall": labels.Answer(ranking)})


def demand_of(comparison: Comparison) -> tuple[int, int, int]:
    demand = Demand.objects.get(comparison=comparison)
    return demand.wanted, demand.live, demand.done


def make_judge(project: Project) -> Annotator:
    return Annotator.objects.create(project=project, kind="judge", name="judge")


def test_a_claim_takes_a_slot_and_a_second_claim_gives_the_same_work() -> None:
    project = make_project()
    comparison = make_comparison(project)
    person = make_person(project)

    [first] = leases.claim(person, project)
    [again] = leases.claim(person, project)

    assert first.comparison == comparison
    assert again.pk == first.pk
    assert demand_of(comparison) == (1, 1, 0)


def test_no_more_is_lent_than_wanted() -> None:
    project = make_project()
    comparison = make_comparison(project, wanted=2)
    people = [make_person(project) for _ in range(3)]

    lent = [leases.claim(person, project) for person in people]

    assert [len(got) for got in lent] == [1, 1, 0]
    assert demand_of(comparison) == (2, 2, 0)


def test_the_database_itself_refuses_to_lend_more_than_wanted() -> None:
    make_comparison(make_project())
    with pytest.raises(IntegrityError), transaction.atomic():
        Demand.objects.update(live=2)


def test_nobody_gets_a_comparison_that_they_have_answered() -> None:
    project = make_project()
    make_comparison(project, wanted=2)
    person = make_person(project)
    [held] = leases.claim(person, project)
    labels.submit_many(person, project, [answer(held)])

    assert leases.claim(person, project) == []


def test_an_expired_lease_returns_to_the_queue() -> None:
    project = make_project(lease_seconds=60)
    comparison = make_comparison(project)
    sleeper, other = make_person(project), make_person(project)
    leases.claim(sleeper, project)

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        [lent] = leases.claim(other, project)

    assert lent.comparison == comparison
    assert demand_of(comparison) == (1, 1, 0)


def test_an_expired_lease_can_be_taken_up_again_by_the_same_person() -> None:
    project = make_project(lease_seconds=60)
    comparison = make_comparison(project)
    person = make_person(project)
    [first] = leases.claim(person, project)

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        [again] = leases.claim(person, project)

    assert again.pk == first.pk
    assert again.state == Assignment.State.LIVE
    assert demand_of(comparison) == (1, 1, 0)


def test_the_sweep_expires_only_leases_that_ran_out() -> None:
    project = make_project(lease_seconds=60)
    make_comparison(project)
    make_comparison(project)
    early, late = make_person(project), make_person(project)
    leases.claim(early, project)
    later = timezone.now() + timedelta(seconds=61)
    with time_machine.travel(later, tick=False):
        leases.claim(late, project)

    assert leases.expire(at=later) == 1
    assert leases.expire(at=later) == 0
    assert Demand.objects.filter(live=1).count() == 1


def test_what_was_given_back_goes_to_others_and_never_to_the_same_annotator() -> None:
    project = make_project()
    comparison = make_comparison(project)
    first, second = make_person(project), make_person(project)
    [held] = leases.claim(first, project)

    assert leases.give_back(first, [held.pk]) == 1

    assert leases.claim(first, project) == []
    assert [lent.comparison for lent in leases.claim(second, project)] == [comparison]


def test_what_was_given_back_can_be_lent_again_on_request() -> None:
    project = make_project()
    comparison = make_comparison(project)
    person = make_person(project)
    [held] = leases.claim(person, project)
    leases.give_back(person, [held.pk])

    leases.lend_again(person)

    assert [lent.comparison for lent in leases.claim(person, project)] == [comparison]


def test_a_skip_that_comes_after_the_lease_ran_out_is_a_skip_all_the_same() -> None:
    project = make_project(lease_seconds=60)
    comparison = make_comparison(project)
    person, other = make_person(project), make_person(project)
    [held] = leases.claim(person, project)

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        leases.expire(project)
        assert leases.give_back(person, [held.pk], reason=Assignment.SkipReason.BROKEN) == 1
        assert leases.claim(person, project) == []
        [lent] = leases.claim(other, project)

    assert lent.comparison == comparison
    assert demand_of(comparison) == (1, 1, 0)
    skipped = Assignment.objects.get(pk=held.pk)
    assert (skipped.state, skipped.skip_reason) == ("returned", "broken")


def test_what_was_answered_cannot_be_given_back() -> None:
    project = make_project()
    comparison = make_comparison(project)
    person = make_person(project)
    [held] = leases.claim(person, project)
    labels.submit_many(person, project, [answer(held)])

    assert leases.give_back(person, [held.pk]) == 0
    assert demand_of(comparison) == (1, 0, 1)


def test_urgent_comparisons_come_first() -> None:
    project = make_project()
    make_comparison(project)
    urgent = make_comparison(project)
    Demand.objects.filter(comparison=urgent).update(priority=5)

    [lent] = leases.claim(make_person(project), project)

    assert lent.comparison == urgent


def test_a_person_is_lent_only_what_their_pools_are_asked_for() -> None:
    project = make_project()
    experts = Pool.objects.create(project=project, name="experts")
    comparison = make_comparison(project, wanted=0)
    Demand.objects.create(comparison=comparison, pool=experts, wanted=1)
    layperson, expert = make_person(project), make_person(project)
    PoolMembership.objects.create(pool=experts, annotator=expert)
    touch(project)

    assert leases.claim(layperson, project) == []
    assert [lent.comparison for lent in leases.claim(expert, project)] == [comparison]


def test_two_workers_of_one_judge_get_different_comparisons() -> None:
    project = make_project()
    judge = make_judge(project)
    for _ in range(4):
        Demand.objects.create(comparison=make_comparison(project, wanted=0), judge=judge, wanted=1)

    first, second = leases.claim(judge, project, 2), leases.claim(judge, project, 2)

    assert len({lent.comparison_id for lent in [*first, *second]}) == 4
    assert {lent.shown for lent in first} == {"ab"}


def test_the_order_shown_is_fixed_for_a_person_and_balanced_over_comparisons() -> None:
    person = Annotator(pk=7, kind="human")
    orders = [leases.shown_order(person, number, 2) for number in range(400)]

    assert orders == [leases.shown_order(person, number, 2) for number in range(400)]
    assert 150 < orders.count("ab") < 250
    assert {len(set(leases.shown_order(person, number, 5))) for number in range(50)} == {5}


def test_a_person_is_told_how_many_they_could_still_do() -> None:
    project = make_project()
    for _ in range(3):
        make_comparison(project)
    person = make_person(project)
    [held] = leases.claim(person, project)
    assert leases.open_count(person, project) == 3

    labels.submit_many(person, project, [answer(held)])
    assert leases.open_count(person, project) == 2


def test_a_person_who_holds_one_of_two_is_lent_one_more() -> None:
    project = make_project()
    for _ in range(5):
        make_comparison(project)
    person = make_person(project)
    first, _second = leases.claim(person, project, 2)
    labels.submit_many(person, project, [answer(first)])

    assert len(leases.claim(person, project, 2)) == 2
    assert Assignment.objects.filter(annotator=person, state="live").count() == 2


def test_a_lapsed_lease_that_nobody_swept_does_not_keep_its_holder_from_working(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = make_project(lease_seconds=60)
    make_comparison(project)
    other = make_comparison(project)
    person = make_person(project)
    leases.claim(person, project)
    monkeypatch.setattr(leases, "expire", lambda *_: 0)  # another sweep holds the row at this moment

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert [lent.comparison for lent in leases.claim(person, project)] == [other]


def test_a_person_in_a_pool_of_another_project_is_lent_nothing_of_it() -> None:
    here, there = make_project(), make_project()
    make_comparison(there)
    person = make_person(here)
    PoolMembership.objects.create(pool=there.pools.get(), annotator=person)
    touch(here)

    assert leases.claim(person, here) == []


def test_a_comparison_wanted_from_two_pools_of_a_person_is_one_comparison_left() -> None:
    project = make_project()
    experts = Pool.objects.create(project=project, name="experts")
    comparison = make_comparison(project)
    Demand.objects.create(comparison=comparison, pool=experts, wanted=1)
    person = make_person(project)
    PoolMembership.objects.create(pool=experts, annotator=person)
    touch(project)

    assert leases.open_count(person, project) == 1
