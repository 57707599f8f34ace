"""Tokens and webhooks on the owner's page: shown once, revoked at once, and never more than their maker."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation import webhooks
from annotation.models import Annotator, AuditEntry, Delivery, Membership, Project, Token, Webhook
from tests.annotation.calling import client_of
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


def make_token(client: Client, project: Project, role: str = "viewer") -> str:
    reply = client.post(reverse("token-new", args=[project.slug]), {"name": "nightly", "role": role})
    found = re.search(r"tandem_[\w-]{43}", reply.content.decode())
    assert found, reply.status_code
    return found[0]


def called(token: str, project: Project, what: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().get(f"/api/v1/projects/{project.slug}/{what}", headers=headers).status_code


@pytest.fixture
def owner() -> Annotator:
    return make_person(make_project(), role="owner")


def test_a_token_is_shown_once_works_in_its_project_and_ends_when_revoked(owner: Annotator) -> None:
    project, client = owner.project, client_of(owner)
    other = make_project()
    Membership.objects.create(project=other, user=owner.user, role="owner")
    secret = make_token(client, project)
    page = client.get(reverse("programs", args=[project.slug])).content.decode()
    assert secret not in page
    assert f"…{secret[-4:]}" in page
    assert secret not in str(list(Token.objects.values()))

    assert called(secret, project) == 200
    assert Token.objects.get().last_used_at is not None
    assert called(secret, project, "members/") == 403  # a viewer's token, an owner's account
    assert called(secret, other) == 404
    listed = Client().get("/api/v1/projects/", headers={"Authorization": f"Bearer {secret}"}).json()
    assert [(one["slug"], one["role"]) for one in listed["results"]] == [(project.slug, "viewer")]
    assert called(secret[:-1] + "x", project) == 401

    client.post(reverse("token-revoke", args=[project.slug, Token.objects.get().pk]))
    assert called(secret, project) == 401
    acts = AuditEntry.objects.order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["token-made", "token-revoked"]


def test_a_token_may_no_more_than_its_maker_may_now(owner: Annotator) -> None:
    project = owner.project
    secret = make_token(client_of(owner), project, "owner")
    assert called(secret, project, "audit/") == 200
    Membership.objects.filter(user=owner.user).update(role="reviewer")
    assert called(secret, project, "audit/") == 403
    assert called(secret, project) == 200
    Membership.objects.filter(user=owner.user).delete()
    assert called(secret, project) == 404
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert called(secret, project) == 401


@pytest.mark.parametrize(
    ("role", "made"), [("viewer", True), ("manager", True), ("owner", False), ("king", False), ("", False)]
)
def test_a_manager_makes_no_token_of_an_owner(role: str, made: bool) -> None:
    manager = make_person(make_project(), role="manager")
    url = reverse("token-new", args=[manager.project.slug])
    reply = client_of(manager).post(url, {"name": "<b>", "role": role})
    assert (reply.status_code, Token.objects.count()) == ((200, 1) if made else (422, 0))
    assert "<b><" not in reply.content.decode()


def test_a_token_writes_without_a_csrf_token_and_a_page_takes_no_token(owner: Annotator) -> None:
    project = owner.project
    make_comparison(project)
    secret = make_token(client_of(owner), project, "annotator")
    client = Client(enforce_csrf_checks=True)
    headers = {"Authorization": f"Bearer {secret}"}
    url = f"/api/v1/projects/{project.slug}/claim/"
    assert client.post(url, {}, content_type="application/json", headers=headers).status_code == 200
    assert client.get(reverse("programs", args=[project.slug]), headers=headers).status_code == 302


def test_a_webhook_is_added_given_another_secret_paused_and_removed(owner: Annotator) -> None:
    project, client = owner.project, client_of(owner)
    new = reverse("webhook-new", args=[project.slug])
    bad = client.post(new, {"url": "http://10.0.0.1/", "kinds": ["label.submitted"]})
    assert (bad.status_code, Webhook.objects.count()) == (422, 0)
    assert "begins with https://" in bad.content.decode()
    added = client.post(new, {"url": "https://hooks.example.org/", "kinds": ["label.submitted"]})
    [first] = re.findall(r"whsec_[\w+/]+=*", added.content.decode())
    hook = Webhook.objects.get()
    act = reverse("webhook-act", args=[project.slug, hook.pk])
    [second] = re.findall(r"whsec_[\w+/]+=*", client.post(act, {"act": "rotate"}).content.decode())
    assert first != second
    kept = str(list(Webhook.objects.values())) + str(list(AuditEntry.objects.values()))
    assert first not in kept
    assert second not in kept
    for name, tells in (("pause", []), ("resume", ["label.submitted"]), ("remove", [])):
        client.post(act, {"act": name})
        project.refresh_from_db()
        assert project.tells == tells
    assert not Webhook.objects.exists()


def test_the_log_shows_what_failed_sends_it_again_and_costs_the_same_for_any_number(
    owner: Annotator,
) -> None:
    project, client, numbers = owner.project, client_of(owner), []
    hook, _ = webhooks.add(project, make_user(), "https://hooks.example.org/", ["release.ready"])
    for more in (3, 130):
        Delivery.objects.bulk_create(
            Delivery(webhook=hook, kind="release.ready", body="{}", state="failed", error="answered 500")
            for _ in range(more)
        )
        for name in ("deliveries", "programs"):
            with CaptureQueriesContext(connection) as queries:
                page = client.get(reverse(name, args=[project.slug]))
            numbers.append(len(queries))
    assert numbers[:2] == numbers[2:]
    assert "answered 500" in client.get(reverse("deliveries", args=[project.slug])).content.decode()
    assert page.status_code == 200
    delivery = Delivery.objects.latest("pk")
    client.post(reverse("delivery-resend", args=[project.slug, delivery.pk]))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("waiting", 0)
