"""Pausing and excluding people: what they are lent, what counts, and what is written down about it."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from annotation import leases
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotator, AuditEntry, Comparison, Demand, Label, Project
from annotation.people import StandingError, appeal, appeals, exclude, pause, readmit, resume
from annotation.work_done import work_of_people
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(human_label_price="0.30")


def answer(person: Annotator, project: Project, choice: str = "a>b", number: int = 1) -> list[Comparison]:
    done = []
    for _ in range(number):
        (lent,) = leases.claim(person, project)
        submit_many(person, project, [Submission(lent.pk, {"overall": Answer(choice, 1)}, active_seconds=60)])
        done.append(lent.comparison)
    return done


def again(person: Annotator) -> Annotator:
    return Annotator.objects.get(pk=person.pk)


def demand(comparison: Comparison) -> tuple[int, int, int]:
    row = Demand.objects.get(comparison=comparison)
    return row.wanted, row.live, row.done


def test_a_paused_person_is_lent_nothing_new_and_may_finish_what_they_hold(project: Project) -> None:
    for _ in range(3):
        make_comparison(project)
    person = make_person(project)
    (held,) = leases.claim(person, project)
    pause(person, make_user(), "You answer faster than anybody can read.")
    person = again(person)
    assert leases.claim(person, project, n=3) == [held]
    submit_many(person, project, [Submission(held.pk, {"overall": Answer("a>b", 1)})])
    assert leases.claim(person, project) == []
    assert Label.objects.get().independent
    resume(person, make_user())
    assert leases.claim(again(person), project)


def test_what_an_excluded_person_said_counts_in_no_figure_and_is_asked_of_others(project: Project) -> None:
    careless, careful = make_person(project), make_person(project)
    comparison = make_comparison(project)
    answer(careless, project)
    waiting = make_comparison(project)
    leases.claim(careless, project)
    assert leases.claim(careful, project) == []
    exclude(careless, make_user(), "Always the first.")
    assert leases.claim(again(careless), project) == []
    assert not Label.objects.get().independent
    assert (demand(comparison), demand(waiting)) == ((1, 0, 0), (1, 0, 0))
    assert {one.pk for one in answer(careful, project, number=2)} == {comparison.pk, waiting.pk}
    assert Label.objects.filter(independent=True).count() == 2


def test_what_was_in_hand_at_the_exclusion_is_kept_but_does_not_count(project: Project) -> None:
    person = make_person(project)
    make_comparison(project)
    (held,) = leases.claim(person, project)
    exclude(person, None, "Always the first.")
    submit_many(again(person), project, [Submission(held.pk, {"overall": Answer("a>b", 1)})])
    assert not Label.objects.get().independent


def test_readmitted_labels_count_again_and_fill_only_slots_that_are_free(project: Project) -> None:
    person, other = make_person(project), make_person(project)
    taken, free = make_comparison(project), make_comparison(project)
    answer(person, project, number=2)
    exclude(person, make_user(), "Mixed up with somebody else.")
    leases.claim(other, project)
    lent = leases.claim(other, project)[0].comparison_id
    taken, free = (taken, free) if lent == taken.pk else (free, taken)
    readmit(person, make_user())
    assert (demand(taken), demand(free)) == ((1, 1, 0), (1, 0, 1))
    assert Label.objects.filter(independent=True).count() == 2
    exclude(person, make_user(), "After all.")  # only what fills a slot is asked of others again
    assert (demand(taken), demand(free)) == ((1, 1, 0), (1, 0, 0))


def test_excluding_takes_as_many_statements_for_forty_labels_as_for_two(project: Project) -> None:
    few, many = make_person(project), make_person(project)
    for _ in range(42):
        make_comparison(project)
    answer(few, project, number=2)
    answer(many, project, number=40)
    counts = []
    for person in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            exclude(person, None, "Too fast.")
            readmit(person, None)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("reason", ["", "  \x00 ", "x" * 501])
def test_nobody_is_paused_without_a_reason_they_can_read(project: Project, reason: str) -> None:
    person = make_person(project)
    with pytest.raises(StandingError):
        pause(person, make_user(), reason)
    assert again(person).may_be_lent


def test_a_person_is_paused_once_and_a_judge_never(project: Project) -> None:
    person = make_person(project)
    judge = Annotator.objects.create(project=project, kind="judge", name="judge")
    with pytest.raises(StandingError):
        pause(judge, None, "Too fast.")
    with pytest.raises(StandingError):
        resume(person, None)
    pause(person, None, "Too fast.")
    for act in (pause, exclude):
        if act is pause:
            with pytest.raises(StandingError):
                act(person, None, "Too fast.")
    exclude(person, None, "Too fast.")
    with pytest.raises(StandingError):
        resume(person, None)


def test_a_paused_person_may_appeal_and_the_owner_reads_it(project: Project) -> None:
    person = make_person(project)
    with pytest.raises(StandingError):
        appeal(person, "I did nothing yet.")
    pause(person, None, "Too fast.")
    note = appeal(again(person), "These texts are short.")
    assert list(appeals(project)) == [note]
    resume(person, make_user())
    assert not appeals(project)


def test_everything_done_about_a_person_is_written_down(project: Project) -> None:
    owner, person = make_user(name="Owner"), make_person(project)
    pause(person, owner, "Too fast.")
    resume(person, owner)
    exclude(person, None, "Always the first.")
    said = [
        (one.act, one.actor_name, one.reason, one.annotator_id) for one in AuditEntry.objects.order_by("pk")
    ]
    assert said == [
        ("pause", "Owner", "Too fast.", person.pk),
        ("resume", "Owner", "", person.pk),
        ("exclude", "", "Always the first.", person.pk),
    ]


def test_nobody_can_edit_the_audit_log(project: Project) -> None:
    pause(make_person(project), None, "Too fast.")
    entry = AuditEntry.objects.get()
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        AuditEntry.objects.update(reason="Nothing happened.")


def test_work_is_counted_once_an_answer_and_its_time_with_all_revisions(project: Project) -> None:
    person = make_person(project)
    make_comparison(project)
    (lent,) = leases.claim(person, project)
    for revision, seconds in ((0, 60.0), (1, 12.0)):
        one = Submission(lent.pk, {"overall": Answer("a>b", 1)}, revision=revision, active_seconds=seconds)
        submit_many(person, project, [one])
    work = work_of_people(project)[person.pk]
    assert (work.answers, work.seconds) == (1, 72.0)
    project.refresh_from_db()
    assert work.earned(project.human_label_price) == project.human_label_price
    assert str(work.hourly(project.human_label_price)) == "15.00"
    assert work_of_people(project, since=work.last, until=work.last) == {}
