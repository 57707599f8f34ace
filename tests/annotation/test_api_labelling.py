"""Lending and submitting over the REST API."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from annotation import leases
from annotation.models import Acknowledgement, Annotation, Annotator, Guidelines, Label, Rationale
from annotation.projects import touch
from tests.annotation.calling import claim_one, client_of, field_at_fault, member, post
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


GOOD = {"ranking": "a>b"}


def test_an_annotator_is_lent_a_comparison_and_submits_what_they_saw() -> None:
    project = make_project()
    comparison = make_comparison(project, "It holds paper.", "It is a small boat.")
    person = make_person(project)
    client = client_of(person)

    reply = post(client, project, "claim", {}).json()

    assert reply["guidelines"]["text"] == "Read both responses to the end."
    assert reply["criteria"][0]["preferences"] == [2, 1, 0, -1, -2]
    [lent] = reply["lent"]
    assert lent["prompt"] == comparison.prompt
    assert [response["letter"] for response in lent["responses"]] == ["a", "b"]
    texts = [response["messages"][0]["content"] for response in lent["responses"]]
    boat = "ab"[texts.index("It is a small boat.")]
    other = "b" if boat == "a" else "a"
    answer = {
        "ranking": f"{other}>{boat}",
        "strength": 2,
        "confidence": "very",
        "rationale": "It is no boat.",
    }
    body = {"key": lent["key"], "answers": {"overall": answer}, "active_seconds": 12.5, "idle_seconds": 0}

    receipt = post(client, project, "submit", body)

    assert (receipt.status_code, receipt.json()) == (
        200,
        {"key": lent["key"], "replayed": False, "differs": False, "surplus": False},
    )
    label = Label.objects.get(comparison=comparison, annotator=person)
    assert (label.ranking, label.strength, label.confidence) == ("a>b", 2, "very")
    assert label.annotation.active_seconds == 12.5
    assert Rationale.objects.get(label=label).text == "It is no boat."
    assert post(client, project, "claim", {}).json()["lent"] == []


@pytest.mark.parametrize("preference", [-2, -1, 0, 1, 2])
def test_a_signed_preference_is_about_the_order_shown(preference: int) -> None:
    project = make_project()
    comparison = make_comparison(project)
    person = make_person(project)
    client = client_of(person)
    lent = claim_one(client, project)

    post(client, project, "submit", {"key": lent["key"], "answers": {"overall": {"preference": preference}}})

    label = Label.objects.get(comparison=comparison)
    shown = leases.shown_order(person, comparison.pk, 2)
    if preference:
        assert label.ranking[0] == (shown[0] if preference > 0 else shown[1])
        assert label.strength == abs(preference)
    else:
        assert (label.ranking, label.strength) == ("a=b", None)


def test_sending_the_same_key_again_gives_the_same_receipt_and_one_label() -> None:
    project = make_project()
    make_comparison(project)
    client = member(project, "annotator")
    key = claim_one(client, project)["key"]

    first = post(client, project, "submit", {"key": key, "answers": {"overall": {"ranking": "a>b"}}})
    again = post(client, project, "submit", {"key": key, "answers": {"overall": {"ranking": "b>a"}}})

    assert (first.json()["replayed"], again.json()["replayed"]) == (False, True)
    assert Label.objects.count() == 1


def test_two_may_be_held_and_no_more() -> None:
    project = make_project()
    for _ in range(4):
        make_comparison(project)
    client = member(project, "annotator")
    assert len(post(client, project, "claim", {"n": 2}).json()["lent"]) == 2
    assert len(post(client, project, "claim", {"n": 2}).json()["lent"]) == 2
    assert post(client, project, "claim", {"n": 3}).status_code == 422
    assert leases.open_count(Annotator.objects.get(), project) == 4


def test_only_the_revision_that_was_issued_is_accepted() -> None:
    project = make_project()
    make_comparison(project)
    client = member(project, "annotator")
    key = claim_one(client, project)["key"]
    answers = {"overall": {"ranking": "a>b"}}

    reply = post(client, project, "submit", {"key": key.replace(".0", ".77"), "answers": answers})

    assert (reply.status_code, field_at_fault(reply)) == (422, "key")
    assert "as `claim` gives it" in reply.json()["errors"][0]["message"]
    assert Label.objects.count() == 0
    assert post(client, project, "submit", {"key": key, "answers": answers}).status_code == 200


def test_what_was_lent_to_another_cannot_be_submitted() -> None:
    project = make_project()
    make_comparison(project)
    key = claim_one(member(project, "annotator"), project)["key"]

    reply = post(
        member(project, "annotator"),
        project,
        "submit",
        {"key": key, "answers": {"overall": {"ranking": "a>b"}}},
    )

    assert reply.status_code == 404
    assert reply.json()["detail"] == "This was not lent to you."
    assert Label.objects.count() == 0


def test_claim_and_submit_take_a_fixed_number_of_statements() -> None:
    project = make_project()
    for _ in range(3):
        make_comparison(project)
    client = member(project, "annotator")
    numbers = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            key = claim_one(client, project)["key"]
            post(client, project, "submit", {"key": key, "answers": {"overall": GOOD}})
        numbers.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
    assert numbers[1] == numbers[2]
    assert numbers[2] <= 14


def test_nothing_is_lent_before_the_guidelines_were_read() -> None:
    project = make_project()
    make_comparison(project)
    person = make_person(project, read=False)
    client = client_of(person)

    first = post(client, project, "claim", {}).json()
    assert first["guidelines"] == {"version": 1, "text": "Read both responses to the end.", "read": False}
    assert first["lent"] == []
    again = post(client, project, "claim", {"guidelines": 1}).json()
    assert again["guidelines"]["read"]
    assert len(again["lent"]) == 1
    assert Acknowledgement.objects.get(annotator=person).guidelines.version == 1
    assert len(post(client, project, "claim", {}).json()["lent"]) == 1, "once is enough"


@pytest.mark.parametrize("version", [0, 2, "x", True])
def test_only_the_newest_guidelines_can_be_said_to_be_read(version: object) -> None:
    project = make_project()
    person = make_person(project, read=False)
    reply = post(client_of(person), project, "claim", {"guidelines": version})
    assert (reply.status_code, field_at_fault(reply)) == (422, "guidelines")
    assert not Acknowledgement.objects.exists()


def test_an_answer_names_the_guidelines_that_were_read_not_those_that_came_since() -> None:
    project = make_project()
    make_comparison(project)
    client = member(project, "annotator")
    lent = claim_one(client, project)
    Guidelines.objects.create(project=project, version=2, text="Read them aloud.")
    touch(project)

    post(client, project, "submit", {"key": lent["key"], "answers": {"overall": GOOD}})

    assert Annotation.objects.get().guidelines.version == 1
    reply = post(client, project, "claim", {}).json()
    assert (reply["guidelines"]["version"], reply["guidelines"]["read"]) == (2, False)


def test_guidelines_without_a_word_need_no_reading_and_are_named_by_no_answer() -> None:
    project = make_project()
    make_comparison(project)
    project.guidelines_versions.update(text=" ")
    client = client_of(make_person(project, read=False))
    key = claim_one(client, project)["key"]
    post(client, project, "submit", {"key": key, "answers": {"overall": GOOD}})
    assert Annotation.objects.get().guidelines is None


def test_comparisons_are_lent_for_as_long_as_the_project_says() -> None:
    project = make_project(lease_seconds=1800)
    for _ in range(2):
        make_comparison(project)
    before = timezone.now()
    lent = post(member(project, "annotator"), project, "claim", {"n": 2}).json()["lent"]
    for one in lent:
        assert before <= parse_datetime(one["leased_until"]) - timedelta(seconds=1800) <= timezone.now()


def test_a_replay_after_a_question_was_edited_is_a_replay() -> None:
    project = make_project()
    make_comparison(project)
    client = member(project, "annotator")
    body = {"key": claim_one(client, project)["key"], "answers": {"overall": {"preference": 2}}}
    post(client, project, "submit", body)
    project.criteria.update(name="better")
    touch(project)

    again = post(client, project, "submit", body)

    assert (again.status_code, again.json()["replayed"]) == (200, True)
    assert Label.objects.count() == 1


def test_a_caller_is_told_how_rankings_and_rationales_have_to_be() -> None:
    project = make_project()
    project.criteria.update(ranking="top-2", rationale="required", rationale_min=20)
    touch(project)
    [criterion] = post(member(project, "annotator"), project, "claim", {}).json()["criteria"]
    assert (criterion["ranking"], criterion["rationale"], criterion["rationale_min"]) == (
        "top-2",
        "required",
        20,
    )
