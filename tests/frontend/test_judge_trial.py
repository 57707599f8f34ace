"""A judge is tried from its page: what it would cost, all that was asked and said, and what failed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation.models import Annotation, JudgeCall, JudgeRun
from llm_judges import tasks, trial
from llm_judges.models import Judge
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.frontend.test_judges import NOWHERE, client_of
from tests.llm_judges.makers import make_judge, make_pairs

pytestmark = pytest.mark.django_db
EVIL = "</pre><script>window.hacked = 1</script>"


def shown(client: Client, judge: Judge) -> str:
    response = client.get(address(judge))
    assert response.status_code == 200
    return response.content.decode()


def address(judge: Judge) -> str:
    return f"/p/{judge.version.project.slug}/judges/{judge.pk}/trial/"


def try_it(client: Client, judge: Judge, which: str = "first") -> str:
    response = client.post(f"{address(judge)}start/", {"which": which}, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def test_everything_asked_and_said_is_shown_and_nothing_is_labelled() -> None:
    project = make_project()
    make_pairs(project, 7)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        owner = client_of(project, "owner")
        before = shown(owner, judge)
        after = try_it(owner, judge)
    assert "Try on 5" in before
    assert "10 calls, about $" in before
    assert "All 10 calls gave a verdict." in after
    assert "It cost <b>$0.0300</b>, for 10,000 tokens in and 1,000 out." in after
    assert after.count("The prompt as it was sent") == 10
    assert after.count("You compare two responses") == 10
    assert after.count("B clearly better") == 15  # of both orders, and of both together
    assert after.count("every order says the same") == 5
    assert "Everything is answered already: trying again costs nothing." in after
    assert len(fake.requests) == 10
    assert not Annotation.objects.exists()


def test_others_than_the_first_can_be_tried() -> None:
    project = make_project()
    make_pairs(project, 7)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        owner = client_of(project, "owner")
        assert "Try 5 others" in try_it(owner, judge)
        after = try_it(owner, judge, "others")
    assert JudgeRun.objects.latest("pk").limit == 2
    assert "All 4 calls gave a verdict." in after
    assert "Try 5 others" not in after


@pytest.mark.parametrize(
    ("behaviour", "state", "advice"),
    [
        ("401", "not reached", "does not take the key"),
        ("404", "not reached", "model&#x27;s name and the address"),
        ("unparsable", "unreadable", "Read its reply"),
        ("truncated", "cut off", "Let replies be longer"),
        ("refused", "refused", "declines to judge"),
        ("429", "rate limited", "Set requests a minute"),
        ("quota", "rate limited", "account settled"),
        ("html", "not reached", "most addresses end in /v1"),
    ],
)
def test_a_trial_that_fails_says_what_and_what_to_do(behaviour: str, state: str, advice: str) -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge(behaviour) as fake:
        judge = make_judge(project, fake)
        after = try_it(client_of(project, "owner"), judge)
    assert state in after
    assert advice in after
    assert not JudgeCall.objects.filter(state__in=["pending", "in_flight"]).exists()


def test_a_missing_key_a_budget_and_an_empty_project_are_explained() -> None:
    project = make_project()
    judge = make_judge(project, NOWHERE, api_key_env="TEST_NO_SUCH_KEY")
    owner = client_of(project, "owner")
    assert "There is no comparison to try it on yet." in shown(owner, judge)
    make_pairs(project, 1)
    after = try_it(owner, judge)
    assert "the environment variable TEST_NO_SUCH_KEY is not set" in after
    assert "Set it where the workers run" in after
    poor = make_project(budget=Decimal("0.01"))
    make_pairs(poor, 3)
    after = try_it(client_of(poor, "owner"), make_judge(poor, NOWHERE))
    assert "may not pay for one more call" in after
    assert "Raise the budget" in after


def test_only_who_manages_may_try_and_others_may_look() -> None:
    project = make_project()
    make_pairs(project, 1)
    judge = make_judge(project, NOWHERE)
    viewer = client_of(project, "viewer")
    assert "Try on" not in shown(viewer, judge)
    assert viewer.post(f"{address(judge)}start/").status_code == 403
    assert not JudgeRun.objects.exists()


def test_a_trial_at_work_is_asked_after_and_two_clicks_are_one_trial() -> None:
    project = make_project()
    judge = make_judge(project, NOWHERE)
    pairs = make_pairs(project, 2)
    run = trial.begin(judge, pairs)
    assert trial.begin(judge, pairs).pk == run.pk
    html = shown(client_of(project, "viewer"), judge)
    assert f'hx-get="{address(judge)}" hx-trigger="every 2s"' in html
    assert "Waiting for a worker." in html
    assert html.count("The prompt as it was sent") == 4


def test_a_trial_whose_message_was_lost_is_taken_up_and_one_whose_worker_died_ends() -> None:
    project = make_project()
    pairs = make_pairs(project, 1)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        run = trial.begin(judge, pairs)
        tasks.look()
        run.refresh_from_db()
        assert run.state == "finished"
        assert run.answered == 2
    run = trial.begin(judge, make_pairs(project, 1))
    JudgeRun.objects.filter(pk=run.pk).update(
        state="running", seen_at=timezone.now() - timedelta(seconds=10 * judge.timeout_seconds + 1)
    )
    tasks.look()
    run.refresh_from_db()
    assert (run.state, run.message) == ("stopped", "the worker that asked has died; try again")
    assert not JudgeCall.objects.filter(run=run, state="pending").exists()


def test_what_a_model_writes_is_text_on_the_page() -> None:
    project = make_project()
    make_comparison(project, EVIL, f"{EVIL} b", prompt=EVIL, external_id=EVIL)
    with FakeJudge(lambda body: EVIL) as fake:
        judge = make_judge(project, fake)
        after = try_it(client_of(project, "owner"), judge)
    assert "<script>window" not in after
    assert "&lt;/pre&gt;&lt;script&gt;window.hacked" in after


def test_the_page_takes_as_many_statements_for_many_comparisons_as_for_one() -> None:
    counts = []
    for number in (1, 5):
        project = make_project()
        make_pairs(project, number)
        with FakeJudge() as fake:
            judge = make_judge(project, fake)
            owner = client_of(project, "owner")
            try_it(owner, judge)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                shown(owner, judge)
        counts.append(len(captured))
    assert counts[0] == counts[1]
