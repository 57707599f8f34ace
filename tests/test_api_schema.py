"""The schema that is served is complete, and replies are what it says."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from jsonschema import Draft202012Validator

from tests.annotation.calling import client_of
from tests.api_world import address, document, fill, make_world, reads

pytestmark = pytest.mark.django_db


def test_the_schema_is_made_without_a_warning_and_is_valid() -> None:
    out = io.StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out)
    assert "openapi: 3.1.0" in out.getvalue()


def test_every_address_of_the_api_is_in_the_schema() -> None:
    found = {
        name for name in get_resolver().reverse_dict if isinstance(name, str) and name.startswith("api-")
    }
    assert len(document()["paths"]) == len(found - {"api-schema", "api-docs"})


def test_every_read_gives_what_the_schema_says_and_every_mistake_is_a_problem() -> None:
    owner = make_world()
    fill(owner.project, 2)
    client, schema, empty = client_of(owner), document(), []
    for template in reads():
        call = schema["paths"][template]["get"]
        path = address(template, owner)
        reply = client.get(path)
        assert reply.status_code == 200, (path, reply.content)
        [(media_type, said)] = call["responses"]["200"]["content"].items()
        assert reply.headers["Content-Type"] == media_type, path
        if media_type == "application/json":
            checked(reply.json(), said["schema"], schema)
            if reply.json().get("results") == []:
                empty.append(path)
        for problem in (Client().get(path), client.get(f"{path}?color=red"), client.put(path)):
            assert problem.headers["Content-Type"] == "application/problem+json", path
            checked(problem.json(), {"$ref": "#/components/schemas/Problem"}, schema)
            assert problem.json()["status"] == problem.status_code
    assert [path for path in empty if not path.endswith("consensus/")] == []


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v2/", "/api/v1/projects/x/comparisons/one/"])
def test_where_there_is_nothing_the_answer_is_a_problem_too(path: str) -> None:
    reply = Client().get(path)
    assert (reply.status_code, reply.headers["Content-Type"]) == (404, "application/problem+json")


def checked(value: Any, said: dict[str, Any], schema: dict[str, Any]) -> None:
    errors = Draft202012Validator(said | {"components": schema["components"]}).iter_errors(value)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []
