"""Walks every registered URL, page and API alike, as a stranger, as a visitor and in each role.

The walk grows by itself: a route that is not listed in EXPECTED fails the test until somebody says who may
use it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotation.models import Membership
from annotation.permissions import MAY
from tests.factories import make_comparison, make_person, make_project, make_user

PUBLIC = "public"  # anybody, signed in or not
ACCOUNT = "account"  # any account, and it sees its own things only
EXPECTED = {
    "sign-in": PUBLIC,
    "sign-out": PUBLIC,
    "healthz": PUBLIC,
    "projects": ACCOUNT,
    "overview": "view",
    "comparisons": "view",
    "comparison": "view",
    "label": "label",
    "api-projects": ACCOUNT,
    "api-project": "view",
    "api-comparisons": "view",
    "api-labels": "view",
    "api-claim": "label",
    "api-submit": "label",
}
ROLES = [role.value for role in Membership.Role]


@dataclass(frozen=True)
class Route:
    name: str
    parameters: tuple[str, ...]


def routes() -> list[Route]:
    """Every named route outside the admin, which has a test of its own."""
    return sorted(_walk(get_resolver().url_patterns, ""), key=lambda route: route.name)


def _walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from _walk(pattern.url_patterns, inner)
        else:
            yield Route(f"{namespace}{pattern.name}", tuple(pattern.pattern.regex.groupindex))


def address(route: Route, slug: str, comparison: int) -> str:
    values = {"slug": slug, "comparison_id": comparison, "pk": comparison}
    return reverse(route.name, kwargs={name: values[name] for name in route.parameters})


def statuses(client: Client, url: str) -> set[int]:
    """What the route answers by GET and by POST; 405 (not its method) says nothing and is left out."""
    return {client.get(url).status_code, client.post(url, {}).status_code} - {405}


def test_every_route_says_who_may_use_it() -> None:
    assert {route.name for route in routes()} == set(EXPECTED)


@pytest.mark.django_db
@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_a_route_lets_in_whom_it_should_and_nobody_else(route: Route, client: Client) -> None:
    project = make_project()
    comparison = make_comparison(project, wanted=5)
    url = address(route, project.slug, comparison.pk)
    expected = EXPECTED[route.name]

    if expected == PUBLIC:
        assert statuses(client, url) <= {200, 302}
        return
    assert statuses(client, url) <= {302, 401, 403}, "a visitor without an account"
    if client.get(url).status_code == 302:
        assert client.get(url).headers["Location"].startswith(reverse("sign-in"))

    stranger = make_person(make_project(), role="owner").user
    assert stranger is not None
    client.force_login(stranger)
    if expected == ACCOUNT:
        assert project.name not in client.get(url).content.decode()
        return
    assert statuses(client, url) == {404}, "the owner of another project"
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert statuses(client, url) == {404}, "a superuser who is no member"

    for role in ROLES:
        person = make_person(project, role=role)
        assert person.user is not None
        client.force_login(person.user)
        if role in MAY[expected]:  # type: ignore[index]
            assert not statuses(client, url) & {302, 401, 403, 404, 500}, role
        else:
            assert statuses(client, url) == {403}, role


@pytest.mark.django_db
def test_the_admin_is_closed_to_everybody_but_staff(client: Client) -> None:
    for role in ROLES:
        person = make_person(make_project(), role=role)
        assert person.user is not None
        client.force_login(person.user)
        assert client.get(reverse("admin:index")).status_code == 302
        assert client.get(reverse("admin:annotation_label_changelist")).status_code == 302


@pytest.mark.django_db
def test_an_inactive_account_is_out_at_once(client: Client) -> None:
    person = make_person(make_project())
    assert person.user is not None
    client.force_login(person.user)
    person.user.is_active = False
    person.user.save()
    assert client.get(reverse("projects")).status_code == 302
