"""The plan page: what a budget buys, who may press what, and the same few statements whatever the project."""

from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.models import Decision, Project
from frontend.views.plan.stopping import because
from routing import drafting, quality
from routing.drafting import Budget
from routing.models import Plan
from tests.factories import make_comparison, make_person, make_project
from tests.llm_judges.makers import make_judge as configured
from tests.routing.judges import make_judge, make_many, says
from tests.routing.learned import labelled_project

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def few_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "REFITS", 5)


def client_of(project: Project, role: str = "owner") -> Client:
    client = Client()
    user = make_person(project, role=role).user
    assert user is not None
    client.force_login(user)
    return client


def page(client: Client, project: Project, **query: object) -> str:
    response = client.get(f"/p/{project.slug}/plan/", query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def plan_of(project: Project, amount: str = "0.25", kind: str = "share", policy: str = "combined") -> Plan:
    return Plan.objects.get(pk=drafting.ask(project, policy, Budget.of(kind, amount)).pk)


def test_labels_that_go_where_they_pay_are_asked_for_and_explained() -> None:
    project = labelled_project(labelled=80, open_ones=40)
    client = client_of(project)
    asked = {"policy": "combined", "kind": "share", "amount": "100", "overlap": "3"}
    client.post(f"/p/{project.slug}/plan/ask/", asked)
    shown = page(client, project)
    assert '<option value="3" selected>' in shown
    assert "these 40 labels go where they pay instead: to <b>" in shown
    refused = client.post(f"/p/{project.slug}/plan/ask/", asked | {"policy": "random"})
    assert "do not say what a label is worth" in refused.content.decode()


def test_an_owner_asks_sees_and_approves() -> None:
    project = labelled_project(labelled=80, open_ones=40, human_label_price=Decimal("0.5"))
    client = client_of(project)
    assert "Say what people may cost" in page(client, project)

    asked = {"policy": "combined", "kind": "share", "amount": "25"}
    client.post(f"/p/{project.slug}/plan/ask/", asked)
    shown = page(client, project)
    assert "<b>10 of 40</b> open comparisons to people" in shown
    assert "<b>$5.00</b>" in shown
    assert "Recommended" in shown
    assert "Trust in this prediction" in shown
    assert not Decision.objects.exists()

    plan = Plan.objects.get()
    client.post(f"/p/{project.slug}/plan/approve/", {"plan": str(plan.pk), "people": "10"})
    shown = page(client, project)
    assert "10 to people, 30 to the judge" in shown
    assert "Labels still wanted of people: 40 before, 10 now" in shown
    assert Decision.objects.filter(destination="human").count() == 10


def test_the_slider_gets_the_parts_that_follow_it() -> None:
    project = labelled_project(labelled=80, open_ones=40)
    client, plan = client_of(project), plan_of(project)
    headers = {"HX-Request": "true"}
    answer = client.get(f"/p/{project.slug}/plan/", {"of": plan.pk, "point": 20}, headers=headers)
    body = answer.content.decode()
    assert "<b>20 of 40</b>" in body
    assert body.count("hx-swap-oob") == 5
    assert "<html" not in body
    other = client.get(f"/p/{project.slug}/plan/", {"of": "another", "point": 20}, headers=headers)
    assert other.headers["HX-Refresh"] == "true"


def test_without_a_seed_it_says_so_and_proposes_one_by_lot() -> None:
    project = make_project()
    says(make_judge(project), make_comparison(project), "a=b")
    make_comparison(project)
    client = client_of(project)
    plan_of(project)
    shown = page(client, project)
    assert "cannot be predicted yet" in shown
    assert "Plan 2 comparisons by lot" in shown


def test_a_mistake_in_the_form_is_told() -> None:
    project = labelled_project(labelled=0, open_ones=3)
    client = client_of(project)
    for fields, told in [
        ({"kind": "share", "amount": "130", "policy": "combined"}, "Type a number from 0 to 100."),
        ({"kind": "money", "amount": "5", "policy": "combined"}, "has no price"),
        ({"kind": "labels", "amount": "many", "policy": "combined"}, "Type a number, 0 or more."),
        ({"kind": "share", "amount": "10", "policy": "best"}, "best is not one of the available choices"),
    ]:
        reply = client.post(f"/p/{project.slug}/plan/ask/", fields)
        shown = reply.content.decode()
        assert (reply.status_code, told in shown) == (422, True), told
        assert f'value="{fields["amount"]}"' in shown, "what was typed stays"
    assert not Plan.objects.exists()


def test_a_viewer_sees_the_plan_and_no_buttons() -> None:
    project = labelled_project(labelled=60, open_ones=20)
    plan_of(project)
    shown = page(client_of(project, "viewer"), project)
    assert "Routing plan" in shown
    assert "Approve plan" not in shown
    assert 'name="amount"' not in shown


def test_a_plan_of_another_project_cannot_be_approved() -> None:
    project, other = labelled_project(60, 20), labelled_project(60, 20)
    plan = plan_of(other)
    fields = {"plan": str(plan.pk), "people": str(plan.parameters["asked"])}
    client_of(project).post(f"/p/{project.slug}/plan/approve/", fields)
    plan.refresh_from_db()
    assert plan.state == "draft"


def test_a_page_at_work_asks_whether_it_is_done() -> None:
    project = make_project()
    client, headers = client_of(project), {"HX-Request": "true"}
    plan = plan_of(project)
    Plan.objects.filter(pk=plan.pk).update(state="planning")
    address = f"/p/{project.slug}/plan/"
    assert 'hx-trigger="every 2s"' in page(client, project)
    assert "progress" not in client.get(address, {"state": "planning"}, headers=headers).content.decode()
    Plan.objects.filter(pk=plan.pk).update(progress={"done": 5000, "of": 12000})
    answer = client.get(address, {"state": "planning"}, headers=headers).content.decode()
    assert "5,000 of 12,000 comparisons" in answer
    assert 'hx-trigger="every 2s"' in answer
    Plan.objects.filter(pk=plan.pk).update(state="draft")
    assert client.get(address, {"state": "planning"}, headers=headers).headers["HX-Refresh"] == "true"


def test_the_page_reads_the_plan_and_not_the_comparisons() -> None:
    numbers = []
    for size in (1, 300):
        project = make_project()
        make_judge(project)
        make_many(project, size)
        client = client_of(project)
        plan_of(project, policy="disagreement")
        page(client, project)
        with CaptureQueriesContext(connection) as queries:
            page(client, project)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 12


def test_before_the_first_label_tokens_and_price_are_guessed_and_any_version_may_be_chosen() -> None:
    project = make_project(human_label_price=Decimal("0.5"))
    for prompt in ("one", "two", "three"):
        make_comparison(project, f"short {prompt}", f"a longer answer to {prompt}")
    for model in ("small", "large"):
        configured(project, "http://127.0.0.1:9/v1", model=model)
    client = client_of(project)
    shown = page(client, project)
    assert '<option value="fake@1">fake@1</option>' in shown
    client.post(
        f"/p/{project.slug}/plan/ask/",
        {"policy": "random", "kind": "share", "amount": "0", "judge": "fake@2"},
    )
    shown = page(client, project)
    assert '<option value="fake@2" selected>fake@2</option>' in shown
    assert "about 6 calls" in shown
    assert "guessed from its prompts" in shown


@pytest.mark.parametrize(
    ("worth", "pays", "words"),
    [
        (None, False, "no longer pay, because perhaps nothing is put right: 1.5 net (-0.5 to 3.0)."),
        (None, True, "pay, because people would put labels right even at the low end"),
        (2.0, False, "are worth $3.00 to you and cost $10.00."),
        (20.0, True, "are worth $30.00 to you and cost $10.00."),
    ],
)
def test_the_stop_rule_says_because_of_what(worth: float | None, pays: bool, words: str) -> None:
    batch = {"size": 50, "gain": 1.5, "low": -0.5, "high": 3.0, "cost": 10.0, "worth": worth}
    assert words in because(batch | {"pays": pays, "sure": True}, Project(currency="USD"))


def test_the_stop_rule_says_when_people_would_spoil_more_than_they_mend() -> None:
    batch = {"size": 30, "gain": -0.4, "low": -2.9, "high": 2.4, "cost": 15.0, "worth": 2.5}
    told = because(batch | {"pays": False, "sure": True}, Project(currency="USD"))
    assert "people would spoil 0.4 labels more than they put right (-2.9 to 2.4, net)." in told
