"""Invitations by role and pool, from the link to the membership; roles changed and members removed."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import leases
from annotation.models import Assignment, AuditEntry, Invitation, Membership, Pool, User
from tests.factories import PASSWORD, make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Any:
    """A project, its owner, and the owner's browser."""
    owner = make_person(make_project(), role="owner")
    client = Client()
    assert owner.user is not None
    client.force_login(owner.user)
    return owner.project, owner, client


def invite(client: Client, project: Any, **form: Any) -> Any:
    values = {"name": "Class of May", "role": "annotator", "days": 7, "places": 1, "pool": ""} | form
    return client.post(reverse("invite", args=[project.slug]), values)


def path_of(reply: Any) -> str:
    return str(reply.context["address"]).removeprefix("http://testserver")


def test_an_invitation_leads_a_stranger_to_an_account_and_a_membership(world: Any) -> None:
    project, _, owner = world
    pool = Pool.objects.create(project=project, name="expert")
    link = path_of(invite(owner, project, pool=pool.pk))

    guest = Client()
    assert guest.get(link).headers["Location"] == reverse("join")
    assert project.name in guest.get(reverse("join")).content.decode()
    form = {"email": "new@example.org", "name": "Ina", "username": "", "password1": PASSWORD}
    assert guest.post(reverse("account_signup"), form).headers["Location"] == reverse("join")
    joined = guest.post(reverse("join"))
    assert joined.headers["Location"] == reverse("label", args=[project.slug])

    member = Membership.objects.get(user__email="new@example.org")
    assert member.role == "annotator"
    assert member.annotator is not None
    assert [one.name for one in member.annotator.pools.all()] == ["expert"]
    assert User.objects.get(email="new@example.org").username is None
    assert AuditEntry.objects.filter(project=project, act="join", after__by="Class of May").exists()
    assert Client().get(link).status_code == 410, "one place was all it had"


def test_the_token_is_shown_once_and_kept_nowhere(world: Any) -> None:
    project, _, client = world
    token = path_of(invite(client, project)).split("/")[-2]
    kept = Invitation.objects.get()
    assert token not in str(vars(kept))
    assert token not in client.get(reverse("members", args=[project.slug])).content.decode()
    assert all(token not in str(vars(one)) for one in AuditEntry.objects.all())


@pytest.mark.parametrize("how", ["late", "closed"])
def test_an_invitation_ends(world: Any, how: str) -> None:
    project, _, client = world
    link = path_of(invite(client, project, places=5))
    guest = Client()
    guest.get(link)
    if how == "closed":
        client.post(reverse("invitation-close", args=[project.slug, Invitation.objects.get().pk]))
        assert guest.post(reverse("join")).status_code == 410
        assert guest.get(link).status_code == 410
    else:
        with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
            assert guest.get(link).status_code == 410
    assert Client().get(reverse("invited", args=["guessed"])).status_code == 404


def test_a_member_who_follows_an_invitation_keeps_the_role(world: Any) -> None:
    project, owner, client = world
    link = path_of(invite(client, project))
    client.get(link)
    client.post(reverse("join"))
    assert owner.membership.role == Membership.objects.get(pk=owner.membership.pk).role == "owner"
    assert Invitation.objects.get().taken == 0


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_a_manager_neither_makes_nor_unmakes_owners_and_managers(world: Any, role: str) -> None:
    project, owner, _ = world
    manager = make_person(project, role="manager")
    client = Client()
    assert manager.user is not None
    client.force_login(manager.user)
    assert invite(client, project, role=role).status_code == 422
    client.post(reverse("member-act", args=[project.slug, owner.membership.pk]), {"role": "viewer"})
    client.post(reverse("member-act", args=[project.slug, owner.membership.pk]), {"act": "remove"})
    assert Membership.objects.get(pk=owner.membership.pk).role == "owner"


@pytest.mark.parametrize("form", [{"role": "viewer"}, {"act": "remove"}])
def test_a_project_is_never_without_an_owner(world: Any, form: dict[str, str]) -> None:
    project, owner, client = world
    act = reverse("member-act", args=[project.slug, owner.membership.pk])
    client.post(act, form)
    assert Membership.objects.get(pk=owner.membership.pk).role == "owner"
    make_person(project, role="owner")
    client.post(act, form)
    assert not Membership.objects.filter(pk=owner.membership.pk, role="owner").exists()


def test_a_removed_member_is_out_and_gives_back_what_they_hold(world: Any) -> None:
    project, _, client = world
    make_comparison(project)
    person = make_person(project)
    leases.claim(person, project)
    client.post(reverse("member-act", args=[project.slug, person.membership.pk]), {"act": "remove"})

    assert Assignment.objects.get(annotator=person).state == "expired"
    browser = Client()
    assert person.user is not None
    browser.force_login(person.user)
    assert browser.get(reverse("label", args=[project.slug])).status_code == 404
    assert leases.claim(make_person(project), project), "it is open to others again"


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"days": 0}, {"days": 4000}, {"places": 0}, {"places": "x"}, {"role": "king"}]
)
def test_a_wrong_form_makes_no_link_and_says_why(world: Any, wrong: dict[str, Any]) -> None:
    project, _, client = world
    reply = invite(client, project, **wrong)
    assert reply.status_code == 422
    (field,) = wrong
    assert field in reply.context["form"].errors
    assert not Invitation.objects.exists()


def test_a_pool_of_another_project_is_no_pool(world: Any) -> None:
    project, _, client = world
    other = make_project().pools.get()
    assert invite(client, project, pool=other.pk).status_code == 422


def test_many_members_cost_as_many_statements_as_few(world: Any, django_assert_num_queries: Any) -> None:
    project, _, client = world
    address = reverse("members", args=[project.slug])
    with django_assert_num_queries(6):
        client.get(address)
    for _ in range(10):
        make_person(project)
        invite(client, project)
    with django_assert_num_queries(6):
        client.get(address)


def test_somebody_signed_in_joins_as_themselves(world: Any) -> None:
    project, _, client = world
    link = path_of(invite(client, project, role="viewer"))
    user = make_user()
    browser = Client()
    browser.force_login(user)
    browser.get(link)
    assert browser.post(reverse("join")).headers["Location"] == reverse("overview", args=[project.slug])
    assert Membership.objects.get(user=user, project=project).annotator is None
