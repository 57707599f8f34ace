"""The label page's quick way in lets in nobody whom Django's own would not."""

from typing import Any

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Annotator, Membership
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client: Client) -> Annotator:
    project = make_project()
    make_comparison(project)
    person = make_person(project)
    assert person.user
    client.force_login(person.user)
    return person


def ask(client: Client, person: Annotator) -> Any:
    return client.post(reverse("label-next", args=[person.project.slug]), headers={"HX-Request": "true"})


def turned_away(response: Any) -> bool:
    return "HX-Redirect" in response.headers and b"desk" not in response.content


def test_account_and_membership_take_one_statement(client: Client, person: Annotator) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert ask(client, person).status_code == 200
    assert sum("annotation_user" in query["sql"] for query in captured) == 1
    assert sum("annotation_membership" in query["sql"] for query in captured) == 1


def test_a_session_ends_with_the_password_it_was_made_with(client: Client, person: Annotator) -> None:
    assert person.user
    person.user.set_password("quite another password")
    person.user.save()
    assert turned_away(ask(client, person))
    assert not client.session.keys(), "the session is gone, as on every other page"


def test_a_session_without_a_hash_or_with_a_forged_one_is_nobodys(client: Client, person: Annotator) -> None:
    for forged in (None, "", "0" * 64, "ä"):
        assert person.user
        client.force_login(person.user)
        session = client.session
        if forged is None:
            del session[HASH_SESSION_KEY]
        else:
            session[HASH_SESSION_KEY] = forged
        session.save()
        assert turned_away(ask(client, person)), forged


def test_a_closed_account_is_out_at_once(client: Client, person: Annotator) -> None:
    assert person.user
    person.user.is_active = False
    person.user.save()
    assert turned_away(ask(client, person))


def test_a_session_made_with_the_previous_secret_key_still_counts(client: Client, person: Annotator) -> None:
    with override_settings(SECRET_KEY="the next one" * 5):
        assert turned_away(ask(client, person))
    assert person.user
    client.force_login(person.user)
    from django.conf import settings

    with override_settings(SECRET_KEY="the next one" * 5, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert ask(client, person).status_code == 200


def test_who_left_the_project_or_lost_the_role_is_told_so(client: Client, person: Annotator) -> None:
    membership = Membership.objects.get(user=person.user)
    membership.role = "viewer"
    membership.save()
    assert ask(client, person).status_code == 403
    membership.delete()
    assert ask(client, person).status_code == 404


def test_a_visitor_is_sent_to_sign_in(person: Annotator) -> None:
    assert turned_away(ask(Client(), person))
