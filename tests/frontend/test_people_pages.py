"""The owner's pages about people, the payment sheet, and what a paused person sees."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Annotator, AuditEntry, Project
from annotation.people import appeal, exclude, pause, resume
from tests.annotation.test_people import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(client: Client) -> Project:
    """Two people labelled the same comparisons; the owner is signed in."""
    project = make_project(human_label_price="0.50", slug="trees")
    owner = make_person(project, role="owner")
    assert owner.user is not None
    owner.user.name = "Olga"
    owner.user.save()
    client.force_login(owner.user)
    return project


def labelled(project: Project, number: int) -> Annotator:
    """A person who labelled as many comparisons."""
    person = make_person(project)
    for _ in range(number):
        make_comparison(project)
    answer(person, project, number=number)
    return person


def page(client: Client, project: Project, name: str = "people", *more: int, query: str = "") -> str:
    response = client.get(reverse(name, args=[project.slug, *more]) + query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_says_who_did_what_and_comes_again_with_the_report(client: Client, project: Project) -> None:
    person = labelled(project, 3)
    html = page(client, project)
    assert "3 answers" in html
    assert "$30.00" in html  # three answers of a minute each at $0.50
    assert 'hx-get="?report&amp;since="' in html
    again = page(client, project, query="?report")
    assert "hx-trigger" not in again
    assert "too few" in again
    assert reverse("person", args=[project.slug, person.pk]) in again


def test_the_list_takes_as_many_statements_for_many_as_for_few(client: Client, project: Project) -> None:
    counts = []
    for number in (2, 12):
        for _ in range(number):
            labelled(project, 1)
        page(client, project)
        with CaptureQueriesContext(connection) as queries:
            page(client, project)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_a_person_is_paused_and_resumed_with_a_reason(client: Client, project: Project) -> None:
    person = labelled(project, 1)
    url = reverse("person-act", args=[project.slug, person.pk])
    said = client.post(url, {"act": "pause", "reason": " "}, follow=True).content.decode()
    assert "Say why" in said
    said = client.post(
        url, {"act": "pause", "reason": "Please read <b>both</b>."}, follow=True
    ).content.decode()
    assert "Please read &lt;b&gt;both&lt;/b&gt;." in said
    assert "by a rule" not in said
    assert client.post(url, {"act": "resume"}, follow=True).status_code == 200
    assert [one.act for one in AuditEntry.objects.order_by("pk")] == ["pause", "resume"]
    log = page(client, project, "audit")
    assert "Paused" in log
    assert "Olga" in log


def test_what_cannot_be_done_is_said_and_changes_nothing(client: Client, project: Project) -> None:
    person = labelled(project, 1)
    url = reverse("person-act", args=[project.slug, person.pk])
    assert "not excluded" in client.post(url, {"act": "readmit"}, follow=True).content.decode()
    assert "Choose what to do" in client.post(url, {"act": "promote"}, follow=True).content.decode()
    assert not AuditEntry.objects.exists()
    judge = Annotator.objects.create(project=project, kind="judge", name="judge")
    assert client.post(reverse("person-act", args=[project.slug, judge.pk])).status_code == 404


def test_the_sheet_pays_everybody_and_runs_in_no_spreadsheet(client: Client, project: Project) -> None:
    person = labelled(project, 2)
    Annotator.objects.filter(pk=person.pk).update(name="=HYPERLINK(1)")
    exclude(person, None, "Always the first.")
    sheet = client.get(reverse("payments", args=[project.slug]))
    assert sheet["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(sheet.content.decode()))
    assert row["name"] == "'=HYPERLINK(1)"
    assert (row["answers"], row["amount"], row["currency"], row["standing"]) == (
        "2",
        "1.00",
        "USD",
        "excluded",
    )
    assert row["an_hour_paid"] == "30.00"


def test_the_sheet_is_of_the_days_asked_for(client: Client, project: Project) -> None:
    labelled(project, 1)
    url = reverse("payments", args=[project.slug])
    before = client.get(url, {"from": "2001-01-01", "until": "2001-01-31"}).content.decode()
    assert before.count("\n") == 1
    assert client.get(url, {"from": "2001-01-01"}).content.decode().count("\n") == 2
    for wrong in ("31.1.2001", "2001-02-30"):
        refused = client.get(url, {"from": wrong})
        assert refused.status_code == 422
        assert wrong in refused.content.decode()


def test_a_paused_person_reads_why_and_may_answer(client: Client, project: Project) -> None:
    person = labelled(project, 1)
    make_comparison(project)
    pause(person, None, "Twenty answers in a minute.")
    assert person.user is not None
    owner, client_of_person = client, Client()
    client_of_person.force_login(person.user)
    url = reverse("label", args=[project.slug])
    shown = client_of_person.get(url).content.decode()
    assert "Your work is paused" in shown
    assert "Twenty answers in a minute." in shown
    note = {"note": "The texts had two words."}
    told = client_of_person.post(
        reverse("label-appeal", args=[project.slug]), note, follow=True
    ).content.decode()
    assert "The texts had two words." in told
    assert "The texts had two words." in page(owner, project)


def test_a_paused_person_is_told_by_the_interface_for_programs_too(client: Client, project: Project) -> None:
    person = labelled(project, 1)
    make_comparison(project)
    assert person.user is not None
    client.force_login(person.user)
    url = reverse("api-claim", args=[project.slug])
    pause(person, None, "Twenty answers in a minute.")
    said = client.post(url, {}, content_type="application/json").json()
    assert (said["lent"], said["paused"]) == ([], "Twenty answers in a minute.")


def test_an_appeal_needs_the_owner_until_it_is_settled(client: Client, project: Project) -> None:
    person = labelled(project, 1)
    pause(person, None, "Twenty answers in a minute.")
    appeal(Annotator.objects.get(pk=person.pk), "The texts had two words.")
    assert "A paused person answers you" in page(client, project, "overview")
    resume(person, None)
    assert "A paused person answers you" not in page(client, project, "overview")
