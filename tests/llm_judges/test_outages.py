"""An endpoint that is down costs nothing but time; only what a reply was at fault for is left alone."""

import itertools
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation import leases
from annotation.models import Assignment, Criterion, JudgeCall, JudgeRun, JudgeVersion
from annotation.projects import touch
from llm_judges import runs, tasks
from llm_judges.demand import ask_for, open_for
from llm_judges.labelling import label_all
from llm_judges.models import Judge
from llm_judges.registry import annotator_of
from llm_judges.running import desk, retry, watch, worker
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import LONG, calls_of, labels_of, make_judge, make_pairs, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of a few milliseconds; the endpoint's own stay as they are."""
    monkeypatch.setattr(retry, "FIRST", 0.01)
    monkeypatch.setattr(retry, "LONGEST", 0.05)


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
        assert (outcome.stopped, outcome.labelled) == ("quota" if behaviour == "quota" else "failing", 0)
        assert open_for(judge).count() == 30
        assert set(states_of(judge)) == {"expired"}
        fake.behaviours = ["obey"]
        assert run(judge).labelled == 30


def test_one_comparison_is_enough_to_find_an_endpoint_down() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("500") as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
    assert (outcome.stopped, outcome.taken) == ("failing", 0)
    assert "HTTP 500" in outcome.message
    assert open_for(judge).count() == 1


def test_an_outage_that_passes_is_waited_for_and_loses_nothing() -> None:
    project = make_project()
    make_pairs(project, 10)
    with FakeJudge(*["obey"] * 5, *["500"] * 30, "obey") as fake:
        judge = make_judge(project, fake, concurrency=1)  # nothing gets through while others fail
        outcome = run(judge)
    assert (outcome.labelled, outcome.stopped) == (10, "")
    assert {call.state for call in calls_of(judge)} == {"ok"}
    assert sum(call.attempts for call in calls_of(judge)) == len(fake.requests) == 50


def test_an_outage_that_lasts_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.3)
    project = make_project()
    make_pairs(project, 10)
    with FakeJudge(*["obey"] * 5, "html") as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
        assert outcome.stopped == "failing"
        assert "no call gets through: the endpoint did not answer in the chat format" in outcome.message
        assert open_for(judge).count() == 10 - outcome.labelled
        fake.behaviours = ["obey"]
        assert run(judge).labelled == 10 - outcome.labelled


def test_a_call_that_alone_does_not_get_through_is_given_up_after_some_tries() -> None:
    project = make_project()
    make_comparison(project, "peculiar", LONG)
    make_pairs(project, 44)
    with failing_on("peculiar", "html")() as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
    assert (outcome.labelled, outcome.stopped) == (44, "")
    broken = [call for call in calls_of(judge) if call.state == "transport_error"]
    assert {call.attempts for call in broken} == {retry.MAX_ATTEMPTS}
    assert states_of(judge)[0] == "returned"
    with FakeJudge() as honest:
        Judge.objects.filter(pk=judge.pk).update(base_url=honest.base_url)
        judge.refresh_from_db()
        assert runs.retry_failed(judge) == 1
        assert run(judge).labelled == 1


def test_the_endpoint_says_when_it_wants_to_be_asked_again() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge("429", "obey", retry_after="1") as fake:
        judge = make_judge(project, fake, concurrency=1)
        begun = time.monotonic()
        assert run(judge).labelled == 2
    assert time.monotonic() - begun >= 1
    assert JudgeCall.objects.filter(next_attempt_at__isnull=False).count() == 0


def test_a_quota_that_is_used_up_stops_the_run_with_the_providers_words() -> None:
    project = make_project()
    make_pairs(project, 20)
    with FakeJudge(*["obey"] * 10, "quota") as fake:
        judge = make_judge(project, fake, concurrency=2)
        outcome = run(judge)
    assert outcome.stopped == "quota"
    assert "you exceeded your current quota" in outcome.message
    assert len(fake.requests) <= 10 + 2, "those in flight when the first was refused, and no more"
    assert open_for(judge).count() == 20 - outcome.labelled
    assert JudgeRun.objects.get().stop_reason == "quota"


