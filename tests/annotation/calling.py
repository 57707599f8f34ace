"""Calls of the REST API as its clients make them."""

from typing import Any

from django.test import Client

from annotation.models import Annotator, Project
from tests.factories import make_person


def client_of(annotator: Annotator) -> Client:
    client = Client()
    assert annotator.user is not None
    client.force_login(annotator.user)
    return client


def member(project: Project, role: str) -> Client:
    return client_of(make_person(project, role=role))


def post(client: Client, project: Project, action: str, body: Any) -> Any:
    return client.post(f"/api/v1/projects/{project.slug}/{action}/", body, content_type="application/json")


def get(client: Client, project: Project, what: str, **query: Any) -> Any:
    return client.get(f"/api/v1/projects/{project.slug}/{what}", query)


def claim_one(client: Client, project: Project) -> dict[str, Any]:
    [lent] = post(client, project, "claim", {}).json()["lent"]
    return lent


def field_at_fault(reply: Any) -> str:
    """The first field that a problem names."""
    return str(reply.json()["errors"][0]["field"])
