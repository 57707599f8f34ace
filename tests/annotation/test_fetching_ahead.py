"""Fetching ahead: what a browser holds without having shown it, renewed while the person is there."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from annotation import leases
from annotation.leases import open_queue
from annotation.models import Annotator, Assignment, Demand, Project
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def time_stands_still() -> Iterator[None]:
    with time_machine.travel(timezone.now(), tick=False):
        yield


def make(number: int, **fields: object) -> tuple[Project, Annotator]:
    project = make_project(**fields)
    for _ in range(number):
        make_comparison(project)
    return project, make_person(project)


def ids(assignments: list[Assignment]) -> list[int]:
    return [assignment.pk for assignment in assignments]


def seconds_left(assignment_id: int) -> float:
    until = Assignment.objects.get(pk=assignment_id).leased_until
    assert until is not None
    return (until - timezone.now()).total_seconds()


def test_only_what_the_browser_lacks_is_given() -> None:
    project, person = make(5)
    first = ids(leases.claim(person, project, n=3, ahead=True))
    assert len(first) == 3
    [brought] = leases.claim(person, project, n=3, have=first[1:])
    assert brought.pk == first[0], "still held, and not in the browser"
    assert Demand.objects.filter(live=1).count() == 3


def test_one_more_is_lent_for_every_one_submitted() -> None:
    project, person = make(5)
    first, *rest = ids(leases.claim(person, project, n=3, ahead=True))
    leases.give_back(person, [first])
    [brought] = leases.claim(person, project, n=3, have=rest)
    assert brought.pk not in [first, *rest]
    assert leases.claim(person, project, n=3, have=[*rest, brought.pk]) == []


@pytest.mark.parametrize("lean", [True, False])
def test_what_came_back_to_life_is_not_given_twice(lean: bool) -> None:
    project, person = make(5)
    first, *rest = ids(leases.claim(person, project, n=3, ahead=True, lean=lean))
    leases.give_back(person, [first], again=True)
    brought = ids(leases.claim(person, project, n=3, have=[first, rest[0]], ahead=True, lean=lean))
    assert brought == [rest[1]], "the browser has the first one still"
    assert Assignment.objects.get(pk=first).state == "live"


@pytest.mark.parametrize("lean", [True, False])
def test_what_is_held_and_not_in_the_browser_comes_in_the_end(lean: bool) -> None:
    project, person = make(5)
    first, second, third = ids(leases.claim(person, project, n=3, ahead=True, lean=lean))
    leases.give_back(person, [first])
    brought = ids(leases.claim(person, project, n=3, have=[first, second], ahead=True, lean=lean))
    brought += ids(leases.claim(person, project, n=3, have=[second, *brought], ahead=True, lean=lean))
    assert third in brought
    assert Demand.objects.filter(live=1).count() == 3


def test_what_is_not_seen_yet_is_held_shortly_and_renewed_while_the_person_is_there() -> None:
    project, person = make(2, lease_seconds=1800)
    shown, held = ids(leases.claim(person, project, n=2, ahead=True))
    assert seconds_left(held) == pytest.approx(leases.HOLD_SECONDS)
    with time_machine.travel(timezone.now() + timedelta(seconds=60), tick=False):
        assert leases.renew(person, project, [shown], [held]) == {shown, held}
        assert seconds_left(shown) == pytest.approx(1800)
        assert seconds_left(held) == pytest.approx(leases.HOLD_SECONDS)


def test_several_comparisons_are_lent_in_full_to_whoever_does_not_fetch_ahead() -> None:
    project, person = make(2, lease_seconds=1800)
    for lent in ids(leases.claim(person, project, n=2)):
        assert seconds_left(lent) == pytest.approx(1800)


def test_a_hold_that_ran_out_is_over_and_what_is_shown_is_not() -> None:
    project, person = make(2, lease_seconds=200)
    shown, held = ids(leases.claim(person, project, n=2, ahead=True))
    with time_machine.travel(timezone.now() + timedelta(seconds=201), tick=False):
        assert leases.renew(person, project, [shown], [held]) == {shown}
        assert leases.expire(project) == 1
        assert Assignment.objects.get(pk=held).state == "expired"
        assert seconds_left(shown) == pytest.approx(200)


def test_renewing_never_shortens_a_lease() -> None:
    project, person = make(1, lease_seconds=1800)
    [shown] = ids(leases.claim(person, project))
    leases.renew(person, project, [], [shown])
    assert seconds_left(shown) == pytest.approx(1800)


def test_what_was_taken_back_or_belongs_to_another_is_not_renewed() -> None:
    project, person = make(2)
    shown, held = ids(leases.claim(person, project, n=2, ahead=True))
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        leases.expire(project)
        assert leases.renew(person, project, [shown], [held]) == set()
        other = make_person(project)
        theirs = ids(leases.claim(other, project, n=2))
        assert leases.renew(person, project, theirs) == set()


def test_a_skip_keeps_its_reason_and_can_be_taken_back() -> None:
    project, person = make(2)
    [held] = ids(leases.claim(person, project))
    leases.give_back(person, [held], reason=Assignment.SkipReason.UNSAFE)
    assert Assignment.objects.get(pk=held).skip_reason == "unsafe"
    [following] = ids(leases.claim(person, project))
    assert following != held
    leases.give_back(person, [following])
    assert leases.claim(person, project) == []

    assert leases.lend_again(person, [held]) == 1
    assert ids(leases.claim(person, project)) == [held]
    assert Assignment.objects.get(pk=held).skip_reason == ""


def test_what_is_left_is_counted_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    project, person = make(3)
    leases.claim(person, project)
    assert leases.open_count(person, project) == 3
    monkeypatch.setattr(open_queue, "COUNTED", 1)
    assert leases.open_count(person, project) is None
