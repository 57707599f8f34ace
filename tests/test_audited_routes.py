"""Walks every route that changes something for an owner, and looks for it in the audit log.

It grows by itself: a route that takes a POST and stands neither among the acts nor among the quiet ones fails
the test until somebody says which it is.
"""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import AuditEntry
from tests.access.acts import API, PAGES, QUIET, Act, World
from tests.access.addresses import address, routes
from tests.access.expected import EXPECTED
from tests.factories import make_comparison, make_person, make_project

OWNERS = [route for route in routes() if EXPECTED[route.name] in ("own", "manage", "review", "view")]
ACTS = PAGES | API
_DUMMY = {"name": "any", "part": "any", "figure": "any", "chart": "any", "sha256": "any", "slug": "any"}


@pytest.fixture
def world(client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> World:
    for task in ("look", "try_out", "tag"):
        monkeypatch.setattr(f"llm_judges.tasks.{task}.delay", lambda *given: None)
    settings.RELEASES_DIR = settings.DATA_DIR = tmp_path
    project = make_project()
    owner = make_person(project, role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    return World(project, make_comparison(project, wanted=5), make_person(project), owner)


@pytest.mark.django_db
def test_every_route_that_takes_a_post_says_whether_it_is_logged(client: Client, world: World) -> None:
    told = set(ACTS) | set(QUIET)
    assert told <= {route.name for route in OWNERS}
    for route in OWNERS:
        if route.name not in told:
            values = {name: _DUMMY.get(name, 1) for name in route.parameters}
            reply = client.post(reverse(route.name, kwargs=values), {}, content_type="application/json")
            assert reply.status_code == 405, route.name


@pytest.mark.django_db
@pytest.mark.parametrize("name", ACTS)
def test_what_an_owner_does_is_logged_once_with_who_did_it(client: Client, world: World, name: str) -> None:
    act = ACTS[name]
    url, body = _address(world, name, act), act.body(world)
    before = set(AuditEntry.objects.values_list("pk", flat=True))

    reply = client.post(url, body, content_type="application/json") if name in API else client.post(url, body)

    entries = AuditEntry.objects.exclude(pk__in=before)
    assert [entry.act for entry in entries] == [act.logged], reply.status_code
    entry = entries.get()
    assert entry.actor == world.owner.user
    assert entry.target or entry.project_slug
    if act.logged in ("settings", "judge", "panel", "quality"):
        assert set(entry.before) <= set(entry.after), "what stood there, of what it is now"
    if act.logged in ("ask-deletion", "close-link", "pause", "return", "settle-flag", "webhook-paused"):
        assert entry.before.keys() == entry.after.keys()
        assert entry.before != entry.after


def _address(world: World, name: str, act: Act) -> str:
    made = act.place(world)
    route = next(route for route in OWNERS if route.name == name)
    if made:
        rest = {"slug": world.project.slug} | made
        return reverse(name, kwargs={parameter: rest[parameter] for parameter in route.parameters})
    return address(route, world.project, world.comparison.pk, world.person)
