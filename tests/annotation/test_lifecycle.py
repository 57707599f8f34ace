"""A project is opened, closed, archived and deleted after a time of grace; the audit log says who did it."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from annotation import exports, leases, lifecycle
from annotation.lifecycle import ProjectStateError
from annotation.models import Annotator, AuditEntry, Comparison, JudgeRun, Label, Project
from annotation.tasks import sweep
from llm_judges.registry import annotator_of, set_judge
from llm_judges.runs import JudgeError, start
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def state(project: Project) -> str:
    return Project.objects.get(pk=project.pk).state


def test_a_draft_lends_nothing_until_it_is_opened() -> None:
    project = make_project(state="draft")
    person = make_person(project)
    with pytest.raises(ProjectStateError, match="upload comparisons"):
        lifecycle.open_project(project, None)
    make_comparison(project)
    assert leases.claim(person, project) == []
    lifecycle.open_project(project, person.user)
    assert len(leases.claim(person, Project.objects.get())) == 1
    entry = AuditEntry.objects.get(act="open")
    assert (entry.actor, entry.before, entry.after) == (person.user, {"state": "draft"}, {"state": "open"})


def test_who_holds_something_when_a_project_closes_may_finish_it() -> None:
    project = make_project()
    person = make_person(project)
    for _ in range(2):
        make_comparison(project)
    held = leases.claim(person, project)
    lifecycle.close_project(project, None)
    project.refresh_from_db()
    assert leases.claim(person, project, n=2) == held
    answer(person, held[0].comparison, "a>b", 1)
    assert Label.objects.count() == 1
    assert leases.claim(person, project) == []


def test_a_project_is_archived_closed_and_comes_back_closed() -> None:
    project = make_project()
    with pytest.raises(ProjectStateError, match="while it is open"):
        lifecycle.archive(project, None)
    lifecycle.close_project(project, None)
    lifecycle.archive(project, None)
    assert state(project) == "archived"
    project.refresh_from_db()
    judge = set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    with pytest.raises(JudgeError, match="archived"):
        start(judge)
    lifecycle.restore(project, None)
    assert state(project) == "closed"


def test_nothing_is_put_away_under_a_judge_at_work() -> None:
    project = make_project(state="closed")
    judge = set_judge(project, name="asked", base_url="http://127.0.0.1:9/v1", model="m-1")
    JudgeRun.objects.create(project=project, annotator=annotator_of(judge), state="running")
    for act in (
        lambda: lifecycle.archive(project, None),
        lambda: lifecycle.ask_deletion(project, None, project.slug),
    ):
        with pytest.raises(ProjectStateError, match="asked is at work"):
            act()


def test_deleting_wants_the_name_typed_and_can_be_taken_back() -> None:
    project = make_project()
    make_comparison(project)
    with pytest.raises(ProjectStateError, match=f"Type {project.slug}"):
        lifecycle.ask_deletion(project, None, "something else")
    lifecycle.ask_deletion(project, None, f" {project.slug} ")
    project.refresh_from_db()
    assert leases.claim(make_person(project), project) == []
    with pytest.raises(ProjectStateError, match="Keep it first"):
        lifecycle.close_project(project, None)
    sweep()
    assert Comparison.objects.exists()
    lifecycle.keep(project, None)
    assert (state(project), Project.objects.get().delete_at) == ("open", None)


def test_after_the_grace_all_of_it_is_gone_but_the_audit_log_and_other_projects(
    django_capture_on_commit_callbacks: Any,
) -> None:
    project, other = make_project(), make_project()
    for one in (project, other):
        person = make_person(one)
        comparison = make_comparison(one)
        answer(person, comparison, "a>b", 1)
        exports.work_on(exports.start(one, exports.Options(("trl-preference",))))
    assert (settings.RELEASES_DIR / project.slug).is_dir()
    lifecycle.ask_deletion(project, None, project.slug)
    Project.objects.filter(pk=project.pk).update(delete_at=timezone.now() - timedelta(minutes=1))
    pk = project.pk
    with django_capture_on_commit_callbacks(execute=True):
        assert lifecycle.delete_due() == 1
    assert list(Project.objects.all()) == [other]
    assert Label.objects.count() == Annotator.objects.count() == 1
    assert not (settings.RELEASES_DIR / project.slug / "1").exists()
    assert (settings.RELEASES_DIR / other.slug / "1").is_dir()
    acts = AuditEntry.objects.filter(project_id=pk).order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["release", "ask-deletion", "delete"]
