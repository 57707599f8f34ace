"""My work: today's count, time and pay, one's own answers to change, and what was skipped."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from annotation import leases
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotation, Annotator, Assignment, Criterion
from annotation.permissions import add_member
from annotation.projects import touch
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("midday")]


def answer(
    person: Annotator, ranking: str = "a>b", strength: int | None = 1, seconds: float = 30, **content: Any
) -> Assignment:
    """One more comparison, answered by this person in the letters they were shown."""
    make_comparison(person.project, **content)
    (assignment,) = leases.claim(person, person.project)
    answers = {c.name: Answer(ranking, strength) for c in person.project.criteria.all()}
    submit_many(person, person.project, [Submission(assignment.pk, answers, active_seconds=seconds)])
    return assignment


def skip(person: Annotator, reason: str, prompt: str) -> Assignment:
    make_comparison(person.project, prompt=prompt)
    (assignment,) = leases.claim(person, person.project)
    leases.give_back(person, [assignment.pk], reason=reason)
    return assignment


def get(client: Client, person: Annotator, query: str = "", **headers: str) -> str:
    assert person.user is not None
    client.force_login(person.user)
    response = client.get(reverse("label-work", args=[person.project.slug]) + query, headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def read(html: str) -> str:
    return " ".join(strip_tags(html).split())


def rows(html: str) -> list[str]:
    body = re.search(r"<tbody>(.*)</tbody>", html)
    return [read(row) for row in re.findall(r"<tr>(.*?)</tr>", body.group(1) if body else html)]


@pytest.fixture
def person(db: None) -> Annotator:
    return make_person(make_project(human_label_price=Decimal("0.45"), currency="GBP"))


# --- what was done today -----------------------------------------------------------------------


def test_the_page_opens_with_todays_count_time_and_pay(client: Client, person: Annotator) -> None:
    for _ in range(12):
        answer(person, seconds=90)
    text = read(get(client, person))
    assert "You gave 12 answers today. That took 18 min and is worth £5.40." in text
    assert "An answer takes you 1 min 30 s, the middle of your last 12." in text
    assert "At £0.45 each, an hour pays about £18.00." in text


def test_too_few_answers_say_so_instead_of_an_estimate(client: Client, person: Annotator) -> None:
    answer(person, seconds=90)
    text = read(get(client, person))
    assert "You gave one answer today." in text
    assert "Your pace shows after 5 answers." in text
    assert "an hour pays" not in text


def test_without_a_price_nothing_is_said_about_money(client: Client) -> None:
    person = make_person(make_project())
    for _ in range(6):
        answer(person, seconds=20)
    text = read(get(client, person))
    assert "You gave 6 answers today. That took 2 min." in text
    assert "worth" not in text
    assert "$" not in text


def test_yesterdays_answers_are_not_todays(client: Client, person: Annotator) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=1)):
        answer(person)
        answer(person)
    assert "No answer yet today, 2 in all." in read(get(client, person))


def test_who_has_answered_nothing_is_told_how_to_start(client: Client, person: Annotator) -> None:
    html = get(client, person)
    assert "You have not answered anything here yet." in read(html)
    assert "<table" not in html
    assert reverse("label", args=[person.project.slug]) in html


def test_looking_at_ones_work_does_not_make_anybody_an_annotator(client: Client) -> None:
    project = make_project()
    user = make_user()
    membership = add_member(project, user, "owner")
    client.force_login(user)
    response = client.get(reverse("label-work", args=[project.slug]))
    assert "You have not answered anything here yet." in response.content.decode()
    membership.refresh_from_db()
    assert membership.annotator is None


# --- the list ----------------------------------------------------------------------------------


def test_answers_are_listed_newest_first_with_what_was_asked_and_said(
    client: Client, person: Annotator
) -> None:
    answer(person, "a>b", 2, prompt="Name a use for a paper clip.", seconds=41)
    answer(person, "a=b", None, prompt="Name a use for a spoon.", seconds=75)
    newest, oldest = rows(get(client, person))
    assert "Name a use for a spoon." in newest
    assert "Tie" in newest
    assert newest.endswith("1 min 15 s")
    assert "Name a use for a paper clip." in oldest
    assert "A clearly better" in oldest
    assert oldest.endswith("41 s")


def test_letters_are_those_that_the_person_saw(client: Client, person: Annotator) -> None:
    shown: set[str] = set()
    while len(shown) < 2:
        shown.add(answer(person, "a>b", 2).shown)
    assert all("A clearly better" in row for row in rows(get(client, person)))


def test_every_row_leads_to_its_answer(client: Client, person: Annotator) -> None:
    assignment = answer(person)
    html = get(client, person)
    assert f'href="{reverse("label-one", args=[person.project.slug, assignment.pk])}"' in html


def test_a_changed_answer_is_marked_takes_the_time_of_both_and_is_listed_once(
    client: Client, person: Annotator
) -> None:
    assignment = answer(person, "a>b", 2, seconds=41)
    change = Submission(assignment.pk, {"overall": Answer("b>a", 1)}, revision=1, active_seconds=9)
    submit_many(person, person.project, [change])
    (row,) = rows(get(client, person))
    assert "B slightly better" in row
    assert "changed" in row
    assert row.endswith("50 s")


def test_a_changed_answer_keeps_its_place_in_the_list(client: Client, person: Annotator) -> None:
    first = answer(person, prompt="The first.")
    answer(person, prompt="The second.")
    change = Submission(first.pk, {"overall": Answer("b>a", 1)}, revision=1)
    submit_many(person, person.project, [change])
    assert ["first" in row for row in rows(get(client, person))] == [False, True]


def test_several_questions_are_named(client: Client, person: Annotator) -> None:
    Criterion.objects.create(project=person.project, name="free-of-errors", position=1)
    touch(person.project)
    answer(person, "a=b", None)
    (row,) = rows(get(client, person))
    assert "Overall Tie" in row
    assert "Free of errors Tie" in row


def test_hostile_text_stays_text(client: Client, person: Annotator) -> None:
    answer(person, prompt="<script>alert(1)</script>")
    skip(person, "unsafe", "<img src=x onerror=alert(2)>")
    html = get(client, person)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_nobody_sees_what_others_did(client: Client, person: Annotator) -> None:
    answer(person, prompt="What I was asked.")
    other = make_person(person.project)
    answer(other, prompt="What the other one was asked.")
    skip(other, "broken", "What the other one skipped.")
    elsewhere = make_project()
    answer(make_person(elsewhere), prompt="What was asked elsewhere.")
    html = get(client, person)
    assert len(rows(html)) == 1
    assert "What I was asked." in html
    for text in ("other one", "elsewhere"):
        assert text not in html


def test_imported_answers_are_not_listed(client: Client, person: Annotator) -> None:
    imported = Assignment.objects.create(
        comparison=make_comparison(person.project, wanted=0),
        annotator=person,
        purpose=Assignment.Purpose.IMPORT,
        state=Assignment.State.SUBMITTED,
        shown="unknown",
        claimed_at=datetime(2031, 5, 14, tzinfo=UTC),
    )
    Annotation.objects.create(assignment=imported, shown="unknown")
    assert "You have not answered anything here yet." in read(get(client, person))


def test_more_continues_behind_the_last_row_and_shows_every_answer_once(
    client: Client, person: Annotator
) -> None:
    for number in range(53):
        answer(person, prompt=f"Question {number:02d}")
    html = get(client, person)
    seen = rows(html)
    assert len(seen) == 25
    html_after = html
    while more := re.search(r'hx-get="(\?before=\d+)"', html_after):
        html_after = get(client, person, more.group(1), **{"HX-Request": "true"})
        assert "<html" not in html_after
        seen += rows(html_after)
    numbers = re.findall(r"Question (\d\d)", " ".join(seen))
    assert numbers == [f"{number:02d}" for number in reversed(range(53))]


def test_more_works_without_scripts_and_there_is_a_way_back(client: Client, person: Annotator) -> None:
    for _ in range(26):
        answer(person)
    skip(person, "broken", "Skipped.")
    more = re.search(r'href="(\?before=\d+)"', get(client, person))
    assert more
    html = get(client, person, more.group(1))
    assert len(rows(html)) == 1
    assert "Back to the newest" in html
    assert "Take it back" not in html


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "", "²"])
def test_an_address_that_names_no_row_shows_the_newest(
    client: Client, person: Annotator, before: str
) -> None:
    answer(person)
    assert len(rows(get(client, person, f"?before={before}"))) == 1


def statements(client: Client, person: Annotator, query: str = "", **headers: str) -> int:
    get(client, person, query, **headers)
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("label-work", args=[person.project.slug]) + query, headers=headers)
    return len([q for q in captured if "session" not in q["sql"]])


def test_the_page_takes_the_same_six_statements_for_one_answer_and_for_sixty(
    client: Client, person: Annotator
) -> None:
    answer(person)
    skip(person, "broken", "Skipped.")
    assert statements(client, person) == 6
    for _ in range(59):
        answer(person)
        skip(person, "unsafe", "Skipped too.")
    assert statements(client, person) == 6
    last = Annotation.objects.order_by("pk")[40].assignment_id
    assert statements(client, person, f"?before={last}", **{"HX-Request": "true"}) == 4


# --- skipped -----------------------------------------------------------------------------------


def test_skipped_comparisons_are_listed_with_the_reason_and_can_be_taken_back(
    client: Client, person: Annotator
) -> None:
    skipped = skip(person, "not_my_field", "Prove that the sum converges.")
    html = get(client, person)
    assert "Prove that the sum converges. Not my field" in read(html)
    assert f'name="assignment" value="{skipped.pk}"' in html

    url = reverse("label-unskip", args=[person.project.slug])
    response = client.post(url, {"assignment": skipped.pk})
    assert response.headers["Location"] == reverse("label-work", args=[person.project.slug])
    assert "Prove that" not in get(client, person)
    assert [a.pk for a in leases.claim(person, person.project)] == [skipped.pk]


def test_what_was_returned_without_a_reason_was_not_skipped(client: Client, person: Annotator) -> None:
    make_comparison(person.project)
    (assignment,) = leases.claim(person, person.project)
    leases.give_back(person, [assignment.pk])
    assert "Take it back" not in get(client, person)
