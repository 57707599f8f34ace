"""Questions about people, and judges, as pages of setting up: they save what the project file says."""

from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import reverse

from annotation.models import JudgeRun, Project
from frontend.project_file import apply
from frontend.project_file.writing import project_as_data, project_as_file
from llm_judges.registry import annotator_of, set_judge
from tests.factories import make_person
from tests.frontend.test_setup_settings import save

pytestmark = pytest.mark.django_db

FIELD = {
    "name": "field",
    "question": "What do you work in?",
    "answers": ["law", "medicine", "neither"],
    "screen_out": ["neither"],
    "release": True,
}
AGE = {"name": "age", "question": "How old?", "answers": ["young", "old"], "screen_out": [], "release": False}
NEW = {
    "p0-name": "field",
    "p0-question": "What do you work in?",
    "p0-answers": "law\r\nmedicine\r\n\r\nneither",
    "p0-screen_out": "neither",
    "p0-release": "on",
}


@pytest.fixture
def project(client: Client) -> Project:
    """A draft whose owner is signed in."""
    project, _ = apply({"slug": "trees"})
    Project.objects.update(state="draft")
    owner = make_person(project, role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    return project


def profile(project: Project) -> Any:
    return project_as_data(Project.objects.get(pk=project.pk))["profile"]


def test_questions_about_people_are_added_ordered_changed_and_taken_out(
    client: Client, project: Project
) -> None:
    more = save(client, project, "profile", **NEW, again="yes")
    assert more.headers["Location"] == reverse("settings", args=["trees", "profile"]) + "?more"
    assert profile(project) == [FIELD]
    before = project_as_file(Project.objects.get())
    apply(yaml.safe_load(before))
    assert project_as_file(Project.objects.get()) == before
    project.refresh_from_db()
    on = save(
        client,
        project,
        "profile",
        **{"p1-name": "age", "p1-question": "How old?", "p1-answers": "young\nold"},
    )
    assert on.headers["Location"] == reverse("settings", args=["trees", "judges"])
    project.refresh_from_db()
    save(client, project, "profile", **{"p0-order": "3", "p1-release": "on"})
    assert profile(project) == [AGE | {"release": True}, FIELD]
    project.refresh_from_db()
    save(client, project, "profile", **{"p0-remove": "on"})
    assert profile(project) == [FIELD]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"p0-name": "two words"}, "Name is needed: letters"),
        ({"p0-answers": "law"}, "Answers must list 2 to 40 answers"),
        ({"p0-answers": "law\nlaw"}, "Answers must list different texts"),
        ({"p0-screen_out": "music"}, "&#x27;music&#x27; is none of the answers"),
        ({"p0-question": "a\x00b"}, "Null characters"),
        ({"p0-question": "x" * 400}, "at most 300 characters"),
    ],
)
def test_a_question_that_cannot_be_asked_is_explained_beside_its_field(
    client: Client, project: Project, changes: dict[str, str], said: str
) -> None:
    reply = save(client, project, "profile", **NEW | changes)
    assert reply.status_code == 422
    assert said in reply.content.decode()
    assert profile(project) == []


def test_the_step_of_judges_leads_to_their_forms_and_says_what_a_trial_found(
    client: Client, project: Project
) -> None:
    url = reverse("settings", args=["trees", "judges"])
    assert "No judge yet" in client.get(url).content.decode()
    judge = set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    html = client.get(url).content.decode()
    assert "Try on five" in html
    assert "not given" in html
    purpose, state = JudgeRun.Purpose.TRIAL, JudgeRun.State.STOPPED
    JudgeRun.objects.create(project=project, annotator=annotator_of(judge), purpose=purpose, state=state)
    html = client.get(url).content.decode()
    assert "did not get through" in html
    assert reverse("judge-trial", args=["trees", judge.pk]) in html
    assert url in client.get(reverse("judge-new", args=["trees"])).content.decode(), "the way back"
    assert save(client, project, "judges", inconsistency="half").headers["Location"].endswith("/general/")
    assert project_as_data(Project.objects.get())["inconsistency"] == "half"
