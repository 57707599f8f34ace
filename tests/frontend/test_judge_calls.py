"""The calls of a judge: listed by state, and each with everything that is known of it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.models import Annotator, JudgeCall, JudgeVersion, Project
from llm_judges import runs
from llm_judges.models import Judge
from llm_judges.registry import annotator_of
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.frontend.test_judges import NOWHERE, client_of
from tests.llm_judges.makers import calls_of, make_judge, make_pairs, run

pytestmark = pytest.mark.django_db


def calls_page(client: Client, judge: Judge, query: str = "") -> str:
    response = client.get(f"/p/{judge.version.project.slug}/judges/{judge.pk}/calls/{query}")
    assert response.status_code == 200
    return response.content.decode()


def call_page(client: Client, project: Project, call: JudgeCall) -> str:
    response = client.get(f"/p/{project.slug}/judges/calls/{call.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def test_calls_are_listed_newest_first_and_by_state() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge("obey", "unparsable", "obey") as fake:
        judge = make_judge(project, fake, concurrency=1)
        run(judge)
    viewer = client_of(project, "viewer")
    everything = calls_page(viewer, judge)
    assert "all 4" in everything
    assert "unreadable 1" in everything
    assert everything.count('scope="row"') == 4
    unreadable = calls_page(viewer, judge, "?state=unparsable")
    assert unreadable.count('scope="row"') == 1
    assert "the reply holds no JSON object" in unreadable
    assert viewer.get(f"/p/{project.slug}/judges/{judge.pk}/calls/?state=nonsense").status_code == 404


def test_many_calls_come_page_by_page_with_the_same_number_of_statements() -> None:
    project = make_project()
    judge = make_judge(project, NOWHERE)
    annotator = annotator_of(judge)
    viewer = client_of(project, "viewer")
    calls_page(viewer, judge)
    counts = []
    for number in (3, 60):
        comparisons = [make_comparison(project) for _ in range(number)]
        JudgeCall.objects.bulk_create(
            JudgeCall(annotator=annotator, comparison=one, order="ab", state="refused") for one in comparisons
        )
        with CaptureQueriesContext(connection) as captured:
            html = calls_page(viewer, judge)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert html.count('scope="row"') == 50
    oldest = JudgeCall.objects.order_by("-pk")[49]
    assert f"before={oldest.pk}" in html
    assert calls_page(viewer, judge, f"?before={oldest.pk}").count('scope="row"') == 13


def test_one_call_shows_prompt_reply_reading_money_and_the_words_of_the_endpoint() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        run(judge)
    first, second = calls_of(judge)
    html = call_page(client_of(project, "viewer"), project, first)
    assert "A first, then B" in html
    assert "B clearly better" in html
    assert "Every order says the same." in html
    assert "You compare two responses" in html
    assert "The reply as it came" in html
    assert "$0.0030" in html
    assert "1,000 tokens in, 100 out" in html
    assert "JSON schema" in html
    assert f"/judges/calls/{second.pk}/" in html


def test_a_failed_call_says_what_the_endpoint_said_and_what_to_do() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("400") as fake:
        judge = make_judge(project, fake)
        run(judge)
    html = call_page(client_of(project, "viewer"), project, calls_of(judge)[0])
    assert "HTTP 400: something about this request is wrong" in html
    assert "leave out seed, temperature or top_p" in html


def test_an_imported_call_is_shown_without_a_prompt_and_a_foreign_one_not_at_all() -> None:
    project = make_project()
    version = JudgeVersion.objects.create(project=project, name="j", model="m", template="t", fingerprint="f")
    annotator = Annotator.objects.create(project=project, kind="judge", name="j", judge_version=version)
    call = JudgeCall.objects.create(
        annotator=annotator,
        comparison=make_comparison(project),
        order="ba",
        state="ok",
        purpose="import",
        verdict={"overall": {"ranking": "a>b", "strength": 1}},
    )
    assert "A slightly better" in call_page(client_of(project, "viewer"), project, call)
    other = make_project()
    stranger = client_of(other, "owner")
    assert stranger.get(f"/p/{other.slug}/judges/calls/{call.pk}/").status_code == 404


def test_the_page_of_a_judge_tells_latency_share_of_429_caps_and_the_ledger() -> None:
    project = make_project(budget=100)
    make_pairs(project, 2)
    with FakeJudge("429", "obey") as fake:
        judge = make_judge(project, fake, budget=5)
        run(judge)
    html = client_of(project, "owner").get(f"/p/{project.slug}/judges/{judge.pk}/").content.decode()
    assert "half within" in html
    assert "20.0\N{NO-BREAK SPACE}% of 5 requests" in html
    assert "$0.0120 of $5.00" in html
    assert "$0.0120 of $100.00" in html
    assert "What it was asked for, and what that cost" in html


def test_the_list_takes_as_many_statements_for_many_judges_as_for_one() -> None:
    counts = []
    for number in (1, 4):
        project = make_project()
        make_pairs(project, 1)
        for index in range(number):
            judge = make_judge(project, NOWHERE, name=f"judge-{index}")
            opened = runs.start(judge)
            JudgeCall.objects.create(
                annotator=annotator_of(judge),
                comparison=project.comparisons.first(),
                run=opened,
                order="ab",
                state="refused",
                reason=f"no {index}",
            )
        viewer = client_of(project, "viewer")
        with CaptureQueriesContext(connection) as captured:
            html = viewer.get(f"/p/{project.slug}/judges/").content.decode()
        assert all(f"no {index}" in html for index in range(number))
        counts.append(len(captured))
    assert counts[0] == counts[1]
