"""Hidden gold, repeats and mirrors: lent behind the work, at the rate asked for, and counted nowhere."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import leases
from annotation.instruments.known import (
    GoldError,
    known_of,
    make_gold,
    proposals,
    unmake_gold,
    use_references,
)
from annotation.instruments.lending import drawn
from annotation.instruments.settings import Quality
from annotation.instruments.setup import set_quality
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotator, Assignment, AuditEntry, Demand, Gold, Label, Project, Reference
from annotation.reports import agreement_of, refresh_consensus
from annotation.work_done import work_of_people
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(scale="three-way", human_label_price="0.50")


def work(person: Annotator, project: Project, most: int = 1000) -> list[Assignment]:
    """Answers until nothing is lent; what was answered, in order."""
    given: list[Assignment] = []
    while len(given) < most and (lent := leases.claim(person, project)):
        submit_many(person, project, [Submission(lent[0].pk, {"overall": Answer("a>b")}, active_seconds=60)])
        given.append(lent[0])
    return given


def known(project: Project, number: int, use: str = "monitoring") -> None:
    for _ in range(number):
        make_gold(project, make_comparison(project), {"overall": "a>b"}, use)


def test_one_in_so_many_is_an_instrument_and_nobody_can_foresee_which(settings: Any) -> None:
    settings.SECRET_KEY = "the same in every run"
    quality = Quality(gold=0.1, repeats=0.05, mirrors=0.05)
    found = [drawn(quality, 7, assignment) for assignment in range(20_000)]
    work = found.count(None)
    for purpose, share in (("gold", 0.1), ("repeat", 0.05), ("mirror", 0.05)):
        assert found.count(purpose) / (2 * 20_000 - work) == pytest.approx(share, abs=0.01)
    assert found != [drawn(quality, 8, assignment) for assignment in range(20_000)], "another for each person"
    assert found == [drawn(quality, 7, assignment) for assignment in range(20_000)], "the same each time"


@pytest.mark.usefixtures("even_draws")
def test_known_comparisons_come_behind_the_work_and_take_none_of_it(project: Project) -> None:
    known(project, 20)
    for _ in range(30):
        make_comparison(project)
    set_quality(project, {"gold": 0.3})
    given = work(make_person(project), project)
    purposes = [one.purpose for one in given]
    assert purposes.count("work") == 30, "all of the work, and nothing but instruments on top"
    assert 3 <= purposes.count("gold") <= 20
    assert not Demand.objects.filter(live__gt=0).exists()
    assert sum(Demand.objects.values_list("done", flat=True)) == 30


@pytest.mark.usefixtures("even_draws")
def test_a_repeat_shows_the_same_order_after_the_gap_and_a_mirror_the_other(project: Project) -> None:
    for _ in range(60):
        make_comparison(project)
    set_quality(project, {"repeats": 0.15, "mirrors": 0.15, "repeat_gap": 5})
    given = work(make_person(project), project)
    first = {one.comparison_id: (at, one.shown) for at, one in enumerate(given) if one.purpose == "work"}
    again = [(at, one) for at, one in enumerate(given) if one.purpose in ("repeat", "mirror")]
    assert {one.purpose for _, one in again} == {"repeat", "mirror"}
    for at, one in again:
        before, shown = first[one.comparison_id]
        assert at - before >= 5
        assert one.shown == (shown if one.purpose == "repeat" else shown[::-1])
    assert len({one.comparison_id for _, one in again}) == len(again), "once each"


@pytest.mark.usefixtures("even_draws")
def test_instruments_count_as_work_for_the_person_and_in_no_figure(project: Project) -> None:
    known(project, 10)
    for _ in range(20):
        make_comparison(project, wanted=2)
    set_quality(project, {"gold": 0.3, "mirrors": 0.2, "repeat_gap": 1})
    person = make_person(project)
    given = work(person, project)
    work(make_person(project), project)
    assert {"gold", "mirror"} < {one.purpose for one in given}
    assert leases.done_by(person) == len(given)
    assert work_of_people(project)[person.pk].answers == len(given), "they are paid"
    assert Label.objects.filter(independent=True).count() == 40
    criterion = project.criteria.get()
    assert agreement_of(project)["criteria"][0]["groups"]["human_human"]["labels"] == 40
    refresh_consensus(project)
    gold = set(known_of(project))
    assert not criterion.consensus.filter(comparison__in=gold, support__gt=0).exists()


@pytest.mark.usefixtures("even_draws")
def test_without_instruments_an_answer_costs_no_statement_more(project: Project) -> None:
    for _ in range(6):
        make_comparison(project)
    person = make_person(project)
    work(person, project, 2)
    with CaptureQueriesContext(connection) as without:
        work(person, project, 1)
    known(project, 1)
    set_quality(project, {"gold": 0.01})
    project.refresh_from_db()
    known_of(project)
    work(person, project, 1)
    with CaptureQueriesContext(connection) as with_them:
        work(person, project, 1)
    assert len(with_them) == len(without), "an instrument that was not drawn costs nothing"


def test_the_lease_of_an_instrument_that_ran_out_does_not_stand_in_the_way(project: Project) -> None:
    comparison = make_comparison(project)
    person = make_person(project)
    Assignment.objects.create(
        comparison=comparison,
        annotator=person,
        purpose="gold",
        state="expired",
        shown="ab",
        claimed_at=comparison.created_at,
    )
    [lent] = leases.claim(person, project)
    assert lent.comparison_id == comparison.pk
    assert lent.purpose == "work"


def test_people_are_asked_no_more_about_gold_until_it_is_none(project: Project) -> None:
    comparison = make_comparison(project, wanted=2)
    project.labels_wanted = 2
    project.save()
    make_gold(project, comparison, {"overall": "b>a"}, explanation="The first leaves out half.")
    assert Demand.objects.get().wanted == 0
    assert known_of(project)[comparison.pk].explanation == "The first leaves out half."
    unmake_gold(project, comparison)
    assert Demand.objects.get().wanted == 2
    assert not known_of(project)
    assert Reference.objects.get().ranking == "b>a", "what is known stays known"
    assert AuditEntry.objects.filter(act="gold").count() == 2


def test_a_known_answer_from_elsewhere_is_not_overruled(project: Project) -> None:
    comparison = make_comparison(project)
    Reference.objects.create(
        comparison=comparison, criterion=project.criteria.get(), ranking="a>b", source="import"
    )
    with pytest.raises(GoldError, match="import says a>b"):
        make_gold(project, comparison, {"overall": "b>a"})
    assert not Gold.objects.exists()


@pytest.mark.parametrize("answers", [{}, {"overall": "a>c"}, {"nothing": "a>b"}])
def test_what_is_no_answer_makes_no_gold(project: Project, answers: dict[str, Any]) -> None:
    with pytest.raises(GoldError):
        make_gold(project, make_comparison(project), answers)


def test_references_become_gold_by_the_owners_choice_alone(project: Project) -> None:
    criterion = project.criteria.get()
    for ranking in ("a>b", ""):
        Reference.objects.create(comparison=make_comparison(project), criterion=criterion, ranking=ranking)
    assert not known_of(project)
    assert use_references(project) == 1, "no answer is no gold"
    assert use_references(project) == 0
    entry = AuditEntry.objects.get(project=project, act="gold")
    assert entry.before == {"comparisons": {}, "for_evaluation_only": 1}
    assert entry.after == {"comparisons": {"monitoring": 1}, "for_evaluation_only": 0}
    assert next(iter(known_of(project, "monitoring").values())).answers == {criterion.pk: "a>b"}


def test_what_all_agree_on_is_proposed(project: Project) -> None:
    agreed, disputed, few = (make_comparison(project) for _ in range(3))
    people = [make_person(project) for _ in range(5)]
    for number, person in enumerate(people):
        answer(person, agreed, "b>a")
        answer(person, disputed, "a>b" if number else "b>a")
    for person in people[:2]:
        answer(person, few, "a>b")
    refresh_consensus(project)
    [found] = proposals(project)
    assert (found.comparison, found.ranking, found.support) == (agreed, "b>a", 5)
    make_gold(project, agreed, {"overall": found.ranking})
    assert proposals(project) == []
