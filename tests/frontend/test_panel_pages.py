"""Panels in the browser: made, changed, sent to work, and what their page says of members and money."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.models import Annotator, Label, Project
from llm_judges.batching import tending
from llm_judges.models import JudgeBatch, Panel
from llm_judges.panels import set_panel, standing_of, work_through
from tests.factories import make_project
from tests.fake_judge import FakeJudge
from tests.frontend.test_judges import NOWHERE, client_of
from tests.llm_judges.makers import make_judge, make_pairs, run
from tests.llm_judges.panel_makers import Three, shortest

pytestmark = pytest.mark.django_db
MAJORITY = {"rule": "majority", "no_majority": "tie"}


def send(client: Client, project: Project, where: str, **fields: str) -> str:
    response = client.post(f"/p/{project.slug}/judges/panels/{where}", fields, follow=True)
    assert response.status_code in (200, 422)
    return response.content.decode()


def look(client: Client, panel: Panel) -> str:
    response = client.get(f"/p/{panel.version.project.slug}/judges/panels/{panel.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def test_a_panel_is_made_sent_to_work_and_its_page_says_what_came_of_it() -> None:
    project = make_project()
    make_pairs(project, 3)
    owner = client_of(project, "owner")
    with Three("obey", FakeJudge(rule=shortest), "obey") as fakes:
        for name, fake in zip(("ann", "bea", "cid"), fakes, strict=True):
            make_judge(project, fake, name)
        seats = {"judge_1": "ann", "judge_2": "bea", "judge_3": "cid"}
        html = send(owner, project, "new/", name="jury", **MAJORITY, **seats)
        panel = Panel.objects.get()
        assert "jury is set up" in html
        assert "Majority of ann, bea, cid" in owner.get(f"/p/{project.slug}/judges/").content.decode()
        html = send(owner, project, f"{panel.pk}/act/", action="start")
    assert "It is asked about 3 comparisons." in html
    found = standing_of(panel)
    assert (found.labelled, found.left, found.percent) == (3, 0, 100)
    assert [(seat.asked, seat.labelled, seat.same, seat.compared) for seat in found.seats] == [
        (3, 3, 3, 3),
        (3, 3, 0, 3),
        (3, 3, 3, 3),
    ]
    assert found.cost == sum(seat.cost for seat in found.seats) > 0
    page = look(client_of(project, "viewer"), panel)
    assert "Done with all that is asked of it." in page
    assert "0.0 % of 3" in page
    assert 'value="start"' not in page


def test_what_is_wrong_with_a_panel_is_said_beside_its_field_and_nothing_is_made() -> None:
    project = make_project()
    for name in ("ann", "bea"):
        make_judge(project, NOWHERE, name)
    owner = client_of(project, "owner")
    both = {"judge_1": "ann", "judge_2": "bea"}
    assert "different judges" in send(owner, project, "new/", name="jury", **MAJORITY, judge_1="ann")
    assert "it is taken" in send(owner, project, "new/", name="ann", **MAJORITY, **both)
    cascade = {"rule": "cascade", "no_majority": "tie"}
    assert "either threshold or target_accuracy" in send(
        owner, project, "new/", name="thrifty", **cascade, **both
    )
    assert "Nothing was saved" in send(owner, project, "new/", name="jury", **MAJORITY, **both, quorum="9")
    assert not Panel.objects.exists()
    alone = make_project()
    assert (
        "two judges or more"
        in client_of(alone, "owner").get(f"/p/{alone.slug}/judges/panels/new/").content.decode()
    )


def test_a_change_makes_a_new_version_and_a_retired_panel_stays_to_be_looked_at() -> None:
    project = make_project()
    for name in ("ann", "bea"):
        make_judge(project, NOWHERE, name)
    first = set_panel(project, "thrifty", ["ann", "bea"], "cascade", threshold=0.9)
    owner = client_of(project, "owner")
    fields = {"rule": "cascade", "no_majority": "tie", "judge_1": "bea", "judge_2": "ann"}
    html = send(owner, project, f"{first.pk}/settings/", **fields, threshold="0.8")
    assert "This is a new version, 2." in html
    second = Panel.objects.get(version__retired_at=None)
    assert [one["name"] for one in second.version.settings["judges"]] == ["bea", "ann"]
    assert "no longer in service" in look(owner, first)
    assert "Nothing was changed." in send(owner, project, f"{second.pk}/settings/", **fields, threshold="0.8")
    assert "out of service" in send(owner, project, f"{second.pk}/act/", action="retire")
    assert not Panel.objects.filter(version__retired_at=None).exists()
    assert "no longer in service" in look(owner, second)


def test_a_cascade_without_a_threshold_says_what_it_waits_for_and_what_it_found() -> None:
    project = make_project()
    for name in ("ann", "bea"):
        make_judge(project, NOWHERE, name)
    panel = set_panel(project, "thrifty", ["ann", "bea"], "cascade", target_accuracy=0.9)
    viewer = client_of(project, "viewer")
    assert "right in 90\N{NO-BREAK SPACE}% of cases" in look(viewer, panel)
    chosen = {"threshold": 0.7, "comparisons": 80, "kept": 60, "accuracy": 0.95, "low": 0.9}
    Panel.objects.update(threshold=0.7, chosen={"target_accuracy": 0.9, "criteria": {"overall": chosen}})
    page = look(viewer, panel)
    assert "A judge is sure from 0.700 on." in page
    assert "overall: 60 of 80 comparisons" in page


def test_looking_at_a_panel_takes_as_many_statements_for_many_comparisons_as_for_few() -> None:
    project = make_project()
    make_pairs(project, 2)
    with Three("obey", "obey") as fakes:
        for name, fake in zip(("ann", "bea"), fakes, strict=True):
            make_judge(project, fake, name)
        panel = set_panel(project, "jury", ["ann", "bea"])
        work_through(panel)
        with CaptureQueriesContext(connection) as few:
            standing_of(panel)
        make_pairs(project, 12)
        work_through(panel)
    with CaptureQueriesContext(connection) as many:
        assert standing_of(panel).labelled == 14
    assert len(many) == len(few) <= 10
    assert Label.objects.filter(annotator=Annotator.objects.get(judge_version=panel.version)).count() == 14


def test_batches_stand_on_their_judges_page_with_what_was_booked_and_are_asked_after_at_a_press(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tending, "POLL_SECONDS", 0.01)
    project = make_project()
    make_pairs(project, 3)
    owner = client_of(project, "owner")
    with FakeJudge() as fake:
        judge = make_judge(project, fake, transport="batch")
        run(judge)
        address = f"/p/{project.slug}/judges/{judge.pk}/"
        page = owner.get(address).content.decode()
        batch = JudgeBatch.objects.get()
        assert batch.booked == {"ok": 6}
        assert "booked" in page
        assert "6 " in page.split('id="batches"')[1].split("</section>")[0]
        said = owner.post(f"{address}batches/look/", follow=True).content.decode()
    assert "A worker asks the provider." in said
    assert "batches/look/" not in client_of(project, "viewer").get(address).content.decode()
