"""A write that is sent again under its key is done once; too many calls are told when to come back."""

import json
from typing import Any

import pytest
from django.test import Client

from annotation.api import once
from annotation.models import AuditEntry, Comparison, KeptReply, Webhook
from tests.annotation.calling import field_at_fault, member
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db
LINE = {"id": "q", "prompt": "Name a fruit.", "responses": [{"text": "An apple."}, {"text": "A pear."}]}
HOOK = {"url": "https://hooks.example.org/", "kinds": ["release.ready"]}


def post(client: Client, path: str, body: Any, key: str) -> Any:
    headers = {"Idempotency-Key": key}
    return client.post(f"/api/v1/projects/{path}/", body, content_type="application/json", headers=headers)


def test_a_retry_is_answered_as_the_first_time_and_changes_nothing() -> None:
    project = make_project()
    client, path = member(project, "owner"), f"{project.slug}/webhooks/new"
    first, again = post(client, path, HOOK, "k1"), post(client, path, HOOK, "k1")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert (first.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert Webhook.objects.count() == 1
    assert first.json()["secret"] not in KeptReply.objects.get().body  # a secret shown once stays sealed
    assert post(client, path, HOOK, "k2").json()["number"] != first.json()["number"]


def test_a_key_with_something_else_is_refused_and_one_of_another_caller_is_another() -> None:
    project = make_project()
    client, path = member(project, "owner"), f"{project.slug}/webhooks/new"
    post(client, path, HOOK, "k")
    other = post(client, path, HOOK | {"kinds": ["label.submitted"]}, "k")
    assert (other.status_code, field_at_fault(other)) == (422, "Idempotency-Key")
    assert post(client, f"{project.slug}/comparisons/import", {"comparisons": [LINE]}, "k").status_code == 422
    assert post(member(project, "manager"), path, HOOK, "k").status_code == 201
    assert Webhook.objects.count() == 2


@pytest.mark.parametrize("key", ["", "é", "a" * 256])
def test_a_senseless_key_is_refused(key: str) -> None:
    project = make_project()
    reply = post(member(project, "owner"), f"{project.slug}/webhooks/new", HOOK, key)
    assert (reply.status_code, field_at_fault(reply)) == (422, "Idempotency-Key")


def test_a_call_that_failed_keeps_no_key_and_leaves_nothing() -> None:
    project = make_project()
    client, path = member(project, "owner"), f"{project.slug}/comparisons/import"
    bad = post(client, path, {"comparisons": [LINE, {"id": "r"}]}, "k")
    assert (bad.status_code, field_at_fault(bad)) == (422, "comparisons.2.prompt")
    assert (Comparison.objects.count(), KeptReply.objects.count()) == (0, 0)
    assert post(client, path, {"comparisons": [LINE]}, "k").json()["added"] == 1


def test_a_line_with_a_number_beyond_any_column_is_a_bad_line_or_a_good_one() -> None:
    project = make_project()
    client, path = member(project, "owner"), f"{project.slug}/comparisons/import"
    lines = [LINE | {"turn": 10**40}, LINE | {"id": 10**40}]
    assert {
        post(client, path, {"comparisons": [line]}, str(n)).status_code for n, line in enumerate(lines)
    } <= {
        200,
        422,
    }


def test_kept_replies_are_forgotten_after_a_day() -> None:
    project = make_project()
    post(member(project, "owner"), f"{project.slug}/webhooks/new", HOOK, "k")
    assert once.forget() == 0
    KeptReply.objects.update(created_at="2020-01-01T00:00:00Z")
    assert once.forget() == 1


def test_too_many_calls_are_told_when_to_come_back_and_hold_up_nobody_else(settings: Any) -> None:
    settings.API_RATES = {"api": "2/min", "heavy": "1/min"}
    project = make_project()
    client = member(project, "owner")
    address = f"/api/v1/projects/{project.slug}/"
    statuses = [client.get(address).status_code for _ in range(3)]
    reply = client.get(address, headers={"X-Forwarded-For": "203.0.113.9"})
    assert statuses == [200, 200, 429]
    assert (reply.status_code, reply.headers["Content-Type"]) == (429, "application/problem+json")
    assert 0 < int(reply.headers["Retry-After"]) <= 60
    other = member(project, "viewer")
    assert [other.get(f"{address}leaderboard/").status_code for _ in range(2)] == [200, 429]


def test_several_mistakes_are_named_at_once() -> None:
    project = make_project()
    body = {"kinds": ["label.submitted", "nothing"], "colour": "red"}
    reply = post(member(project, "owner"), f"{project.slug}/webhooks/new", body, "k")
    fields = {one["field"] for one in reply.json()["errors"]}
    assert fields == {"url", "kinds.1", "colour"}
    assert json.dumps(reply.json())


def test_a_project_is_closed_and_opened_again() -> None:
    project = make_project()
    make_comparison(project)
    client, path = member(project, "manager"), f"{project.slug}/act"
    assert post(client, path, {"act": "close"}, "k1").json()["state"] == "closed"
    assert field_at_fault(post(client, path, {"act": "close"}, "k2")) == "act"
    assert post(client, path, {"act": "open"}, "k3").json() == {"state": "open", "delete_at": None}


def test_an_owner_has_a_project_deleted_by_its_slug_and_keeps_it_after_all() -> None:
    project = make_project()
    path = f"{project.slug}/act"
    typed = {"act": "delete", "typed": project.slug}
    assert post(member(project, "manager"), path, typed, "k1").status_code == 403
    client = member(project, "owner")
    assert field_at_fault(post(client, path, {"act": "delete"}, "k1")) == "typed"
    assert post(client, path, typed, "k2").json()["delete_at"]
    assert field_at_fault(post(client, path, {"act": "close"}, "k3")) == "act"
    assert post(client, path, {"act": "keep"}, "k4").json() == {"state": "open", "delete_at": None}


def test_only_an_account_that_may_makes_projects_over_the_api() -> None:
    client = member(make_project(), "annotator")
    assert post(client, "new", {"project": {"slug": "mine"}}, "k").status_code == 403
    owner = member(make_project(), "owner")
    made = post(owner, "new", {"project": {"slug": "mine", "name": "Mine"}}, "k").json()
    assert (made["slug"], made["state"], made["role"]) == ("mine", "open", "owner")
    assert AuditEntry.objects.get(act="create").after["name"] == "Mine"
