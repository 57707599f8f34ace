"""The agreement page: what it says, its files, who may see it, and that it costs nothing to look again."""

import csv
import io
import json
import random
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Annotator, Project
from tests.annotation.test_agreement_cycles import pairs_of_prompt
from tests.annotation.test_agreement_details import judge, people, say
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db

FIGURES = ("criteria", "groups", "time", "parts", "pairs", "annotators", "leanings", "disputes")
XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture
def project(client: Client) -> Project:
    """Forty comparisons labelled by three people and a judge; a reader is signed in."""
    project = make_project(scale="three-way", slug="trees")
    reader = make_person(project, role="viewer")
    assert reader.user is not None
    client.force_login(reader.user)
    label(project, [*people(project, 3), judge(project)], 40)
    return project


def label(project: Project, who: list[Annotator], comparisons: int) -> None:
    rng = random.Random(comparisons)
    for number in range(comparisons):
        comparison = make_comparison(project, prompt=f"Which tree is tall? {number}", category="trees")
        truth = rng.choice(["a>b", "b>a"])
        for one in who:
            answer = truth if rng.random() < 0.8 else "a=b"
            say(one, comparison, answer, shown=rng.choice(["ab", "ba"]), seconds=20 + rng.random() * 20)


def page(client: Client, project: Project, query: str = "") -> str:
    response = client.get(reverse("agreement", args=[project.slug]) + query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_says_how_far_people_agree_and_draws_every_figure(client: Client, project: Project) -> None:
    html = page(client, project)
    assert "People agree" in html
    assert "40 comparisons with two or more labels by people" in html
    for key in ("groups", "time", "parts", "pairs", "annotators", "leanings"):
        assert f'id="{key}"' in html
    assert "style=" not in html  # the policy allows none


def test_the_sentence_and_the_card_say_the_same_figures(client: Client, project: Project) -> None:
    html = page(client, project)
    found = json.loads(client.get(reverse("agreement-json", args=[project.slug])).content)
    people = found["criteria"][0]["groups"]["human_human"]
    figures = [people["alpha"]["nominal"], *people["intervals"]["nominal"]]
    assert all(html.count(f"{figure:.2f}") >= 2 for figure in figures)


def test_a_part_too_small_for_an_interval_shows_no_figure(client: Client, project: Project) -> None:
    comparison = make_comparison(project, prompt="Which root is deep?", category="roots")
    for one in Annotator.objects.filter(kind="human", labels__isnull=False).distinct():
        say(one, comparison, "a>b")
    row = page(client, project).partition('<span class="called">roots</span>')[2].partition("</small>")[0]
    assert re.sub(r"<[^>]+>", "", row) == "– of 1"


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_can_be_downloaded(client: Client, project: Project, figure: str) -> None:
    response = client.get(reverse("agreement-table", args=[project.slug, figure]))
    assert response["Content-Type"].startswith("text/csv")
    head, *rows = csv.reader(io.StringIO(response.content.decode()))
    assert rows
    assert all(len(row) == len(head) for row in rows)


def test_everything_is_there_as_json(client: Client, project: Project) -> None:
    found = json.loads(client.get(reverse("agreement-json", args=[project.slug])).content)
    assert [one["criterion"] for one in found["criteria"]] == ["overall"]
    assert found["criteria"][0]["groups"]["human_human"]["comparisons"] == 40


def test_looking_again_reads_no_labels_until_one_is_added(client: Client, project: Project) -> None:
    page(client, project)
    with CaptureQueriesContext(connection) as again:
        assert "40 comparisons" in page(client, project)
    assert len(again) <= 8
    assert not any('"annotation_label"."ranking"' in query["sql"] for query in again)
    label(project, people(project, 2), 1)
    assert "41 comparisons" in page(client, project)


def test_rings_over_the_pairs_of_a_prompt_are_shown_and_lead_to_what_was_said(
    client: Client, project: Project
) -> None:
    (who,) = people(project, 1)
    for comparison in pairs_of_prompt(project, "trees"):
        say(who, comparison, "a>b")
    html = page(client, project)
    shown = html.partition('id="cycles"')[2].partition("</section>")[0]
    assert "<bdi>ash</bdi> › <bdi>oak</bdi> › <bdi>yew</bdi> › <bdi>ash</bdi>" in shown
    assert shown.count("Read comparison") == 2 * 3  # the majority's ring, and the one person's
    text = client.get(reverse("agreement-table", args=[project.slug, "cycles"])).content.decode()
    assert "ash > oak > yew > ash" in text


def test_disputed_comparisons_can_be_read_by_group_and_category(client: Client, project: Project) -> None:
    url = reverse("disputes", args=[project.slug])
    html = client.get(url).content.decode()
    assert "Which tree is tall?" in html
    assert "Votes differ on" in html
    assert "Which tree is tall?" not in client.get(url, {"category": "none such"}).content.decode()
    assert client.get(url, {"between": "human_judge", "page": "9" * 9}).status_code == 200
    assert client.get(url, {"between": "nobody"}).status_code == 404


def test_a_project_without_labels_says_why_there_are_no_figures(client: Client) -> None:
    project = make_project()
    reader = make_person(project, role="viewer")
    assert reader.user is not None
    client.force_login(reader.user)
    html = page(client, project)
    assert "no comparison has two votes to compare" in html
    assert "nan" not in html
    Annotator.objects.filter(project=project).delete()
    project.criteria.all().delete()
    assert "has no criterion yet" in page(client, project)


def test_annotators_and_strangers_do_not_see_it(client: Client, project: Project) -> None:
    for who, status in ((make_person(project), 403), (make_person(make_project()), 404)):
        assert who.user is not None
        client.force_login(who.user)
        names: list[tuple[str, list[str]]] = [("agreement", []), ("disputes", []), ("agreement-json", [])]
        for name, more in [*names, ("agreement-table", ["groups"])]:
            assert client.get(reverse(name, args=[project.slug, *more])).status_code == status


def test_what_does_not_exist_is_not_found(client: Client, project: Project) -> None:
    assert client.get(reverse("agreement", args=[project.slug]), {"criterion": "no-such"}).status_code == 404
    for figure in ("no-such", "rankings", "cycles"):
        assert client.get(reverse("agreement-table", args=[project.slug, figure])).status_code == 404


def test_names_are_written_as_text_and_never_run_by_a_spreadsheet(client: Client, project: Project) -> None:
    Annotator.objects.filter(project=project, name="P0").update(name=XSS)
    Annotator.objects.filter(project=project, name="P1").update(name="=1+1")
    Annotator.objects.filter(project=project, name="P2").update(name="someone@example.org")
    html = page(client, project)
    assert XSS not in html
    assert "someone@example.org" not in html
    text = client.get(reverse("agreement-table", args=[project.slug, "annotators"])).content.decode()
    assert "'=1+1" in text
    assert "\n=1+1" not in text
