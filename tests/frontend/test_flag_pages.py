"""The owner finds what annotators flagged and skipped, and settles it."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation import leases
from annotation.flags import raise_flag
from annotation.models import Annotator, Comparison, Flag, Project
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db

XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture
def project(client: Client) -> Project:
    project = make_project()
    enter(client, project, "owner")
    return project


def enter(client: Client, project: Project, role: str) -> None:
    user = make_person(project, role=role).user
    assert user is not None
    client.force_login(user)


def get(client: Client, name: str, *parameters: object, query: str = "") -> str:
    response = client.get(reverse(name, args=parameters) + query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def flag(project: Project, note: str = "A is cut off.", by: Annotator | None = None) -> Flag:
    comparison = make_comparison(project, prompt="Name a use for a spoon.")
    return raise_flag(by or make_person(project), comparison.pk, note)


def skip(project: Project, reason: str) -> Comparison:
    comparison, person = make_comparison(project), make_person(project)
    (assignment,) = leases.claim(person, project)
    leases.give_back(person, [assignment.pk], reason=reason)
    return comparison


def test_the_overview_says_what_needs_attention(client: Client, project: Project) -> None:
    first = flag(project)
    raise_flag(make_person(project), first.comparison_id, "It names somebody.")
    flag(make_project())
    html = get(client, "overview", project.slug)
    assert "<b>1 comparison is flagged</b>" in html
    assert "2 notes are open." in html
    assert reverse("flags", args=[project.slug]) in html


def test_the_overview_counts_skips_by_reason(client: Client, project: Project) -> None:
    for reason in ("personal_data", "broken", "broken"):
        skip(project, reason)
    html = get(client, "overview", project.slug)
    assert "<b>Skipped 3 times</b><p>Broken 2, Personal data 1</p>" in html


def test_a_project_without_reports_says_so(client: Client, project: Project) -> None:
    make_comparison(project)
    assert "Nothing needs you now." in get(client, "overview", project.slug)


def test_open_flags_are_listed_with_note_person_and_link(client: Client, project: Project) -> None:
    raised = flag(project, "A is cut off.\nSo is B.")
    html = get(client, "flags", project.slug)
    for shown in (
        "A is cut off.<br>So is B.",
        raised.annotator.name,
        reverse("comparison", args=[project.slug, raised.comparison_id]),
        raised.comparison.external_id,
        "Name a use for a spoon.",
    ):
        assert shown in html, shown


def test_a_flag_is_settled_from_the_list_and_leaves_it(client: Client, project: Project) -> None:
    raised = flag(project)
    address = reverse("flag-settle", args=[project.slug, raised.pk])
    assert address in get(client, "flags", project.slug)
    response = client.post(address, {"list": ""})
    assert response.headers["Location"] == reverse("flags", args=[project.slug])
    assert "No flag is open." in get(client, "flags", project.slug)


def test_a_flag_is_settled_on_its_comparison_where_it_stays_to_be_read(
    client: Client, project: Project
) -> None:
    raised = flag(project)
    address = reverse("flag-settle", args=[project.slug, raised.pk])
    page = ("comparison", project.slug, raised.comparison_id)
    assert address in get(client, *page)
    assert client.post(address).headers["Location"] == reverse(page[0], args=page[1:])
    html = get(client, *page)
    assert "A is cut off." in html
    assert address not in html
    assert "settled" in html


@pytest.mark.parametrize(("role", "may"), [("manager", True), ("reviewer", False), ("viewer", False)])
def test_only_owners_and_managers_settle(client: Client, project: Project, role: str, may: bool) -> None:
    raised = flag(project)
    enter(client, project, role)
    address = reverse("flag-settle", args=[project.slug, raised.pk])
    for page in (("flags", project.slug), ("comparison", project.slug, raised.comparison_id)):
        html = get(client, *page)
        assert "A is cut off." in html
        assert (address in html) is may
    assert client.post(address).status_code == (302 if may else 403)


def test_a_flag_of_another_project_is_not_found(client: Client, project: Project) -> None:
    other = flag(make_project())
    assert client.post(reverse("flag-settle", args=[project.slug, other.pk])).status_code == 404
    other.refresh_from_db()
    assert other.resolved_at is None


def test_a_comparison_says_why_it_was_skipped(client: Client, project: Project) -> None:
    comparison = skip(project, "not_my_field")
    assert "Skipped as Not my field 1." in get(client, "comparison", project.slug, comparison.pk)


def test_every_open_flag_is_listed_once_page_after_page(client: Client, project: Project) -> None:
    person = make_person(project)
    raised = [flag(project, by=person).comparison_id for _ in range(60)]
    with CaptureQueriesContext(connection) as captured:
        first = get(client, "flags", project.slug)
    assert len(captured) <= 5
    more = re.search(r'href="(\?after=\d+)"', first)
    assert more is not None
    second = get(client, "flags", project.slug, query=more[1])
    listed = re.findall(r'<th scope="row"><a href="[^"]*/comparisons/(\d+)/">', first + second)
    assert [int(pk) for pk in listed] == raised


def test_what_people_write_stays_text(client: Client, project: Project) -> None:
    raised = flag(project, XSS)
    Annotator.objects.update(name="dana@example.org")
    for page in (("flags", project.slug), ("comparison", project.slug, raised.comparison_id)):
        html = get(client, *page)
        assert "<img" not in html
        assert "&lt;img" in html
        assert "dana@" not in html, "an address is shown to nobody"
