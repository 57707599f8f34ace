"""Walks every registered URL, page and API alike, as a stranger, as a visitor and in each role.

The walk grows by itself: a route that is not listed in access/expected.py fails the test until somebody says
who may use it.
"""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Membership
from annotation.permissions import MAY
from tests.access.addresses import Route, address, routes
from tests.access.expected import ACCOUNT, EXPECTED, MEMBER, NOWHERE, PUBLIC
from tests.factories import make_comparison, make_person, make_project, make_user

ROLES = [role.value for role in Membership.Role]


def statuses(client: Client, url: str) -> set[int]:
    """What the route answers by GET and by POST: 302 where it leads to sign-in, 200 where it leads elsewhere.

    405 (not its method) says nothing and is left out.
    """
    answers = (client.get(url), client.post(url, {}))
    return {status(answer) for answer in answers} - {405}


def status(answer: Any) -> int:
    elsewhere = answer.status_code == 302 and not answer.headers["Location"].startswith(reverse("sign-in"))
    return 200 if elsewhere else int(answer.status_code)


def test_every_route_says_who_may_use_it() -> None:
    assert {route.name for route in routes()} == set(EXPECTED)


@pytest.mark.django_db
@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_a_route_lets_in_whom_it_should_and_nobody_else(route: Route, client: Client) -> None:
    project = make_project()
    comparison = make_comparison(project, wanted=5)
    url = address(route, project, comparison.pk, make_person(project))
    expected = EXPECTED[route.name]

    if expected == PUBLIC:
        assert statuses(client, url) <= {200, 302} | NOWHERE.get(route.name, set())
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
        if expected == MEMBER or role in MAY[expected]:  # type: ignore[index]
            url = address(route, project, comparison.pk, person)
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
