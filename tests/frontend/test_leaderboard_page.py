"""The leaderboard page: figures with intervals, for those who may see who wrote what."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from tests.annotation.test_leaderboard import compare
from tests.annotation.voting import answer
from tests.factories import make_person, make_project

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


def world() -> tuple[Project, Client]:
    project = make_project()
    person = make_person(project)
    for said in ("a>b", "a>b", "b>a", "a=b"):
        answer(person, compare(project, "north", HOSTILE), said)
    client = Client()
    viewer = make_person(project, role="manager")
    assert viewer.user is not None
    client.force_login(viewer.user)
    return project, client


def test_it_shows_every_model_with_rank_rating_and_record() -> None:
    project, client = world()
    page = client.get(reverse("leaderboard", args=[project.slug])).content.decode()
    assert "north" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "4 labels" in page


def test_choices_are_in_the_address_and_unknown_ones_are_not_found() -> None:
    project, client = world()
    address = reverse("leaderboard", args=[project.slug])
    assert "Length adds" in client.get(address, {"length": "equal"}).content.decode()
    assert "nothing to rank" in client.get(address, {"votes": "judge"}).content.decode()
    assert client.get(address, {"votes": "mine"}).status_code == 404
    assert client.get(address, {"criterion": "kind"}).status_code == 404


def test_a_new_label_shows_at_once() -> None:
    project, client = world()
    address = reverse("leaderboard", args=[project.slug])
    client.get(address)
    answer(make_person(project), compare(project, "south", "north"), "a>b")
    assert "south" in client.get(address).content.decode()


def test_the_table_can_be_downloaded_and_holds_no_formula() -> None:
    project, client = world()
    answer(make_person(project), compare(project, "=1+1", "north"), "a>b")
    reply = client.get(reverse("leaderboard-table", args=[project.slug]))
    lines = reply.content.decode().splitlines()
    assert lines[0] == "group,rank,model,rating,low,high,battles,wins,ties,losses"
    assert len(lines) == 4
    assert any(",'=1+1," in line for line in lines)


def test_annotators_never_see_who_wrote_what() -> None:
    project, _ = world()
    person = make_person(project)
    client = Client()
    assert person.user is not None
    client.force_login(person.user)
    for name in ("leaderboard", "leaderboard-table"):
        assert client.get(reverse(name, args=[project.slug])).status_code == 403
    stranger = make_person(make_project())
    assert stranger.user is not None
    client.force_login(stranger.user)
    assert client.get(reverse("leaderboard", args=[project.slug])).status_code == 404


def test_an_empty_project_says_so() -> None:
    project, owner = make_project(), None
    owner = make_person(project, role="owner")
    client = Client()
    assert owner.user is not None
    client.force_login(owner.user)
    assert "nothing to rank" in client.get(reverse("leaderboard", args=[project.slug])).content.decode()


def test_a_manager_has_people_lent_first_what_tells_most(django_capture_on_commit_callbacks: Any) -> None:
    project, client = world()
    person = make_person(project)
    for _ in range(9):
        answer(person, compare(project, "north", "south"), "a>b")
    known, close = compare(project, "north", "south"), compare(project, "north", HOSTILE)
    assert "Put what is open" in client.get(reverse("leaderboard", args=[project.slug])).content.decode()
    address = reverse("leaderboard-matchmake", args=[project.slug])
    assert client.post(address, {"criterion": "taste"}).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        reply = client.post(address, {"criterion": "overall"}, follow=True)
    assert "A worker puts what is open in order" in reply.content.decode()
    assert close.demands.get().priority > known.demands.get().priority > 0
