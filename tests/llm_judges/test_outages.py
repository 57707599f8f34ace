"""An endpoint that is down costs nothing but time; only what a reply was at fault for is left alone."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation import leases
from annotation.models import Assignment, Criterion, JudgeCall, JudgeVersion
from annotation.projects import touch
from llm_judges import demand, labelling, tasks
from llm_judges.demand import ask_for, is_running, open_for
from llm_judges.labelling import label_all
from llm_judges.models import Judge
from llm_judges.registry import annotator_of
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import LONG, calls_of, labels_of, make_judge, make_pairs, run

pytestmark = pytest.mark.django_db


def failing_on(mark: str, behaviour: str) -> type[FakeJudge]:
    """A fake judge that misbehaves whenever the prompt holds `mark`, and obeys otherwise."""

    class Selective(FakeJudge):
        def begin(self, request: dict[str, Any], headers: dict[str, str]) -> Any:
            super().begin(request, headers)
            return behaviour if mark in json.dumps(request["messages"]) else "obey"

    return Selective


def states_of(judge: Judge) -> list[str]:
    rows = Assignment.objects.filter(annotator=annotator_of(judge)).order_by("comparison")
    return list(rows.values_list("state", flat=True))


@pytest.mark.parametrize("behaviour", ["500", "429", "401", "quota", "html", "400"])
def test_an_outage_uses_up_nothing_of_the_queue(behaviour: str) -> None:
    project = make_project()
    make_pairs(project, 30)
    with FakeJudge(behaviour) as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
        assert (outcome.stopped, outcome.labelled) == ("failing", 0)
        assert open_for(judge).count() == 30
        assert set(states_of(judge)) == {"expired"}
        fake.behaviours = ["obey"]
        assert run(judge).labelled == 30


def test_a_single_unanswered_comparison_ends_the_run_and_stays_in_the_queue() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("500") as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
    assert (outcome.stopped, outcome.taken) == ("failing", 1)
    assert "HTTP 500" in outcome.message
    assert open_for(judge).count() == 1


def test_a_run_asks_once_about_a_comparison_whose_calls_do_not_get_through() -> None:
    project = make_project()
    make_comparison(project, "peculiar", LONG)
    make_pairs(project, 44)
    with failing_on("peculiar", "html")() as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
    assert (outcome.labelled, outcome.stopped) == (44, "")
    broken = [call for call in calls_of(judge) if call.state == "transport_error"]
    assert [call.attempts for call in broken] == [1, 1]
    assert open_for(judge).count() == 1
    assert states_of(judge)[0] == "expired"


def test_a_comparison_that_only_the_endpoint_rejects_is_left_alone() -> None:
    project = make_project()
    make_pairs(project, 3)
    make_comparison(project, "peculiar", LONG)
    with failing_on("peculiar", "400")() as fake:
        judge = make_judge(project, fake)
        assert run(judge).labelled == 3
        assert run(judge).calls == 0
    assert states_of(judge) == ["submitted"] * 3 + ["returned"]


def test_the_task_ends_though_one_comparison_never_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SHARD", 2)
    project = make_project()
    make_comparison(project, "peculiar", LONG)
    make_pairs(project, 5)
    with failing_on("peculiar", "html")() as fake:
        judge = make_judge(project, fake)
        ask_for(judge, project)
        tasks.run_judge.delay(judge.pk)
    assert len(labels_of(judge)) == 5
    assert states_of(judge)[0] == "expired"


def test_looking_leaves_a_dead_endpoint_alone_for_a_while() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge("html") as fake:
        judge = make_judge(project, fake)
        ask_for(judge, project)
        tasks.look()
        asked = len(fake.requests)
        tasks.look()
        assert len(fake.requests) == asked == 4
        fake.behaviours = ["obey"]
        earlier = timezone.now() - timedelta(seconds=demand.REST_SECONDS + 1)
        JudgeCall.objects.update(updated_at=earlier)
        tasks.look()
    assert len(labels_of(judge)) == 2


def test_a_missing_rationale_that_the_project_requires_is_a_failure_of_its_own() -> None:
    project = make_project()
    Criterion.objects.update(rationale="required")
    touch(project)
    make_pairs(project, 3)
    with FakeJudge(lambda request: '{"overall": {"verdict": "A clearly better"}}') as fake:
        judge = make_judge(project, fake)
        run(judge)
        assert run(judge).taken == 0
        assert len(fake.requests) == 6
        assert {(call.state, call.reason) for call in calls_of(judge)} == {
            ("unparsable", "the reply gives no rationale on 'overall', which is required")
        }
        fake.behaviours = ["obey"]
        leases.lend_again(annotator_of(judge))
        assert run(judge).labelled == 3


def test_one_answer_that_the_project_refuses_does_not_hold_up_the_others() -> None:
    project = make_project()
    make_pairs(project, 3)

    def changed() -> bool:
        # While the calls are in flight the first comparison's answer becomes one that is not accepted.
        Assignment.objects.filter(pk=Assignment.objects.order_by("pk").first().pk).update(shown="abc")
        return False

    with FakeJudge(seconds=0.1) as fake:
        judge = make_judge(project, fake)
        ask_for(judge, project)
        calls = iter(range(100))
        outcome = label_all(judge, stop=lambda: next(calls) > 0 and changed())
    assert (outcome.labelled, outcome.undecided) == (2, 1)
    assert states_of(judge) == ["returned", "submitted", "submitted"]


def test_leases_are_short_and_renewed_while_the_worker_is_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling, "BEAT_SECONDS", 0)
    project = make_project(lease_seconds=86_400)
    make_pairs(project, 4)
    ends: list[Any] = []

    def watch() -> bool:
        live = Assignment.objects.filter(state="live").order_by("leased_until").first()
        if live is not None:
            ends.append(live.leased_until)
            assert is_running(judge)
        return False

    with FakeJudge(seconds=0.05) as fake:
        judge = make_judge(project, fake, concurrency=1, timeout_seconds=5)
        run(judge, stop=watch)
    assert ends[0] < timezone.now() + timedelta(minutes=3)
    assert len(set(ends)) > 2
    assert ends == sorted(ends)
    assert not is_running(judge)


def test_a_judge_that_is_retired_meanwhile_takes_no_further_batch() -> None:
    project = make_project()
    make_pairs(project, 25)
    with FakeJudge() as fake:
        judge = make_judge(project, fake, concurrency=1)
        ask_for(judge, project)
        outcome = label_all(
            judge, progress=lambda total: JudgeVersion.objects.update(retired_at=timezone.now()) and None
        )
    assert (outcome.labelled, outcome.stopped) == (20, "interrupted")
    assert "not in service" in outcome.message


@pytest.mark.parametrize("usage", [(2**31 - 1, 100), (-5, 100), (10**8 + 1, 10**30)])
def test_absurd_usage_counts_as_not_reported(usage: tuple[int, int]) -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge(usage=usage) as fake:
        judge = make_judge(project, fake, input_price=1000)
        assert run(judge).labelled == 1
    for call in calls_of(judge):
        assert "estimated" in call.reason
        assert 0 < call.input_tokens < 10_000
        assert 0 < call.cost < 10


def test_no_usage_and_no_number_of_tries_overflows_a_call() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("unparsable", usage=(10**8, 10**8)) as fake:
        judge = make_judge(project, fake, input_price=999_999, output_price=999_999)
        run(judge)
        JudgeCall.objects.update(attempts=2**15 - 1, input_tokens=2**31 - 1, output_tokens=2**31 - 1)
        leases.lend_again(annotator_of(judge))
        run(judge)
    assert {(c.attempts, c.input_tokens, c.cost) for c in calls_of(judge)} == {
        (2**15 - 1, 2**31 - 1, 999_999)
    }
