"""Plans over the API: what the page can do, with mistakes answered by the field at fault."""

import pytest
from django.test import Client

from annotation.models import Decision, Project
from tests.annotation.calling import field_at_fault
from tests.factories import make_person
from tests.routing.learned import labelled_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("few_refits")]


def client_of(project: Project, role: str = "owner") -> Client:
    client = Client()
    user = make_person(project, role=role).user
    assert user is not None
    client.force_login(user)
    return client


def test_a_plan_is_asked_for_read_and_approved_and_its_decisions_explained() -> None:
    project = labelled_project(labelled=60, open_ones=20)
    client, address = client_of(project), f"/api/v1/projects/{project.slug}/plan/"
    assert client.get(address).json() == {"plan": None}
    body = {"policy": "error_model", "kind": "labels", "amount": 5}
    assert client.post(f"{address}ask/", body, content_type="application/json").status_code == 202

    plan = client.get(address).json()["plan"]
    assert (plan["state"], plan["parameters"]["asked"], plan["table"]["people"][-1]) == ("draft", 5, 20)
    chosen = {"plan": plan["id"], "people": 5}
    answer = client.post(f"{address}approve/", chosen, content_type="application/json")
    assert (answer.status_code, answer.json()["plan"]["human"]) == (202, 5)

    decision = Decision.objects.filter(destination="human").first()
    assert decision is not None
    told = client.get(
        f"/api/v1/projects/{project.slug}/comparisons/{decision.comparison_id}/decision/"
    ).json()["decision"]
    assert told["score_again"] == told["score"] == decision.score
    assert told["plan"] == plan["id"]
    assert len(told["terms"]) > 10


def test_mistakes_name_their_field() -> None:
    project = labelled_project(labelled=0, open_ones=2)
    client, address = client_of(project), f"/api/v1/projects/{project.slug}/plan/"
    for body, field in [
        ({"amount": 2}, "plan"),
        ({"amount": [1]}, "amount"),
        ({"amount": 0.5, "judge": 3}, "judge"),
        ({"amount": 0.5, "seed": "x"}, "seed"),
        ({"amount": 0.5, "polcy": "combined"}, "polcy"),
    ]:
        answer = client.post(f"{address}ask/", body, content_type="application/json")
        assert (answer.status_code, field_at_fault(answer)) == (422, field)
    wrong = client.post(f"{address}approve/", {"plan": "x", "people": 1}, content_type="application/json")
    assert field_at_fault(wrong) == "plan"


def test_those_who_may_only_look_cannot_ask() -> None:
    project = labelled_project(labelled=0, open_ones=2)
    client = client_of(project, "viewer")
    address = f"/api/v1/projects/{project.slug}/plan/"
    assert client.post(f"{address}ask/", {"amount": 0.5}, content_type="application/json").status_code == 403
