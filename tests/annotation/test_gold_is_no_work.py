"""Nothing that moves the queue asks people for labels of gold: it is an instrument, not work."""

import pytest

from annotation import leases, people
from annotation.instruments.known import make_gold
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotator, Assignment, Comparison, Demand, Project
from tests.annotation.voting import as_shown
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(scale="three-way", labels_wanted=2)


def becomes_gold(comparison: Comparison) -> None:
    make_gold(comparison.project, comparison, {"overall": "a>b"})


def still_wanted(comparison: Comparison) -> int:
    demand = Demand.objects.get(comparison=comparison)
    return demand.wanted - demand.live - demand.done


def holder(comparison: Comparison) -> tuple[Annotator, Assignment]:
    """Somebody who was lent the comparison."""
    person = make_person(comparison.project)
    [lent] = leases.claim(person, comparison.project)
    return person, lent


def answer(person: Annotator, lent: Assignment, ranking: str) -> None:
    """In stored letters."""
    said = Answer(as_shown(ranking, lent.shown))
    submit_many(person, person.project, [Submission(lent.pk, {"overall": said})])


def test_a_slot_that_comes_back_after_a_comparison_became_gold_is_not_lent_again(project: Project) -> None:
    comparison = make_comparison(project, wanted=2)
    person, lent = holder(comparison)
    becomes_gold(comparison)
    leases.give_back(person, [lent.pk], reason="broken")
    assert still_wanted(comparison) == 0
    assert leases.claim(make_person(project), project) == []


def test_who_is_excluded_leaves_no_gap_in_gold(project: Project) -> None:
    work, known = make_comparison(project, wanted=1), make_comparison(project, wanted=1)
    person = make_person(project)
    for lent in leases.claim(person, project, n=2):
        answer(person, lent, "a>b")
    becomes_gold(known)
    people.exclude(person, None, "Always the first.")
    assert (still_wanted(work), still_wanted(known)) == (1, 0)


def test_what_is_not_sure_asks_one_more_person_unless_it_became_gold(project: Project) -> None:
    Project.objects.update(labels_cap=5)
    project.refresh_from_db()
    answers = iter(["a>b", "b>a"] * 2)
    for gold in (False, True):
        comparison = make_comparison(project, wanted=2)
        held = [holder(comparison) for _ in range(2)]
        if gold:
            becomes_gold(comparison)
            project.refresh_from_db()
        for person, lent in held:
            answer(person, lent, next(answers))
        assert still_wanted(comparison) == (0 if gold else 1)
        Demand.objects.filter(comparison=comparison).update(wanted=2)  # out of the way
