"""Lists of the API cost the same for any number of rows, and nothing is filtered or ordered by what they do
not offer: the ORM-leak matrix over every read."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.annotation.calling import client_of
from tests.api_world import SECRET, address, document, fill, make_world, reads

pytestmark = pytest.mark.django_db

LEAKS = [
    "user__password__startswith",
    "annotator__user__email__regex",
    "webhook__secret__contains",
    "project__tokens__digest__startswith",
    "body__contains",
    "pk__gt",
    "ordering",
    "order_by",
    "sort",
    "search",
    "filter",
    "fields",
    "group_by",
    "q",
]
# Behind a parameter that is offered: into the row that it names, and by parts of its value.
LOOK_UPS = ("startswith", "regex", "project__tokens__digest__startswith")


def test_a_list_takes_the_same_statements_at_3_rows_and_at_30() -> None:
    owner = make_world()
    client, counts = client_of(owner), {}
    lists = [path for path in reads() if "limit" in parameters(path)]
    for rows in (3, 27):
        fill(owner.project, rows)
        for template in lists:
            with CaptureQueriesContext(connection) as queries:
                reply = client.get(address(template, owner))
            assert len(reply.json()["results"]) >= (rows if "consensus" not in template else 0)
            counts.setdefault(template, []).append(len(queries))
    assert [path for path in reads() if lists_rows(path)] == lists != []
    assert {template: numbers for template, numbers in counts.items() if numbers[0] != numbers[1]} == {}


def test_nothing_is_filtered_or_ordered_by_what_is_not_offered(settings: Any) -> None:
    settings.API_RATES = {"api": "100000/min", "heavy": "100000/min"}
    owner = make_world()
    client = client_of(owner)
    for template in reads():
        path = address(template, owner)
        offered = parameters(template)
        nested = [f"{name}__{look_up}" for name in offered for look_up in LOOK_UPS]
        for name in (*LEAKS, *nested):
            reply = client.get(path, {name: SECRET})
            assert reply.status_code == 422, (path, name)
            assert reply.json()["errors"][0]["field"] == name
        for name in offered:
            for value in ("user__password", "-user__password", "\x00", "annotator__user__email__regex=^a"):
                reply = client.get(path, {name: value})
                # A text that is compared as a whole finds nothing; anything else is refused.
                assert reply.status_code == 422 or reply.json()["results"] == [], (path, name, value)


def lists_rows(template: str) -> bool:
    """Whether the reply is a page of rows, as the schema has it."""
    reply = document()["paths"][template]["get"]["responses"]["200"]
    shape = str(reply.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", ""))
    return "results" in document()["components"]["schemas"].get(shape.rpartition("/")[2], {}).get(
        "properties", {}
    )


def parameters(template: str) -> list[str]:
    call = document()["paths"][template]["get"]
    return [one["name"] for one in call.get("parameters", []) if one["in"] == "query"]
