"""Finding a comparison, and everything that is known about it."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation import leases
from annotation.labels import Answer, Submission, submit_many
from annotation.models import (
    Annotation,
    Annotator,
    Comparison,
    Consensus,
    Decision,
    JudgeCall,
    JudgeVersion,
    Project,
    Reference,
)
from annotation.projects import touch
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db

XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture
def project(client: Client) -> Project:
    project = make_project()
    owner = make_person(project, role="viewer")
    assert owner.user is not None
    client.force_login(owner.user)
    return project


def listed(html: str) -> list[str]:
    return re.findall(r'/comparisons/\d+/">([^<]*)</a>', html)


def test_every_comparison_is_listed_once_page_after_page(client: Client, project: Project) -> None:
    names = [f"q-{number}" for number in range(120)]
    for name in names:
        make_comparison(project, external_id=name)
    url = reverse("comparisons", args=[project.slug])
    seen, html = [], client.get(url).content.decode()
    while True:
        seen += listed(html)
        more = re.search(r'href="(\?after=\d+)"', html)
        if not more:
            break
        html = client.get(url + more[1], headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in html
    assert seen == names


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "٣", "1;drop"])
def test_a_strange_place_to_go_on_from_is_harmless(client: Client, project: Project, after: str) -> None:
    make_comparison(project)
    assert client.get(reverse("comparisons", args=[project.slug]), {"after": after}).status_code == 200


def test_the_list_takes_as_many_statements_for_fifty_rows_as_for_one(
    client: Client, project: Project
) -> None:
    counts = []
    for number in (1, 60):
        for _ in range(number):
            make_comparison(project)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("comparisons", args=[project.slug]))
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 6


def test_one_comparison_shows_labels_calls_decision_and_answers(client: Client, project: Project) -> None:
    criterion = project.criteria.get()
    criterion.rationale = "optional"
    criterion.reasons = ["correct"]
    criterion.save()
    touch(project)
    comparison = make_comparison(project, "First.", "Second.", prompt="Which?", wanted=2, category="cooking")
    person = make_person(project)
    (assignment,) = leases.claim(person, project)
    winner = "a" if assignment.shown[0] == "b" else "b"  # shown letter of stored b
    loser = "b" if winner == "a" else "a"
    said = Answer(f"{winner}>{loser}", 2, reasons=("correct",), rationale="It is shorter.")
    submit_many(person, project, [Submission(assignment.pk, {"overall": said}, active_seconds=41)])
    version = JudgeVersion.objects.create(project=project, name="j", model="m", template="t", fingerprint="f")
    judge = Annotator.objects.create(project=project, kind="judge", name="Judge J", judge_version=version)
    call = {"annotator": judge, "comparison": comparison, "cost": Decimal("0.0021")}
    JudgeCall.objects.create(
        **call, order="ab", state="ok", reply="B!", verdict={"overall": {"ranking": "b>a", "strength": 1}}
    )
    JudgeCall.objects.create(**call, order="ba", state="refused", reason="it would not say")
    Decision.objects.create(
        comparison=comparison, destination="human", probability=0.25, score=0.5, plan=uuid4(),
        reason="the orders differ", policy="disagreement", policy_version="1",
    )  # fmt: skip
    Reference.objects.create(comparison=comparison, criterion=criterion, ranking="a=b", source="textbook")
    Consensus.objects.create(
        comparison=comparison, criterion=criterion, method="majority", probabilities={}, winner="b",
        ranking="b>a", support=3,
    )  # fmt: skip
    html = client.get(reverse("comparison", args=[project.slug, comparison.pk])).content.decode()
    for shown in (
        "First.", "Second.", "Which?", "cooking", "model-0", "model-1", "B clearly better", "correct",
        "It is shorter.", "41 s", "Judge J", "overall: B slightly better", "refused", "it would not say",
        "$0.0021", "the orders differ", "0.250", "To a person", "known, from textbook", "Tie",
        "majority, 3 labels",
    ):  # fmt: skip
        assert shown in html, shown


def test_a_rationale_stands_beside_the_order_its_writer_saw(client: Client, project: Project) -> None:
    criterion = project.criteria.get()
    criterion.rationale = "optional"
    criterion.save()
    touch(project)
    comparison = make_comparison(project, wanted=9)
    page = reverse("comparison", args=[project.slug, comparison.pk])
    orders: set[str] = set()
    while len(orders) < 2:
        comparison.demands.update(wanted=F("wanted") + 1)
        person = make_person(project)
        (assignment,) = leases.claim(person, project)
        said = Answer("a>b", 1, rationale=f"A is better, says {person.pk}.")
        submit_many(person, project, [Submission(assignment.pk, {"overall": said})])
        orders.add(assignment.shown)
        shown = f"shown {assignment.shown.upper()}</p><p>A is better, says {person.pk}."
        assert shown in client.get(page).content.decode()
    judge = make_person(project)
    (assignment,) = leases.claim(judge, project)
    submit_many(judge, project, [Submission(assignment.pk, {"overall": Answer("a>b", 1, rationale="So.")})])
    for order in ("unknown", "both"):
        Annotation.objects.filter(assignment=assignment).update(shown=order)
        assert f"shown {order.upper()}" not in client.get(page).content.decode()


def test_an_annotator_whose_name_is_an_address_is_shown_by_number(client: Client, project: Project) -> None:
    comparison = make_comparison(project)
    person = make_person(project)
    (assignment,) = leases.claim(person, project)
    submit_many(person, project, [Submission(assignment.pk, {"overall": Answer("a>b", 1)})])
    Annotator.objects.filter(pk=person.pk).update(name="dana@example.org")
    html = client.get(reverse("comparison", args=[project.slug, comparison.pk])).content.decode()
    assert "dana@" not in html
    assert f"Person {person.pk}" in html


def test_a_comparison_of_another_project_is_not_found(client: Client, project: Project) -> None:
    other = make_comparison(make_project())
    assert client.get(reverse("comparison", args=[project.slug, other.pk])).status_code == 404
    assert client.get(reverse("comparison", args=[project.slug, 10**17])).status_code == 404
    assert client.get(f"/p/{project.slug}/comparisons/{'9' * 40}/").status_code == 404


def test_text_from_outside_is_escaped_wherever_it_is_shown(client: Client, project: Project) -> None:
    comparison = make_comparison(project, XSS, XSS, prompt=XSS, external_id=XSS, category=XSS, wanted=2)
    comparison.responses.update(model=XSS)
    comparison.tags.create(name="t", value=XSS, source=XSS)
    Project.objects.update(name=XSS)
    Annotator.objects.update(name=XSS)
    person = make_person(project)
    (assignment,) = leases.claim(person, project)
    said = Answer("a>b", 1, rationale=XSS)
    submit_many(person, project, [Submission(assignment.pk, {"overall": said})])
    Annotator.objects.update(name=XSS)
    call = {"annotator": person, "comparison": comparison}
    JudgeCall.objects.create(**call, order="ab", state="ok", reply=XSS, verdict={XSS: {"ranking": XSS}})
    JudgeCall.objects.create(**call, order="ba", state="refused", reason=XSS)
    assert Comparison.objects.count() == 1
    for name, parameters in (("projects", []), ("overview", [project.slug]), ("comparisons", [project.slug]),
                             ("comparison", [project.slug, comparison.pk])):  # fmt: skip
        html = client.get(reverse(name, args=parameters)).content.decode()
        assert "<img" not in html, name
        assert "&lt;img" in html, name
