"""Every form that an owner meets, with what people type wrongly: told, kept, and nothing written."""

from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotation.models import Annotator, AuditEntry
from frontend.setup_forms import SECTIONS
from llm_judges.registry import set_judge
from tests.every_page import pages
from tests.factories import make_comparison, make_person, make_project
from tests.forms_of import Form, described_by_nothing, forms_of

pytestmark = pytest.mark.django_db

# Too long for any field, and with what PostgreSQL refuses.
LONG = "9" * 3000
WRONG = f"x\x00{LONG}"
# Signing out and the language are no forms about anything.
ELSEWHERE = ("/sign-out/", "/account/")


@pytest.fixture
def owner(client: Client) -> Annotator:
    owner = make_person(make_project(), role="owner")
    make_person(owner.project)
    assert owner.user is not None
    client.force_login(owner.user)
    client.raise_request_exception = False
    return owner


def addresses(owner: Annotator) -> dict[str, str]:
    """Pages by name, with a draft's steps of setting up."""
    set_judge(owner.project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    found = pages(owner, make_comparison(owner.project, wanted=5))
    return {name: url for name, url in found.items() if not url.endswith((".csv", ".json", ".yaml"))}


def forms(client: Client, found: dict[str, str]) -> dict[tuple[str, ...], Form]:
    """The forms of all pages, each once."""
    every: dict[tuple[str, ...], Form] = {}
    for url in found.values():
        reply: Any = client.get(url)
        if reply.status_code == 200 and "html" in reply.headers["Content-Type"]:
            for form in forms_of(reply.content.decode(), url):
                if form.method == "post" and form.free and not form.action.startswith(ELSEWHERE):
                    every[form.action, *sorted(form.sent), *map(str, form.buttons)] = form
    return every


def sent(client: Client, form: Form, values: dict[str, list[str]]) -> HttpResponse:
    """The answer, with all that it wrote taken back."""
    with transaction.atomic():
        reply: Any = client.post(form.action, values)
        transaction.set_rollback(True)
    return reply


def test_no_form_fails_or_loses_what_was_typed_whatever_it_is(client: Client, owner: Annotator) -> None:
    found = forms(client, addresses(owner))
    assert len(found) > 20, "or the walk reads no forms any more"
    faults = []
    for form in found.values():
        pressed = {name: [value] for name, value in form.buttons[:1]}
        reply = sent(client, form, form.sent | pressed | {name: [WRONG] for name in form.free})
        html = reply.content.decode() if reply.status_code == 422 else ""
        if not html:
            faults.append(f"{form.action}: {reply.status_code}")
        elif 'role="alert"' not in html and 'aria-invalid="true"' not in html:
            faults.append(f"{form.action}: does not say what is wrong")
        elif nothing := described_by_nothing(html):
            faults.append(f"{form.action}: described by {nothing}, which is not there")
        elif not any(_kept(one, form) for one in forms_of(html, form.action)):
            faults.append(f"{form.action}: what was typed is lost")
    assert not faults, faults


def _kept(shown: Form, form: Form) -> bool:
    """Whether the form that came back holds what was typed into this one."""
    return shown.action == form.action and all(LONG in str(shown.sent.get(name)) for name in form.free)


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("project-duplicate", {"name": "!"}, "copy-name"),
        ("project-state", {"act": "delete", "typed": "another"}, "delete-typed"),
        ("project-file-apply", {}, "yaml-file"),
        ("plan-ask", {"kind": "share", "amount": "250", "policy": "random"}, "id_amount"),
        ("crowd-links", {"name": "May", "places": "0", "days": "7", "platform": "own"}, "id_places"),
        ("invite", {"name": " ", "places": "1", "days": "7", "role": "viewer"}, "id_name"),
        ("token-new", {"name": "", "role": "viewer", "days": ""}, "id_name"),
        ("webhook-new", {"url": "ftp://a.example.org", "kinds": ["release.ready"]}, "id_url"),
    ],
)
def test_what_is_wrong_with_a_short_form_stands_at_its_field(
    client: Client, owner: Annotator, name: str, values: dict[str, Any], field: str
) -> None:
    before = AuditEntry.objects.count()
    reply = client.post(reverse(name, args=[owner.project.slug]), values)
    html = reply.content.decode()
    assert reply.status_code == 422
    assert f'id="{field}_error"' in html
    assert 'aria-invalid="true"' in html
    assert f"{field}_error" not in described_by_nothing(html)
    for typed in values.values():
        assert isinstance(typed, list) or not typed.strip() or f'value="{typed}"' in html
    assert AuditEntry.objects.count() == before


def test_a_section_that_arrives_without_its_fields_empties_nothing(client: Client, owner: Annotator) -> None:
    for topic in SECTIONS:
        reply = client.post(reverse("settings", args=[owner.project.slug, topic]), {})
        assert reply.status_code in (302, 422), topic
    assert not AuditEntry.objects.exists()


def test_a_paused_person_keeps_the_words_of_an_appeal_that_is_too_long(client: Client) -> None:
    person = make_person(make_project())
    Annotator.objects.filter(pk=person.pk).update(paused_at="2030-01-01T00:00:00Z", told="Too fast.")
    assert person.user is not None
    client.force_login(person.user)
    reply = client.post(reverse("label-appeal", args=[person.project.slug]), {"note": "why " * 2000})
    html = reply.content.decode()
    assert (reply.status_code, "Shorten the text" in html, "why " * 2000 in html) == (422, True, True)
    assert not AuditEntry.objects.exists()
