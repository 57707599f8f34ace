"""What the label page takes of an answer beside what it says: its times, its key, its lease."""

from typing import Any

import pytest
from django.test import Client

from annotation import leases
from annotation.models import Annotation, Assignment, Label
from tests.factories import make_comparison, make_person, make_project

from .desk import Desk
from .test_label_page import sit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("active", "idle", "kept"),
    [
        ("41.5", "3", (41.5, 3.0)),
        ("", "", (None, None)),
        ("-1", "nan", (None, None)),
        ("inf", "1e9", (None, None)),
        ("soon", "0", (None, 0.0)),
    ],
)
def test_measured_times_are_kept_when_they_can_be_true(
    client: Client, active: str, idle: str, kept: tuple[float | None, float | None]
) -> None:
    project = make_project()
    make_comparison(project)
    sit(client, project).send(overall="1", active=active, idle=idle)
    annotation = Annotation.objects.get()
    assert (annotation.active_seconds, annotation.idle_seconds) == kept


@pytest.mark.parametrize("change", [lambda key: "", lambda key: "1.0.2:x", lambda key: "9" + key])
def test_a_forged_key_saves_nothing(client: Client, change: Any) -> None:
    project = make_project()
    make_comparison(project)
    desk = sit(client, project)
    desk.html = desk.html.replace(desk.form.hidden["key"], change(desk.form.hidden["key"]))
    desk.send(overall="1")
    assert desk.status == 422
    assert "nothing was saved" in desk.text
    desk.open()
    desk.html = desk.html.replace(desk.form.hidden["key"], change(desk.form.hidden["key"]))
    desk.send(scripted=False, overall="1")
    assert desk.status == 422
    assert "nothing was saved" in desk.text
    assert "Which is better?" in desk.text
    assert Label.objects.count() == 0


def test_a_key_is_of_no_use_to_another_person(client: Client) -> None:
    project = make_project()
    make_comparison(project, wanted=2)
    key = sit(client, project).form.hidden["key"]
    other = sit(Client(), project)
    other.html = other.html.replace(other.form.hidden["key"], key)
    assert other.send(overall="1").status == 422
    assert Label.objects.count() == 0


def test_what_was_given_back_elsewhere_is_not_recorded(client: Client) -> None:
    project = make_project()
    make_comparison(project, prompt="First?")
    make_comparison(project, prompt="Second?")
    person = make_person(project)
    desk = Desk(client, person, project).open()
    leases.give_back(person, [Assignment.objects.earliest("pk").pk])
    desk.send(overall="1")
    assert desk.status == 422
    assert "no longer yours" in desk.text
    assert desk.answer["card"] is None
    desk.open()
    leases.give_back(person, [Assignment.objects.latest("pk").pk])
    desk.send(scripted=False, overall="1")
    assert desk.status == 422
    assert "no longer yours" in desk.text


def test_an_answer_after_the_lease_ran_out_counts_as_surplus(client: Client) -> None:
    project = make_project()
    make_comparison(project)
    desk = sit(client, project)
    Assignment.objects.update(leased_until="2020-01-01T00:00Z")
    leases.expire(project)
    assert desk.send(overall="1").status == 200
    assert Annotation.objects.get().surplus
