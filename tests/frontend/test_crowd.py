"""Guests of crowd links: in by the platform's parameters, out by its codes, bound to their submission."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation import crowd, leases
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotator, Assignment, CrowdLink, Participation, Project, User
from annotation.people import pause
from annotation.permissions import Access
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db

BACK = "https://app.prolific.com/submissions/complete?cc="
CAME = {"PROLIFIC_PID": "5f1a", "STUDY_ID": "st1", "SESSION_ID": "se1"}


@pytest.fixture
def project() -> Project:
    project = make_project(labels_per_person=1)
    project.guidelines_versions.all().delete()
    for _ in range(3):
        make_comparison(project, wanted=2)
    return project


def link_of(project: Project, places: int = 2, **more: str) -> str:
    owner = make_person(project, role="owner").user
    assert owner is not None
    codes = {"completed_code": "C1", "screened_out_code": "S1", "quota_full_code": "Q1"} | more
    back = {"return_url": BACK.partition("?")[0]}
    _, token = crowd.open_link(project, owner, "May", days=7, places=places, **(back | codes))
    return reverse("crowd", args=[token])


def come(path: str, **who: str) -> tuple[Client, Any]:
    """A browser that came by the link and pressed Take part."""
    client = Client()
    client.get(path, CAME | who)
    return client, client.post(path, query_params=CAME | who)


def answer_one(project: Project, annotator: Annotator) -> None:
    [held] = leases.claim(annotator, project)
    submit_many(annotator, project, [Submission(held.pk, {"overall": Answer("a=b")})])


def test_a_guest_needs_no_account_and_goes_back_with_the_completion_code(
    project: Project,
) -> None:
    client, reply = come(link_of(project))
    assert reply.headers["Location"] == reverse("label", args=[project.slug])
    guest = Annotator.objects.get(external_id="5f1a")
    assert guest.user is not None
    assert (guest.user.email, guest.user.has_usable_password()) == (None, False)
    part = guest.participation
    assert (part.study_id, part.session_id, part.state) == ("st1", "se1", "active")

    finish = reverse("crowd-finish", args=[project.slug])
    assert client.get(finish).headers["Location"] == reverse("label", args=[project.slug]), "work is left"
    answer_one(project, guest)
    assert client.get(finish).headers["Location"] == f"{BACK}C1"
    assert client.get(finish).headers["Location"] == f"{BACK}C1", "asked again, it is the same"
    assert b"You have finished" in client.get(reverse("label", args=[project.slug])).content
    assert not leases.claim(Annotator.objects.get(pk=guest.pk), project)


def test_whoever_comes_when_there_is_no_room_goes_back_with_that_code(project: Project) -> None:
    path = link_of(project, places=1)
    come(path)
    reply = Client().get(path, CAME | {"PROLIFIC_PID": "other"})
    assert reply.headers["Location"] == f"{BACK}Q1"
    assert User.objects.filter(email=None).count() == 1, "looking makes no account"


def test_a_link_lets_nobody_in_when_nothing_waits(project: Project) -> None:
    path = link_of(project)
    Project.objects.get().comparisons.all().delete()
    assert Client().get(path, CAME).headers["Location"] == f"{BACK}Q1"


def test_an_answer_that_screens_out_leads_back_with_that_code(project: Project) -> None:
    project.profile = [
        {"name": "age", "question": "Are you of age?", "answers": ["yes", "no"], "screen_out": ["no"]}
    ]
    project.save()
    client, reply = come(link_of(project))
    about = reverse("label-profile", args=[project.slug])
    assert reply.headers["Location"] == about
    client.post(about, {"age": "no"})
    assert b"This is not for you" in client.get(reverse("label", args=[project.slug])).content
    assert client.get(reverse("crowd-finish", args=[project.slug])).headers["Location"] == f"{BACK}S1"
    assert CrowdLink.objects.get().taken == 0, "the place is free again"


def test_stopping_frees_what_the_guest_held_and_keeps_what_they_said(project: Project) -> None:
    Project.objects.update(labels_per_person=2)
    project.refresh_from_db()
    client, _ = come(link_of(project))
    guest = Annotator.objects.get(external_id="5f1a")
    answer_one(project, guest)
    leases.claim(guest, project)
    client.post(reverse("crowd-stop", args=[project.slug]))

    states = Assignment.objects.filter(annotator=guest).values_list("state", flat=True)
    assert sorted(states) == ["expired", "submitted"]
    assert guest.labels.count() == 1
    assert Participation.objects.get().state == "returned"
    assert CrowdLink.objects.get().taken == 0
    html = client.get(reverse("label", args=[project.slug])).content
    finish = reverse("crowd-finish", args=[project.slug])
    assert b"You have stopped" in html
    assert finish.encode() not in html, "the platform has no code for it: the submission is returned there"
    assert client.get(finish).headers["Location"] == reverse("label", args=[project.slug])


def test_a_paused_guest_may_finish_with_what_they_have_answered(project: Project) -> None:
    client, _ = come(link_of(project))
    guest = Annotator.objects.get(external_id="5f1a")
    answer_one(project, guest)
    pause(guest, None, "Too fast.")
    finish = reverse("crowd-finish", args=[project.slug])
    assert finish.encode() in client.get(reverse("label", args=[project.slug])).content
    assert client.get(finish).headers["Location"] == f"{BACK}C1"
    assert Participation.objects.get().state == "completed"


def test_a_guest_who_is_through_is_not_told_as_paused(project: Project) -> None:
    client, _ = come(link_of(project))
    guest = Annotator.objects.get(external_id="5f1a")
    answer_one(project, guest)
    client.get(reverse("crowd-finish", args=[project.slug]))
    office = Client()
    office.force_login(User.objects.get(memberships__role="owner"))
    pages = [office.get(reverse(name, args=[project.slug])) for name in ("overview", "people", "payments")]
    overview, people, sheet = (page.content.decode() for page in pages)
    assert "paused" not in overview + sheet
    assert "Nothing needs you now." in overview
    assert "are paused" not in people
    assert '<span class="faint small">completed</span>' in people
    assert sheet.rstrip().endswith(",completed")
    html = office.get(reverse("person", args=[project.slug, guest.pk])).content.decode()
    assert "whose part is over: <b>completed</b>" in html
    assert 'value="resume"' not in html


def test_a_submission_the_owner_marks_as_returned_is_free_for_the_next(project: Project) -> None:
    path = link_of(project, places=1)
    come(path)
    guest = Annotator.objects.get(external_id="5f1a")
    leases.claim(guest, project)
    owner = Client()
    owner.force_login(User.objects.get(memberships__role="owner"))
    owner.post(reverse("crowd-return", args=[project.slug, Participation.objects.get().pk]))
    assert not Assignment.objects.filter(annotator=guest, state="live").exists()
    assert Client().get(path, CAME | {"PROLIFIC_PID": "other"}).status_code == 200

    _, again = come(path, SESSION_ID="se2")
    assert again.headers["Location"] == reverse("label", args=[project.slug]), "the same person, a new try"
    assert Annotator.objects.filter(external_id="5f1a").count() == 1
    assert Participation.objects.get().session_id == "se2"


def test_somebody_elses_id_alone_opens_nothing(project: Project) -> None:
    path = link_of(project)
    come(path)
    thief, reply = come(path, SESSION_ID="guessed")
    assert reply.status_code == 409
    assert thief.get(reverse("label", args=[project.slug])).status_code == 302
    same, reply = come(path)
    assert reply.status_code == 302, "with their submission they come back from any browser"
    assert Participation.objects.count() == 1
    assert same.get(reverse("label", args=[project.slug])).status_code == 200


@pytest.mark.parametrize("bad", ["", "a b", "<script>", "x" * 201])
def test_without_a_proper_id_nobody_comes_in(project: Project, bad: str) -> None:
    reply = Client().get(link_of(project), CAME | {"PROLIFIC_PID": bad})
    assert reply.status_code == 400
    assert bad == "" or bad not in reply.content.decode()


def test_a_link_without_a_platform_gives_every_browser_a_part_of_its_own(project: Project) -> None:
    path = link_of(project, id_parameter="", study_parameter="", session_parameter="", return_url="")
    first, _ = come(path)
    come(path)
    assert Participation.objects.count() == 2
    answer_one(project, Annotator.objects.filter(participation__isnull=False).earliest("pk"))
    finish = first.get(reverse("crowd-finish", args=[project.slug]))
    assert finish.headers["Location"] == reverse("label", args=[project.slug])


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/x", "http://app.prolific.com/x", "javascript:alert(1)", "//evil.example"],
)
def test_people_are_sent_back_to_allowed_hosts_only(project: Project, address: str) -> None:
    with pytest.raises(crowd.LinkError):
        link_of(project, return_url=address)


def test_the_owners_page_makes_a_link_with_the_platforms_parameters(project: Project) -> None:
    owner = Client()
    person = make_person(project, role="owner").user
    assert person is not None
    owner.force_login(person)
    form = {"name": "May", "platform": "prolific", "days": 7, "places": 5, "completed_code": "C1"}
    page = owner.post(reverse("crowd-links", args=[project.slug]), form).content.decode()
    assert "PROLIFIC_PID={{%PROLIFIC_PID%}}" in page
    wrong = owner.post(reverse("crowd-links", args=[project.slug]), form | {"completed_code": "a b"})
    assert wrong.status_code == 422


def test_a_cap_for_a_person_holds_across_tabs(project: Project) -> None:
    person = make_person(project)
    assert len(leases.claim(person, project, n=3)) == 1
    answer_one(project, person)
    assert leases.claim(person, project, n=3) == []
    assert Access(project, person.membership).annotator() == person
    assert leases.claim(make_person(project), project), "others are not kept from it"
