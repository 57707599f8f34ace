"""Mistakes of callers of the REST API are named, and change nothing."""

from typing import Any

import pytest
from django.test import Client

from annotation.models import Label
from tests.annotation.calling import claim_one, field_at_fault, member, post
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


GOOD = {"ranking": "a>b"}


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"answers": {"overall": GOOD}}, "key", "submission key"),
        ({"key": 7, "answers": {"overall": GOOD}}, "key", "submission key"),
        ({"key": "9" * 20 + ".0", "answers": {"overall": GOOD}}, "key", "submission key"),
        ({"answers": []}, "answers", "must be an object"),
        ({"answers": {}}, "overall", "still open"),
        ({"answers": {"overall": GOOD, "grace": GOOD}}, "grace", "no such criterion"),
        ({"answers": {"overall": "a>b"}}, "overall", "must be an object"),
        ({"answers": {"overall": {}}}, "overall", "either `ranking` or `preference`"),
        ({"answers": {"overall": {"ranking": "a>b", "preference": 1}}}, "overall", "either"),
        ({"answers": {"overall": {"ranking": "a>c"}}}, "overall", "exactly once"),
        ({"answers": {"overall": {"ranking": "a" * 121}}}, "overall", "`ranking` must be text"),
        ({"answers": {"overall": {"ranking": "a>b", "strength": 3}}}, "overall", "strength must be 1 to 2"),
        ({"answers": {"overall": {"ranking": "a>b", "strength": True}}}, "overall", "whole number"),
        ({"answers": {"overall": {"ranking": "a>b", "strength": 0.5}}}, "overall", "whole number"),
        ({"answers": {"overall": {"preference": 3}}}, "overall", "-2 to 2"),
        ({"answers": {"overall": {"preference": True}}}, "overall", "-2 to 2"),
        ({"answers": {"overall": {"preference": 1, "strength": 1}}}, "overall", "already says"),
        ({"answers": {"overall": GOOD | {"confidence": "sure"}}}, "overall", "confidence must be one of"),
        ({"answers": {"overall": GOOD | {"reasons": "x"}}}, "overall", "`reasons` must be a list"),
        ({"answers": {"overall": GOOD | {"reasons": ["x"]}}}, "overall", "not a reason offered"),
        ({"answers": {"overall": GOOD | {"rationale": "a\x00b"}}}, "overall", "cannot be stored"),
        ({"answers": {"overall": GOOD | {"rationale": "a\ud800b"}}}, "overall", "cannot be stored"),
        ({"answers": {"overall": GOOD | {"rationale": "a" * 10_001}}}, "overall", "at most 10000"),
        ({"answers": {"overall": GOOD | {"winner": "a"}}}, "overall", "unknown field 'winner'"),
        ({"answers": {"overall": GOOD}, "active_seconds": -1}, "active_seconds", "0 or more"),
        ({"answers": {"overall": GOOD}, "active_seconds": True}, "active_seconds", "0 or more"),
        ({"answers": {"overall": GOOD}, "idle_seconds": 10**400}, "idle_seconds", "0 or more"),
        ({"answers": {"overall": GOOD}, "shown": "ab"}, "shown", "unknown field"),
    ],
)
def test_a_mistake_in_a_submission_is_named(body: dict[str, Any], field: str, message: str) -> None:
    project = make_project()
    make_comparison(project)
    client = member(project, "annotator")
    key = claim_one(client, project)["key"]
    body = {"key": key} | body if "answers" in body and "key" not in body and field != "key" else body

    reply = post(client, project, "submit", body)

    assert reply.status_code == 422
    assert field_at_fault(reply) == field
    assert message in reply.json()["errors"][0]["message"]
    assert Label.objects.count() == 0
    assert claim_one(client, project)["key"] == key  # still theirs


@pytest.mark.parametrize("action", ["claim", "submit"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[1]", 400),
        ("[" * 100_000, 400),
        ('{"n": NaN}', 400),
        (b'{"a": "\xff"}', 400),
        ('"' + "a" * 1_000_001 + '"', 413),
    ],
    ids=["cut off", "no object", "nested deep", "not a number", "not UTF-8", "too long"],
)
def test_a_broken_body_is_a_client_error_in_json(action: str, body: str | bytes, status: int) -> None:
    project = make_project()
    reply = post(member(project, "annotator"), project, action, body)
    assert reply.status_code == status
    assert reply.json()["detail"]


def test_another_content_type_is_refused() -> None:
    project = make_project()
    reply = member(project, "annotator").post(f"/api/v1/projects/{project.slug}/claim/", {"n": 1})
    assert reply.status_code == 415


def test_a_post_without_the_csrf_token_is_refused() -> None:
    project = make_project()
    client = Client(enforce_csrf_checks=True)
    user = make_person(project).user
    assert user is not None
    client.force_login(user)
    assert post(client, project, "claim", {}).status_code == 403


@pytest.mark.parametrize(
    ("columns", "field", "message"),
    [
        ({"prompt": "question"}, "columns.response_a", "choose the column"),
        ({"prompt": "nothing"}, "columns.prompt", "there is no column 'nothing'"),
        ({"colour": "question"}, "columns.colour", "there is no column"),
    ],
)
def test_columns_that_make_no_comparison_are_named(columns: dict[str, Any], field: str, message: str) -> None:
    project = make_project()
    lines = [{"question": "Why?", "one": "So.", "two": "Thus."}]
    reply = post(
        member(project, "manager"), project, "comparisons/import", {"comparisons": lines, "columns": columns}
    )
    assert reply.status_code == 422
    assert field_at_fault(reply) == field
    assert message in reply.json()["errors"][0]["message"]
    assert not project.comparisons.exists()
