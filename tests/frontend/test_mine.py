"""What is kept of a person as a file, and its erasure: identity goes, labels stay, sessions end."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from annotation import leases, people
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotator, Assignment, AuditEntry, Label, ProfileAnswer, Project, User
from annotation.pace import fairness
from tests.factories import PASSWORD, make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def ina() -> Annotator:
    """Somebody with an answer, a comparison in hand, a pause with an appeal, and a word about themselves."""
    project = make_project(profile=[{"name": "field", "question": "Your field?", "answers": ["law", "art"]}])
    for _ in range(2):
        make_comparison(project)
    person = make_person(project, email="ina@example.org")
    User.objects.filter(pk=person.user_id).update(name="Ina Probst")
    Annotator.objects.filter(pk=person.pk).update(name="Ina Probst")
    person = Annotator.objects.select_related("user").get(pk=person.pk)
    held, _ = leases.claim(person, project, n=2)
    answer = Answer("a>b", strength=1, rationale="The first is kinder.")
    submit_many(person, project, [Submission(held.pk, {"overall": answer})])
    people.pause(person, None, "Slow down a little.")
    people.appeal(Annotator.objects.get(pk=person.pk), "I read every word.")
    ProfileAnswer.objects.create(annotator=person, question="field", answer="law")
    return person


def browser(person: Annotator) -> Client:
    client = Client()
    assert person.user is not None
    client.force_login(person.user)
    return client


def test_the_file_holds_everything_that_is_kept_of_the_caller_and_of_nobody_else(ina: Annotator) -> None:
    other = make_person(ina.project, email="other@example.org")
    reply = browser(ina).get(reverse("account-data"))
    assert "attachment" in reply.headers["Content-Disposition"]
    kept: dict[str, Any] = reply.json()
    assert kept["account"]["email"] == "ina@example.org"
    [project] = kept["projects"]
    assert project["profile"] == {"field": "law"}
    assert [one["act"] for one in project["events"]] == ["pause", "appeal"]
    [answer] = project["answers"]
    assert answer["labels"][0]["ranking"] == Label.objects.get().ranking
    assert "other@example.org" not in reply.content.decode()
    assert other.name not in reply.content.decode()


def test_erasing_takes_the_identity_and_keeps_the_labels(ina: Annotator) -> None:
    here, elsewhere = browser(ina), browser(ina)
    form = {"word": "erase", "password": PASSWORD}
    assert b"You are erased" in here.post(reverse("account-erase"), form).content

    assert not User.objects.filter(email="ina@example.org").exists()
    for client in (here, elsewhere):
        assert client.get(reverse("projects")).status_code == 302, "signed out everywhere"
    kept = Annotator.objects.get(pk=ina.pk)
    assert (kept.user, kept.name, kept.told) == (None, f"Erased person {ina.pk}", "")
    assert Label.objects.filter(annotator=ina).count() == 1
    assert not ProfileAnswer.objects.exists()
    assert not Assignment.objects.filter(annotator=ina, state="live").exists()
    log = AuditEntry.objects.filter(project=ina.project)
    assert "Ina" not in "".join(f"{one.actor_name}{one.target}" for one in log)
    assert log.latest("pk").act == "erase"


@pytest.mark.parametrize("form", [{}, {"word": "erase"}, {"word": "erase", "password": "x"}])
def test_nobody_is_erased_by_accident(ina: Annotator, form: dict[str, str]) -> None:
    assert browser(ina).post(reverse("account-erase"), form).status_code == 422
    assert User.objects.filter(email="ina@example.org").exists()


def test_the_only_owner_of_a_project_hands_it_over_first(ina: Annotator) -> None:
    owner = make_person(ina.project, role="owner")
    reply = browser(owner).post(reverse("account-erase"), {"word": "erase", "password": PASSWORD})
    assert reply.status_code == 422
    assert ina.project.name in reply.content.decode()


@pytest.mark.parametrize("change", [{"reason": "x"}, {"target": "x"}, {"act": "y"}, {"actor_name": "Me"}])
def test_the_log_lets_nothing_but_an_erasure_through(ina: Annotator, change: dict[str, str]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.filter(project=ina.project).update(**change)


@pytest.mark.parametrize(
    ("least", "hourly", "said"), [(None, 9, ""), (10, None, ""), (10, 9, "below"), (10, 10, "kept")]
)
def test_pay_is_held_against_the_least_that_the_project_states(
    least: int | None, hourly: int | None, said: str
) -> None:
    project = Project(minimum_hourly_pay=least)
    assert fairness(project, hourly) == said  # type: ignore[arg-type]
