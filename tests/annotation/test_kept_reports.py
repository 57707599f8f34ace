"""Reports of a large project: shown as they were with the time, renewed once in the background."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import figures, people, tasks
from annotation.figures import keeping
from annotation.models import Annotator, Figures, Project
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db
PAGES = ("agreement", "disputes", "leaderboard", "calibration", "charts")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the worker was asked to renew; it has not come to it yet."""
    names: list[str] = []
    monkeypatch.setattr(tasks.renew_figures, "delay", lambda _project, name: names.append(name))
    return names


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Project:
    """A large one, as far as anybody can tell: two people have answered three comparisons."""
    monkeypatch.setattr(keeping, "LARGE", 0)
    project = make_project()
    both = [make_person(project), make_person(project)]
    for number in range(3):
        comparison = make_comparison(project, prompt=f"Which? {number}", wanted=2)
        for one in both:
            answer(one, comparison, "a>b")
    return project


@pytest.fixture
def owner(project: Project) -> Client:
    client, owner = Client(), make_person(project, role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    return client


def work(project: Project, names: list[str]) -> None:
    """The worker does what it was asked, and it takes long."""
    for name in names:
        tasks.renew_figures(project.pk, name)
    names.clear()
    Figures.objects.update(seconds=5)


def another_label(project: Project) -> None:
    answer(make_person(project), make_comparison(project, prompt="New"), "b>a")


def a_while_later() -> None:
    Figures.objects.update(computed_at=F("computed_at") - timedelta(hours=1))


def shown(client: Client, project: Project, name: str, **query: Any) -> str:
    reply = client.get(reverse(name, args=[project.slug]), query)
    assert reply.status_code == 200
    return reply.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_large_project_says_that_its_first_report_is_being_worked_out_and_then_shows_it(
    owner: Client, project: Project, asked: list[str], name: str
) -> None:
    for _ in range(3):
        html = shown(owner, project, name)
        assert "worked out for the first time" in html
        assert "data-live" in html
        assert "Look again" in html
    assert len(asked) == len(set(asked)) > 0, "many look, one works"
    address, poll = reverse(name, args=[project.slug]), {"HX-Request": "true"}
    assert b"data-live" in owner.get(address, headers=poll).content, "a part that polls"
    assert owner.get(address, {"since": ""}, headers=poll).status_code == 204
    work(project, asked)
    html = owner.get(address, {"since": ""}, headers=poll).content.decode()
    assert "worked out for the first time" not in html
    assert "As of" not in html


def test_the_list_of_people_comes_without_the_report_and_asks_until_it_is_there(
    owner: Client, project: Project, asked: list[str]
) -> None:
    address, poll = reverse("people", args=[project.slug]) + "?report&since=", {"HX-Request": "true"}
    assert "?report&amp;since=" in shown(owner, project, "people")
    assert owner.get(address, headers=poll).status_code == 204
    work(project, asked)
    assert b"hx-get" not in owner.get(address, headers=poll).content
    a_while_later()
    another_label(project)
    assert b"being renewed" in owner.get(address, headers=poll).content


def test_while_labels_come_the_older_report_is_shown_with_its_time_and_renewed_at_leisure(
    owner: Client, project: Project, asked: list[str]
) -> None:
    shown(owner, project, "agreement")
    work(project, asked)
    another_label(project)
    html = shown(owner, project, "agreement")
    assert "3 comparisons with two or more" in html
    assert "As of" in html
    assert "being renewed" not in html
    assert asked == [], "it was worked out a moment ago"
    a_while_later()
    html = shown(owner, project, "agreement")
    assert "being renewed" in html
    assert len(asked) == 1
    since = html.partition("since=")[2].partition('"')[0]
    address, poll = reverse("agreement", args=[project.slug]), {"HX-Request": "true"}
    assert owner.get(address, {"since": since}, headers=poll).status_code == 204
    work(project, asked)
    html = owner.get(address, {"since": since}, headers=poll).content.decode()
    assert "As of" not in html, "nothing has come since"
    assert "data-live" not in html


def test_whoever_is_excluded_has_every_report_renewed_at_once(
    owner: Client, project: Project, asked: list[str]
) -> None:
    for name in PAGES:
        shown(owner, project, name)
    work(project, asked)
    people.exclude(Annotator.objects.filter(labels__isnull=False).order_by("pk")[0], None, "Why not")
    for name in PAGES:
        assert "being renewed" in shown(owner, project, name)
    work(project, asked)
    assert "being renewed" not in shown(owner, project, "agreement")
    assert "0 comparisons with two or more" in shown(owner, project, "agreement")


def test_where_no_worker_comes_the_page_says_so_and_later_asks_again(
    owner: Client, project: Project, asked: list[str]
) -> None:
    shown(owner, project, "leaderboard")
    Figures.objects.update(asked_at=timezone.now() - keeping.LATE - timedelta(seconds=1))
    assert "is one running?" in shown(owner, project, "leaderboard")
    assert len(asked) == 1
    Figures.objects.update(asked_at=timezone.now() - keeping.LOST - timedelta(seconds=1))
    shown(owner, project, "leaderboard")
    assert len(asked) == 2


def test_a_file_and_the_api_wait_for_the_first_report_and_say_of_when_a_later_one_is(
    owner: Client, project: Project, asked: list[str]
) -> None:
    api = f"/api/v1/projects/{project.slug}/"
    addresses = ("agreement/", "leaderboard/", "judges/calibration/", "progress/")
    for address in addresses:
        reply = owner.get(api + address).json()
        assert reply["being_renewed"] is False
    assert asked == []
    Figures.objects.update(seconds=5)
    a_while_later()
    another_label(project)
    for address in addresses[:3]:
        reply = owner.get(api + address).json()
        assert reply["being_renewed"] is True
        assert reply["computed_at"] < timezone.now().isoformat()
    file = owner.get(reverse("leaderboard-table", args=[project.slug]))
    assert "-as-of-2" in file["Content-Disposition"]


def test_a_small_project_never_sees_old_figures(
    owner: Client, project: Project, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LARGE", 10)
    assert "3 comparisons with two or more" in shown(owner, project, "agreement")
    Figures.objects.update(seconds=0)
    answer(make_person(project), make_comparison(project, prompt="New"), "b>a")
    html = shown(owner, project, "agreement")
    assert "As of" not in html
    assert "labels on 4 comparisons" in html
    assert asked == []


def test_figures_that_once_took_long_are_worked_out_at_once_when_they_are_quick_again(
    project: Project, asked: list[str]
) -> None:
    Figures.objects.create(
        project=project,
        name="progress",
        content={},
        seconds=5,
        computed_at=timezone.now() - timedelta(days=1),
    )
    assert figures.find_all(project, ["progress"])["progress"].content == {}
    tasks.renew_figures(project.pk, *asked)
    assert Figures.objects.get(name="progress").content["coverage"]["people"] == 3
