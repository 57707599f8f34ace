"""What annotators report, as owners find it: open flags until they are settled, and reasons of skips."""

import pytest

from annotation import leases
from annotation.flags import open_flags, raise_flag, resolve, skips
from annotation.models import Annotator, Comparison, Flag
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


def skip(person: Annotator, reason: str) -> Comparison:
    comparison = make_comparison(person.project)
    (assignment,) = leases.claim(person, person.project)
    leases.give_back(person, [assignment.pk], reason=reason)
    return comparison


def test_open_flags_are_those_of_the_project_oldest_first() -> None:
    project, other = make_project(), make_project()
    comparison, person = make_comparison(project), make_person(project)
    first = raise_flag(person, comparison.pk, "A is cut off.")
    second = raise_flag(make_person(project), comparison.pk, "It names somebody.")
    raise_flag(make_person(other), make_comparison(other).pk, "Elsewhere.")
    assert list(open_flags(project)) == [first, second]
    resolve(project, first.pk, make_user())
    assert list(open_flags(project)) == [second]


def test_a_settled_flag_stays_settled_when_it_is_settled_again() -> None:
    project = make_project()
    flag = raise_flag(make_person(project), make_comparison(project).pk, "A is cut off.")
    settled = resolve(project, flag.pk, make_user()).resolved_at
    assert settled is not None
    assert resolve(project, flag.pk, make_user()).resolved_at == settled


def test_what_is_flagged_again_after_it_was_settled_is_open_again() -> None:
    project = make_project()
    comparison, person = make_comparison(project), make_person(project)
    resolve(project, raise_flag(person, comparison.pk, "A is cut off.").pk, make_user())
    again = raise_flag(person, comparison.pk, "It still is.")
    assert list(open_flags(project)) == [again]
    assert Flag.objects.count() == 2


def test_a_flag_of_another_project_cannot_be_settled() -> None:
    project, other = make_project(), make_project()
    flag = raise_flag(make_person(other), make_comparison(other).pk, "A is cut off.")
    with pytest.raises(Flag.DoesNotExist):
        resolve(project, flag.pk, make_user())
    assert list(open_flags(other)) == [flag]


def test_reasons_of_skips_are_counted_for_the_project_and_for_one_comparison() -> None:
    project = make_project()
    person = make_person(project)
    skip(person, "unsafe")
    skip(person, "broken")
    broken = skip(person, "broken")
    skip(make_person(make_project()), "unsafe")
    assert list(skips(project).items()) == [("broken", 2), ("unsafe", 1)]
    assert skips(project, broken) == {"broken": 1}


def test_a_skip_that_was_taken_back_is_not_counted() -> None:
    person = make_person(make_project())
    skip(person, "broken")
    leases.lend_again(person)
    assert skips(person.project) == {}
