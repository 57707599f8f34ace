"""Consent, test and training stand before the work, once each, and say how they went."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation import leases, people
from annotation.instruments.before_work import agree, newest_consent, read_notice, stage
from annotation.instruments.known import make_gold
from annotation.instruments.setup import set_quality
from annotation.labels import Answer, Submission, submit_many
from annotation.models import (
    Annotator,
    Assignment,
    AuditEntry,
    ConsentGiven,
    Label,
    Notice,
    Project,
    QualificationTry,
)
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project(scale="three-way")
    for _ in range(3):
        make_comparison(project)
    return project


def known(project: Project, use: str, number: int) -> None:
    for _ in range(number):
        make_gold(project, make_comparison(project), {"overall": "a>b"}, use, "The second leaves out half.")


def again(person: Annotator) -> Annotator:
    return Annotator.objects.get(pk=person.pk)


def read(person: Annotator) -> Notice:
    """What waits to be read, and reads it."""
    assert person.notice_id is not None
    notice = Notice.objects.get(pk=person.notice_id)
    read_notice(person, notice.pk)
    return notice


def give(person: Annotator, project: Project, lent: Assignment, right: bool) -> None:
    first = lent.shown[0] == "a"
    said = "a>b" if first == right else "b>a"
    submit_many(person, project, [Submission(lent.pk, {"overall": Answer(said)}, active_seconds=30)])


def take(person: Annotator, project: Project, answers: list[bool]) -> list[Assignment]:
    """Answers what is lent, right or wrong as told."""
    given = []
    for right in answers:
        lent = leases.claim(person, project)[0]
        give(person, project, lent, right)
        given.append(lent)
    return given


def test_nothing_is_lent_before_consent_and_a_new_text_is_asked_for_again(project: Project) -> None:
    set_quality(project, {}, consent="Taking part is free.")
    person = make_person(project)
    assert stage(person, project) == "consent"
    assert leases.claim(person, project) == []
    consent = newest_consent(project)
    assert consent is not None
    agree(person, consent)
    agree(person, consent)
    assert len(leases.claim(again(person), project)) == 1
    assert ConsentGiven.objects.count() == 1

    set_quality(project, {}, consent="Taking part is free. You may stop at any time.")
    assert leases.claim(again(person), project) == []
    newer = newest_consent(project)
    assert newer is not None
    assert newer.version == 2
    set_quality(project, {}, consent="")
    assert len(leases.claim(again(person), project)) == 1, "nobody is asked any more"


def test_the_api_says_what_waits_on_the_page(client: Client, project: Project) -> None:
    set_quality(project, {}, consent="Taking part is free.")
    person = make_person(project)
    assert person.user is not None
    client.force_login(person.user)
    url = reverse("api-claim", args=[project.slug])
    reply = client.post(url, {}, content_type="application/json").json()
    assert (reply["waits"], reply["lent"]) == ("consent", [])
    consent = newest_consent(project)
    assert consent is not None
    agree(person, consent)
    reply = client.post(url, {}, content_type="application/json").json()
    assert (reply["waits"], len(reply["lent"])) == (None, 1)
    assert "purpose" not in reply["lent"][0], "an instrument looks like work"


def test_the_consent_of_another_project_is_none(project: Project) -> None:
    other = make_project()
    set_quality(other, {}, consent="Something else.")
    consent = newest_consent(other)
    assert consent is not None
    with pytest.raises(ValueError, match="another project"):
        agree(make_person(project), consent)


def test_whoever_passes_the_test_works(project: Project) -> None:
    known(project, "qualification", 6)
    set_quality(project, {"qualification": {"comparisons": 5, "pass": 0.8}})
    person = make_person(project)
    assert leases.claim(person, project) == []
    assert read(person).attempt is None, "first it says what begins"
    given = take(person, project, [True, True, False, True, True])
    assert {one.purpose for one in given} == {"qualification"}
    assert leases.claim(person, project) == []
    notice = read(person)
    assert notice.attempt is not None
    assert (notice.attempt.right, notice.attempt.of, notice.attempt.passed) == (4, 5, True)
    [lent] = leases.claim(again(person), project)
    assert lent.purpose == "work"
    assert not Label.objects.filter(independent=True).exists()


def test_one_more_try_with_other_comparisons_then_a_pause_that_the_owner_may_lift(project: Project) -> None:
    known(project, "qualification", 6)
    set_quality(project, {"qualification": {"comparisons": 3, "pass": 0.9, "retries": 1}})
    person = make_person(project)
    leases.claim(person, project)
    read(person)
    first = take(person, project, [False, True, False])
    leases.claim(person, project)
    assert read(person).attempt is not None
    second = take(person, project, [False, False, False])
    assert not {one.comparison_id for one in first} & {one.comparison_id for one in second}
    assert leases.claim(person, project) == []
    assert not person.may_be_lent
    entry = AuditEntry.objects.get(act="pause")
    assert entry.actor is None
    assert "0 of 3 answers" in entry.reason
    people.appeal(again(person), "The page was cut off.")

    people.resume(again(person), make_user())
    person = again(person)
    third = take(person, project, [True, True, True])
    assert {one.comparison_id for one in third} == {one.comparison_id for one in first}, "asked once more"
    leases.claim(person, project)
    assert [one.passed for one in QualificationTry.objects.order_by("number")] == [False, False, True]


def test_a_skipped_comparison_of_a_test_is_not_right_and_does_not_hold_it_up(project: Project) -> None:
    known(project, "qualification", 2)
    set_quality(project, {"qualification": {"comparisons": 2, "pass": 0.5}})
    person = make_person(project)
    leases.claim(person, project)
    read(person)
    [lent] = leases.claim(person, project)
    leases.give_back(person, [lent.pk], reason="broken")
    take(person, project, [True])
    leases.claim(person, project)
    attempt = read(person).attempt
    assert attempt is not None
    assert (attempt.right, attempt.passed) == (1, True)


def test_training_tells_after_each_answer_what_was_expected(project: Project) -> None:
    known(project, "training", 2)
    set_quality(project, {"training": 2})
    person = make_person(project)
    leases.claim(person, project)
    assert read(person).assignment is None
    for right in (False, True):
        [lent] = leases.claim(person, project, n=3)
        assert lent.purpose == "training"
        give(person, project, lent, right)
        assert leases.claim(person, project, n=3) == []
        assert read(person).assignment_id == lent.pk
    [lent] = leases.claim(person, project)
    assert lent.purpose == "work"
    assert again(person).trained_at is not None


def test_what_somebody_judged_before_is_no_test_for_them(project: Project) -> None:
    person = make_person(project)
    [lent] = leases.claim(person, project)
    give(person, project, lent, True)
    make_gold(project, lent.comparison, {"overall": "a>b"}, "qualification")
    set_quality(project, {"qualification": {"comparisons": 1}})
    assert leases.claim(person, project)[0].purpose == "work"


@pytest.mark.parametrize("use", ["qualification", "training"])
def test_a_test_without_comparisons_keeps_nobody_waiting(project: Project, use: str) -> None:
    values: dict[str, Any] = {"training": 3, "qualification": {"comparisons": 3}}
    set_quality(project, {use: values[use]})
    assert leases.claim(make_person(project), project)[0].purpose == "work"
