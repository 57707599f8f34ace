"""The page of judges at work: figures for those who may see, buttons for those who may steer."""

from decimal import Decimal

import pytest
from django.test import Client

from annotation.models import JudgeRun, Project
from annotation.permissions import add_member
from llm_judges import runs
from llm_judges.labelling import label_all
from tests.factories import make_project, make_user
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import labels_of, make_judge, make_pairs

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/v1"


def client_of(project: Project, role: str) -> Client:
    user, client = make_user(), Client()
    add_member(project, user, role)
    client.force_login(user)
    return client


def page(client: Client, project: Project) -> str:
    response = client.get(f"/p/{project.slug}/judges/")
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, project: Project, judge: object, action: str, **fields: str) -> str:
    address = f"/p/{project.slug}/judges/{judge.pk}/act/"
    response = client.post(address, {"action": action} | fields, headers={"HX-Request": "true"})
    assert response.status_code in (200, 422)
    return response.content.decode()


def test_a_judge_that_was_never_started_can_be_started() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        owner = client_of(project, "owner")
        assert "Not started yet." in page(owner, project)
        said = act(owner, project, judge, "start", cap="2.50", limit="2")
    assert len(labels_of(judge)) == 2
    run = JudgeRun.objects.get()
    assert (run.cap, run.limit, run.started_by.email != "") == (Decimal("2.5"), 2, True)
    assert "Stopped after 2 comparisons" in said
    assert "2 of 3" in said


def test_figures_name_what_failed_and_most_often_why() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge("obey", "obey", "unparsable") as fake:
        judge = make_judge(project, fake, concurrency=1)
        label_all(judge)
    shown = page(client_of(project, "viewer"), project)
    assert "4 unreadable" in shown
    assert "the reply holds no JSON object" in shown
    assert "Runs have cost <b>$0.0180" in shown
    assert "Retry failed" not in shown


def test_who_may_only_look_is_refused_and_strangers_learn_nothing() -> None:
    project = make_project()
    judge = make_judge(project, NOWHERE)
    address = f"/p/{project.slug}/judges/{judge.pk}/act/"
    assert client_of(project, "viewer").post(address, {"action": "start"}).status_code == 403
    assert client_of(project, "annotator").get(f"/p/{project.slug}/judges/").status_code == 403
    assert client_of(make_project(), "owner").post(address, {"action": "start"}).status_code == 404
    elsewhere = make_judge(make_project(), NOWHERE)
    own = client_of(project, "owner")
    assert own.get(f"/p/{project.slug}/judges/{elsewhere.pk}/").status_code == 404
    assert not JudgeRun.objects.exists()


def test_a_run_is_paused_resumed_and_cancelled_by_its_buttons() -> None:
    project = make_project()
    make_pairs(project, 1)
    judge = make_judge(project, NOWHERE)
    run, owner = runs.start(judge), client_of(project, "manager")
    assert "Waiting for a worker." in page(owner, project)
    assert "Paused." in act(owner, project, judge, "pause")
    assert "Cancelled." in act(owner, project, judge, "cancel")
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert 'value="pause"' not in page(owner, project)


def test_a_page_at_work_asks_for_figures_until_the_state_changes() -> None:
    project = make_project()
    make_pairs(project, 1)
    judge = make_judge(project, NOWHERE)
    run, viewer = runs.start(judge), client_of(project, "viewer")
    address = f"/p/{project.slug}/judges/{judge.pk}/"
    assert f'hx-get="{address}?state=pending"' in page(viewer, project)
    same = viewer.get(address, {"state": "pending"}, headers={"HX-Request": "true"})
    assert "<section" not in same.content.decode()
    runs.cancel(run)
    changed = viewer.get(address, {"state": "pending"}, headers={"HX-Request": "true"})
    assert changed.headers["HX-Retarget"] == f"#judge-{judge.pk}"
    assert "<section" in changed.content.decode()
    assert "hx-trigger" not in changed.content.decode()


@pytest.mark.parametrize(
    ("field", "text"), [("cap", "much"), ("cap", "-1"), ("cap", "nan"), ("limit", "0"), ("limit", "2.5")]
)
def test_nonsense_in_the_fields_is_said_and_nothing_starts(field: str, text: str) -> None:
    project = make_project()
    judge = make_judge(project, NOWHERE)
    said = act(client_of(project, "owner"), project, judge, "start", **{field: text})
    assert 'role="alert"' in said
    assert not JudgeRun.objects.exists()


def test_a_cap_with_an_unknown_price_is_explained_on_the_page() -> None:
    project = make_project()
    judge = make_judge(project, NOWHERE, input_price=None)
    said = act(client_of(project, "owner"), project, judge, "start", cap="5")
    assert "its price is unknown" in said


def test_what_an_endpoint_says_is_text_on_the_page() -> None:
    project = make_project()
    judge = make_judge(project, NOWHERE)
    run = runs.start(judge)
    JudgeRun.objects.filter(pk=run.pk).update(state="stopped", message="<script>alert(1)</script>")
    shown = page(client_of(project, "viewer"), project)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown
