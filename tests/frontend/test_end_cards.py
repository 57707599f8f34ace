"""The pace line, and what stands in a comparison's place: guidelines to read, thanks when all is done."""

from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from annotation import leases
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotator, Project
from annotation.pace import Pace
from annotation.projects import touch
from tests.factories import make_comparison, make_person, make_project

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("midday")]

SCRIPT = {"Accept": "application/json", "HX-Request": "true"}


def answer(person: Annotator, seconds: float) -> None:
    make_comparison(person.project)
    (assignment,) = leases.claim(person, person.project)
    said = {"overall": Answer("a>b", 1)}
    submit_many(person, person.project, [Submission(assignment.pk, said, active_seconds=seconds)])


def read(html: str) -> str:
    return " ".join(strip_tags(html).split())


@pytest.fixture
def person(db: None) -> Annotator:
    return make_person(make_project(human_label_price=Decimal("0.45"), currency="GBP"))


def pace_line(**context: Any) -> str:
    known = {"done": 18, "left": 42, "all": 60, "minutes": 84.0, "pay": Decimal("17.70"), "currency": "GBP"}
    return read(render_to_string("frontend/parts/pace.html", known | {"pace": Pace()} | context))


def test_the_pace_line_says_how_far_how_long_and_what_it_pays() -> None:
    assert pace_line() == "18 of 60 about 1 h 24 min left £17.70 an hour"


@pytest.mark.parametrize(
    ("unknown", "words"),
    [
        ({"left": None, "all": None, "minutes": None}, "18 done £17.70 an hour"),
        ({"pay": None}, "18 of 60 about 1 h 24 min left"),
        ({"minutes": None, "pay": None}, "18 of 60"),
        ({"left": 0, "all": 18, "minutes": 0.0}, "18 of 18 £17.70 an hour"),
    ],
)
def test_what_is_not_known_is_left_out_of_the_pace_line(unknown: dict[str, Any], words: str) -> None:
    assert pace_line(**unknown) == words


def test_the_pace_line_has_a_bar_and_a_number_to_count_up() -> None:
    html = render_to_string("frontend/parts/pace.html", {"done": 1234, "left": 6, "all": 1240})
    assert '<b data-done="1234">1,234</b> of 1,240' in html
    assert '<progress value="1234" max="1240"' in html


def card(client: Client, person: Annotator, name: str = "label-next", **fields: Any) -> dict[str, Any]:
    assert person.user is not None
    client.force_login(person.user)
    response = client.post(reverse(name, args=[person.project.slug]), fields, headers=SCRIPT)
    assert response.status_code == 200
    end: dict[str, Any] = response.json()["end"]
    return end


def test_when_all_is_done_the_card_thanks_and_says_count_time_pay_and_what_next(
    client: Client, person: Annotator
) -> None:
    for _ in range(6):
        answer(person, seconds=90)
    end = card(client, person)
    assert end["kind"] == "done"
    text = read(end["html"])
    assert "Thank you. Your 6 answers are saved." in text
    assert "You gave 6 answers today. That took 9 min and is worth £2.70." in text
    assert "an hour pays about £18.00" in text
    for name in ("label-work", "label"):
        assert reverse(name, args=[person.project.slug]) in end["html"]
    assert reverse("projects") in end["html"]


def test_who_finds_no_work_at_all_is_not_thanked_for_it(client: Client, person: Annotator) -> None:
    text = read(card(client, person)["html"])
    assert "Nothing waits for you yet" in text
    assert "Thank you" not in text


def test_guidelines_are_read_before_the_first_comparison(client: Client) -> None:
    person = make_person(make_project(), read=False)
    end = card(client, person)
    assert end["kind"] == "guidelines"
    assert "Read this first" in end["html"]
    assert "Read both responses to the end." in end["html"]
    assert "What changed" not in end["html"]
    assert "csrfmiddlewaretoken" in end["html"]
    version = person.project.guidelines_versions.get()
    assert f'name="guidelines" value="{version.pk}"' in end["html"]
    assert card(client, person, "label-guidelines", guidelines=version.pk)["kind"] == "done"


def test_a_new_version_says_in_words_and_lines_what_changed(client: Client, person: Annotator) -> None:
    new(person.project, "Read both responses to the end, twice.\n\nLength is not <b>quality</b>.")
    html = card(client, person)["html"]
    text = read(html)
    assert "The guidelines have changed" in text
    assert "What changed since version 1" in text
    assert "One line reads differently. One line was added." in text
    assert "<del>Read both responses to the end.</del>" in html
    assert "<ins>Read both responses to the end, twice.</ins>" in html
    assert "<ins>Length is not &lt;b&gt;quality&lt;/b&gt;.</ins>" in html
    assert "Understood, go on" in text


def test_a_new_version_that_only_sets_the_text_otherwise_says_so(client: Client, person: Annotator) -> None:
    new(person.project, "Read both responses to the end.  \n\n")
    assert "Only the spacing." in card(client, person)["html"]


def new(project: Project, text: str) -> None:
    project.guidelines_versions.create(version=2, text=text)
    touch(project)