def test_unreadable_replies_stop_the_run_and_it_says_what_they_have_in_common() -> None:
    project = make_project()
    make_pairs(project, 60)
    with FakeJudge(*["obey"] * 10, "off-menu") as fake:
        judge = make_judge(project, fake, concurrency=2)
        outcome = run(judge)
    assert outcome.stopped == "breaker"
    assert "most often: 'A is splendid' is not offered" in outcome.message
    assert len(fake.requests) < 40


def test_a_comparison_that_only_the_endpoint_rejects_is_left_alone() -> None:
    project = make_project()
    make_pairs(project, 3)
    make_comparison(project, "peculiar", LONG)
    with failing_on("peculiar", "400")() as fake:
        judge = make_judge(project, fake)
        assert run(judge).labelled == 3
        assert run(judge).calls == 0
    assert states_of(judge) == ["submitted"] * 3 + ["returned"]


def test_looking_leaves_a_dead_endpoint_alone_for_a_while() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge("html") as fake:
        judge = make_judge(project, fake)
        ask_for(judge, project)
        tasks.look()
        asked = len(fake.requests)
        assert JudgeRun.objects.get().state == "stopped"
        tasks.look()
        assert len(fake.requests) == asked
        fake.behaviours = ["obey"]
        earlier = timezone.now() - timedelta(seconds=runs.REST_SECONDS + 1)
        JudgeRun.objects.update(finished_at=earlier)
        tasks.look()
    assert len(labels_of(judge)) == 2
    assert JudgeRun.objects.get().state == "finished"


def test_a_missing_rationale_that_the_project_requires_is_a_failure_of_its_own() -> None:
    project = make_project()
    Criterion.objects.update(rationale="required")
    touch(project)
    make_pairs(project, 3)
    with FakeJudge(lambda request: '{"overall": {"verdict": "tie"}}') as fake:
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

    with FakeJudge() as fake:
        fake.hold_after(0)

        def changed() -> bool:
            # While the calls are in flight the first comparison's answer becomes one that is not accepted.
            Assignment.objects.filter(pk=Assignment.objects.order_by("pk").first().pk).update(shown="abc")
            fake.let_go()
            return False

        judge = make_judge(project, fake)
        ask_for(judge, project)
        calls = itertools.count()
        outcome = label_all(judge, stop=lambda: next(calls) > 0 and changed())
    assert (outcome.labelled, outcome.undecided) == (2, 1)
    assert states_of(judge) == ["returned", "submitted", "submitted"]


def test_leases_are_short_and_renewed_while_the_worker_is_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "BEAT_SECONDS", 0)
    project = make_project(lease_seconds=86_400)
    make_pairs(project, 4)
    ends: list[Any] = []

    def watching() -> bool:
        held = Assignment.objects.filter(state="live").order_by("leased_until").first()
        if held is not None:
            ends.append(held.leased_until)
        return False

    with FakeJudge(seconds=0.05) as fake:
        run(make_judge(project, fake, concurrency=1, timeout_seconds=5), stop=watching)
    assert ends[0] < timezone.now() + timedelta(seconds=desk.LEASE_SECONDS)
    assert len(set(ends)) > 2
    assert ends == sorted(ends)


def test_a_judge_that_is_retired_meanwhile_is_not_asked_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0)
    project = make_project()
    make_pairs(project, 25)
    with FakeJudge(seconds=0.02) as fake:
        judge = make_judge(project, fake, concurrency=1)

        def retire() -> bool:
            if len(fake.requests) >= 6:
                JudgeVersion.objects.update(retired_at=timezone.now())
            return False

        outcome = run(judge, stop=retire)
    assert outcome.stopped == "retired"
    assert "not in service" in outcome.message
    assert 0 < outcome.labelled < 25


@pytest.mark.parametrize("usage", [(2**31 - 1, 100), (-5, 100), (10**8 + 1, 10**30)])
def test_absurd_usage_counts_as_not_reported(usage: tuple[int, int]) -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge(usage=usage) as fake:
        judge = make_judge(project, fake, input_price=1000)
        assert run(judge).labelled == 1
    for call in calls_of(judge):
        assert call.usage_estimated
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
    assert {(c.attempts, c.input_tokens) for c in calls_of(judge)} == {(2**15 - 1, 2**31 - 1)}
    assert all(0 < call.cost < 10**6 for call in calls_of(judge))
