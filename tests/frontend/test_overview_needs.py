"""What needs the owner, when people will be done, and the charts with their tables and files."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation import figures
from annotation.leaks import decide
from annotation.models import Annotation, Annotator, Demand, Figures, IdentityLeak, JudgeRun, Pool, Project
from annotation.people import appeal, pause
from frontend.views.overview.charting import CHARTS
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client) -> Annotator:
    owner = make_person(make_project(budget=10, human_label_price=Decimal(1)), role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    return owner


@pytest.fixture
def project(owner: Annotator) -> Project:
    return owner.project


def page(client: Client, project: Project, name: str = "overview", htmx: bool = False) -> str:
    headers = {"HX-Request": "true"} if htmx else {}
    response = client.get(reverse(name, args=[project.slug]), headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_budget_that_runs_out_is_told_before_it_has(client: Client, project: Project) -> None:
    comparison = make_comparison(project)
    answer(make_person(project), comparison, "a>b", 1)
    judge = Annotator.objects.create(project=project, kind="judge", name="small")
    run = JudgeRun.objects.create(project=project, annotator=judge, state="finished", spent=Decimal("6.99"))
    assert "of the budget" not in page(client, project)
    for spent, said in (("7.00", "More than 80 % of the budget is spent"), ("9.01", "The budget is spent")):
        JudgeRun.objects.filter(pk=run.pk).update(spent=Decimal(spent))
        assert said in page(client, project)


def test_the_paused_are_named_until_they_answer_and_adjudication_leads_to_its_list(
    client: Client, owner: Annotator, project: Project
) -> None:
    comparison = make_comparison(project)
    person = make_person(project)
    Annotator.objects.filter(pk=person.pk).update(name="Ana <b>")
    pause(person, owner.user, "Let us talk.")
    pool = Pool.objects.create(project=project, name="experts", adjudicates=True)
    Demand.objects.create(comparison=comparison, pool=pool, wanted=1)
    html = page(client, project)
    assert "Ana &lt;b&gt; is paused" in html
    assert "Let us talk." in html
    assert "1 comparison waits for an adjudicator" in html
    assert "?state=adjudicate" in html
    person.refresh_from_db()
    appeal(person, "I was quick because it was easy.")
    html = page(client, project)
    assert "is paused" not in html
    assert "A paused person answers you" in html


def test_responses_that_say_who_wrote_them_are_told_until_each_is_decided(
    client: Client, owner: Annotator, project: Project
) -> None:
    response = make_comparison(project, "I am Robin.", "It rained.").responses.get(position=0)
    elsewhere = make_comparison(make_project(), "I am Robin.", "It rained.").responses.get(position=0)
    said = "1 response says who wrote it"
    assert said not in page(client, project)
    for one in (response, elsewhere):
        IdentityLeak.objects.create(project=one.comparison.project, response=one, found=[])
    assert said in page(client, project)
    assert owner.user is not None
    decide(project, [response.pk], "accept", owner.user)
    html = page(client, project)
    assert said not in html
    assert "Nothing needs you now." in html


def test_agreement_that_fell_is_told_with_its_interval(client: Client, project: Project) -> None:
    make_comparison(project)
    trust = {"alpha": 0.6, "ci95": [0.55, 0.65], "comparisons": 90, "time": [], "annotators": []}
    fell = {"alpha": 0.3, "ci95": [0.2, 0.4], "comparisons": 30}
    Figures.objects.create(
        project=project, name="trust", content=trust | {"fell": fell}, seconds=9, computed_at=timezone.now()
    )
    html = page(client, project)
    assert "0.60 <small>alpha</small>" in html
    assert "0.55 to 0.65, 90 comparisons" in html
    assert "Alpha is 0.30 lately (0.20 to 0.40), 0.60 over all." in html


@pytest.mark.usefixtures("midday")
def test_a_date_is_given_once_enough_is_known(client: Client, project: Project) -> None:
    person = make_person(project)
    made = [make_comparison(project) for _ in range(40)]
    for comparison in made[:33]:
        answer(person, comparison, "a>b", 1)
    assert "too little yet to say" in page(client, project)
    for number, annotation in enumerate(Annotation.objects.order_by("pk")):
        moment = timezone.now() - timedelta(days=1 + number % 3)
        Annotation.objects.filter(pk=annotation.pk).update(created_at=moment)
    assert "At 11 answers a day, people will be done <b>between" in page(client, project)


def test_the_live_part_comes_alone_and_for_fewer_statements(client: Client, project: Project) -> None:
    make_comparison(project)
    with CaptureQueriesContext(connection) as whole:
        page(client, project)
    with CaptureQueriesContext(connection) as live:
        html = page(client, project, htmx=True)
    assert html.startswith('<div id="live" data-live')
    assert "<html" not in html
    assert len(live) < len(whole) <= 15


def test_figures_that_take_long_are_shown_as_they_were_and_renewed_by_a_worker(
    client: Client, project: Project
) -> None:
    make_comparison(project)
    content = figures.renew(project, "progress")
    content["coverage"] = {"people": 700_000, "judges": 0, "both": 0, "neither": 300_000}
    kept = Figures.objects.create(
        project=project, name="progress", content=content, seconds=5, computed_at=timezone.now()
    )
    assert "<b>700,000 of 1,000,000</b>" in page(client, project)
    Figures.objects.filter(pk=kept.pk).update(computed_at=timezone.now() - timedelta(seconds=101))
    assert "<b>700,000 of 1,000,000</b>" in page(client, project), "nobody waits for what takes long"
    assert "<b>0 of 1</b>" in page(client, project), "the worker has been at it"


def test_every_chart_has_its_numbers_behind_it_and_as_a_file(client: Client, project: Project) -> None:
    person, other = make_person(project), make_person(project)
    for number in range(22):
        comparison = make_comparison(project, wanted=2)
        for one in (person, other):
            answer(one, comparison, "a>b" if number % 3 else "a=b", 1 if number % 3 else None)
    Annotation.objects.update(active_seconds=12)
    Annotator.objects.filter(pk=person.pk).update(name="=1+1")
    html = page(client, project, "charts", htmx=True)
    assert html.count("<figure data-chart") == 5, "agreement over time takes more comparisons"
    assert "It takes 60 comparisons" in html
    assert 'data-value="44"' in html
    for name in CHARTS:
        reply = client.get(reverse("chart-table", args=[project.slug, name]))
        rows = list(csv.DictReader(io.StringIO(reply.content.decode())))
        if name == "annotators":
            assert "'=1+1" in [row["annotator"] for row in rows]
        if name == "labels":
            assert [(row["answer"], row["people"]) for row in rows] == [
                ("A slightly better", "28"),
                ("Tie", "16"),
            ]
        if name == "times":
            assert rows[-1] == {"seconds": "10–15", "answers": "44"}
        if name == "spend":
            assert rows[-1]["spent"] == "44.0"


def test_an_empty_project_has_no_charts_and_no_trouble(client: Client, project: Project) -> None:
    assert 'id="charts"' not in page(client, project)
    html = page(client, project, "charts")
    assert "<figure" not in html
    for name in CHARTS:
        assert client.get(reverse("chart-table", args=[project.slug, name])).status_code == 200


def test_charts_take_as_many_statements_for_many_people_as_for_few(client: Client, project: Project) -> None:
    counts = []
    for people in (2, 8):
        comparison = make_comparison(project, wanted=people)
        for _ in range(people):
            answer(make_person(project), comparison, "a>b", 1)
        figures.renew(project, "trust")
        Figures.objects.update(seconds=60)
        with CaptureQueriesContext(connection) as captured:
            page(client, project, "charts", htmx=True)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 16
