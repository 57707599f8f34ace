"""What an owner does is in the audit log: who, what, before and after."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation import exports
from annotation.instruments.known import make_gold, unmake_gold
from annotation.models import AuditEntry, Project
from annotation.people import pause, resume
from frontend.project_file.changing import put
from llm_judges import runs
from llm_judges.prompts import built_in_text
from llm_judges.registry import set_judge, set_template
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(client: Client) -> Project:
    owner = make_person(make_project(), role="owner")
    assert owner.user is not None
    client.force_login(owner.user)
    return owner.project


def entry(project: Project, act: str) -> AuditEntry:
    return AuditEntry.objects.get(project=project, act=act)


def test_runs_of_a_judge_and_its_coming_and_going(client: Client, project: Project) -> None:
    judge = set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    runs.start(judge)
    act, service = (reverse(name, args=[project.slug, judge.pk]) for name in ("judge-act", "judge-service"))
    for action in ("pause", "cancel", "cancel", "dance"):
        client.post(act, {"action": action})
    client.post(service, {"action": "retire"})
    paused, cancelled = entry(project, "run-pause"), entry(project, "run-cancel")
    assert paused.actor_name
    assert (paused.target, paused.before, paused.after) == (
        "asked v1",
        {"state": "pending"},
        {"state": "paused"},
    )
    assert (cancelled.before, cancelled.after) == ({"state": "paused"}, {"state": "cancelled"})
    assert entry(project, "judge-retire").target == "asked v1"
    assert not AuditEntry.objects.filter(act="run-dance").exists()


def test_a_judge_template_with_its_text_before_and_after(client: Client, project: Project) -> None:
    before = built_in_text("pairwise")
    set_template(project, "terse", before)
    url = reverse("judge-template", args=[project.slug, "terse"])
    client.post(url, {"text": before + "\nBe brief."})
    logged = entry(project, "judge-template")
    assert logged.target == "terse"
    assert logged.before["version"] == 1
    assert logged.before["text"].strip() == before.strip()
    assert logged.after["version"] == 2
    assert logged.after["text"].endswith("Be brief.")


def test_what_create_project_changes_with_its_owner_and_both_texts() -> None:
    owner = make_user(name="Ines")
    project, created = put({"slug": "soups", "guidelines": "Taste."}, owner)
    assert created
    assert entry(project, "create").after["guidelines"] == "Taste."
    put({"slug": "soups", "guidelines": "Taste."}, owner)
    assert not AuditEntry.objects.filter(act="settings").exists()
    put({"slug": "soups", "guidelines": "Taste twice."}, owner)
    logged = entry(project, "settings")
    assert (logged.actor_name, logged.target) == ("Ines", "guidelines")
    assert (logged.before, logged.after) == ({"guidelines": "Taste."}, {"guidelines": "Taste twice."})


def test_a_release(project: Project) -> None:
    user = make_user(name="Ines")
    exports.start(project, exports.Options(("labels",)), started_by=user)
    logged = entry(project, "release")
    assert (logged.actor, logged.target, logged.after["formats"]) == (user, "1", ["labels"])


def test_what_a_comparison_was_as_gold_and_what_it_is_now(project: Project) -> None:
    comparison, by = make_comparison(project), make_user()
    make_gold(project, comparison, {"overall": "a>b"}, by=by)
    make_gold(project, comparison, {"overall": "b>a"}, "training", by=by)
    unmake_gold(project, comparison, by)
    none = {"use": None, "answers": {}}
    first = {"use": "monitoring", "answers": {"overall": "a>b"}}
    second = {"use": "training", "answers": {"overall": "b>a"}}
    told = AuditEntry.objects.filter(project=project, act="gold").order_by("pk")
    assert [(one.before, one.after) for one in told] == [(none, first), (first, second), (second, none)]


def test_where_somebody_stood_before_they_were_paused_and_brought_back(project: Project) -> None:
    person, by = make_person(project), make_user()
    pause(person, by, "Too fast.")
    resume(person, by)
    active, paused = {"state": "active", "told": ""}, {"state": "paused", "told": "Too fast."}
    assert (entry(project, "pause").before, entry(project, "pause").after) == (active, paused)
    assert (entry(project, "resume").before, entry(project, "resume").after) == (paused, active)
