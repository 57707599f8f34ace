"""The provider's Batch API as another way to the same labels: each call once, whatever goes wrong."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation.models import Annotation, Assignment, JudgeCall, JudgeRun, Project
from llm_judges import runs
from llm_judges.batching import answers, fill, filling, handing_in, left_by_runs, tend, tending
from llm_judges.client import Batches
from llm_judges.labelling import label_all, work_on
from llm_judges.models import Judge, JudgeBatch
from llm_judges.outcome import Outcome
from llm_judges.running import retry
from tests.factories import make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import calls_of, labels_of, make_judge, make_pairs

pytestmark = pytest.mark.django_db
PAID = Decimal("0.003") / 2  # a call, at half the price


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tending, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(retry, "FIRST", 0.01)


def batched(project: Project, fake: FakeJudge, **values: Any) -> Judge:
    return make_judge(project, fake, transport="batch", **values)


def started(judge: Judge) -> JudgeRun:
    """A run with its first batch on the rows and not handed in."""
    run = runs.start(judge)
    runs.begin(run, judge)
    run.refresh_from_db()
    assert fill(run, judge, Outcome()) is not None
    return run


def go_on(judge: Judge) -> None:
    tend(judge, Batches(judge), at_once=True)


@pytest.mark.parametrize("trouble", [(), ("shuffled",), ("unrecorded",)])
def test_a_run_by_batch_labels_everything_once_at_half_the_price(trouble: tuple[str, ...]) -> None:
    project = make_project()
    make_pairs(project, 6)
    with FakeJudge(trouble=trouble, looks=3) as fake:
        judge = batched(project, fake)
        outcome = label_all(judge)
        assert (len(fake.desk.batches), len(fake.requests)) == (1, 12)
    assert (outcome.labelled, outcome.calls, outcome.stopped) == (6, 12, "")
    assert {(label.ranking, label.strength) for label in labels_of(judge)} == {("b>a", 2)}
    assert {call.state for call in calls_of(judge)} == {"ok"}
    run = JudgeRun.objects.get()
    assert (run.state, run.labelled, run.taken, run.answered) == ("finished", 6, 6, 12)
    assert run.spent == sum(call.cost for call in calls_of(judge)) == 12 * PAID
    assert JudgeBatch.objects.get().requests == 12


@pytest.mark.parametrize("trouble", ["missing", "error-lines", "expired"])
def test_what_is_in_no_output_is_asked_again(trouble: str) -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge(trouble=[trouble]) as fake:
        judge = batched(project, fake)
        started(judge)
        go_on(judge)  # handed in
        go_on(judge)  # taken
        assert JudgeCall.objects.filter(state="transport_error", next_attempt_at__isnull=False).exists()
        assert len(labels_of(judge)) < 3
        fake.desk.trouble.clear()
        outcome = label_all(judge)
    assert (len(labels_of(judge)), Annotation.objects.count()) == (3, 3)
    assert outcome.stopped == ""
    assert {call.state for call in calls_of(judge)} == {"ok"}
    assert JudgeRun.objects.get().spent == 6 * PAID  # what brought no answer costs nothing


def test_a_call_that_never_gets_through_ends_after_some_batches() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge(trouble=["missing"]) as fake:
        judge = batched(project, fake)
        outcome = label_all(judge)
        assert len(fake.desk.batches) == answers.MOST_TRIES
    assert outcome.failed["transport_error"] >= answers.MOST_TRIES
    assert len(labels_of(judge)) == 1
    assert Assignment.objects.filter(state="returned").count() == 1


def test_an_id_that_got_lost_is_found_by_the_mark_and_nothing_is_handed_in_twice() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge() as fake:
        judge = batched(project, fake)
        started(judge)
        go_on(judge)
        # As if the worker had died before it could keep the id.
        JudgeBatch.objects.update(remote_id="", sent_at=None)
        go_on(judge)
        go_on(judge)
        assert len(fake.desk.batches) == 1
    assert len(labels_of(judge)) == 2
    assert JudgeBatch.objects.get().ended_at is not None


def test_a_worker_that_dies_while_it_takes_answers_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handing_in, "PORTION", 2)
    project = make_project()
    make_pairs(project, 6)
    take, taken = answers._take, []

    def die(*arguments: Any) -> None:
        taken.append(1)
        if len(taken) == 2:
            raise SystemExit
        take(*arguments)

    with FakeJudge() as fake:
        judge = batched(project, fake)
        started(judge)
        go_on(judge)
        monkeypatch.setattr(answers, "_take", die)
        with pytest.raises(SystemExit):
            go_on(judge)
        assert len(labels_of(judge)) == 2
        monkeypatch.setattr(answers, "_take", take)
        label_all(judge)
        assert len(fake.requests) == 12
    assert len(labels_of(judge)) == Annotation.objects.count() == 6
    assert sum(run.spent for run in JudgeRun.objects.all()) == 12 * PAID


def test_money_is_reserved_for_all_of_a_batch_and_what_it_does_not_reach_is_not_handed_in() -> None:
    project = make_project(budget=Decimal("1"))
    make_pairs(project, 40)
    with FakeJudge() as fake:
        judge = batched(project, fake)
        run = started(judge)
        calls = list(JudgeCall.objects.filter(state="in_flight"))
        reserved = sum(call.reserved for call in calls)
        assert 0 < reserved <= 1
        assert 0 < len(calls) < 80
        assert fill(run, judge, Outcome()) is None  # nothing is left until the batch is settled
        outcome = label_all(judge)
    assert outcome.labelled == 40  # once settled, the money reaches further
    assert JudgeRun.objects.get().spent == 80 * PAID


def test_a_cancelled_run_keeps_and_pays_for_what_was_answered_and_asks_nothing_more() -> None:
    project = make_project()
    make_pairs(project, 4)
    with FakeJudge(looks=100) as fake:
        judge = batched(project, fake)
        run = started(judge)
        go_on(judge)
        runs.cancel(run)
        assert left_by_runs() == [judge.pk]
        go_on(judge)
        go_on(judge)
        assert next(iter(fake.desk.batches.values()))["status"] == "cancelled"
    assert left_by_runs() == []
    assert len(labels_of(judge)) == 2
    states = sorted(call.state for call in calls_of(judge))
    assert states == ["cancelled"] * 4 + ["ok"] * 4
    assert JudgeRun.objects.get().spent == 4 * PAID
    assert Assignment.objects.filter(state="expired").count() == 2  # to be asked by a later run


def test_a_batch_that_its_provider_has_lost_is_let_go_when_its_run_is_cancelled() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge(looks=100) as fake:
        judge = batched(project, fake)
        run = started(judge)
        go_on(judge)
        fake.desk.handle = lambda *request: (404, {"error": {"message": "no such batch"}})  # type: ignore[method-assign]
        go_on(judge)
        assert left_by_runs() == []
        assert JudgeCall.objects.filter(state="in_flight").count() == 4  # it may yet be found
        runs.cancel(run)
        go_on(judge)
    assert not JudgeBatch.objects.filter(ended_at=None).exists()
    assert not JudgeCall.objects.exclude(state="pending", reserved=0).exists()


def test_a_batch_that_the_provider_refuses_stops_the_run_with_its_words() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge(trouble=["failed"]) as fake:
        judge = batched(project, fake)
        outcome = label_all(judge)
        assert (outcome.stopped, outcome.labelled) == ("failing", 0)
        assert "line 1 is odd" in outcome.message
        assert {call.state for call in calls_of(judge)} == {"pending"}
        assert not JudgeCall.objects.exclude(reserved=0).exists()
        fake.desk.trouble.clear()
        assert label_all(judge).labelled == 2


def test_an_endpoint_without_batches_stops_the_run() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge() as fake:
        fake.desk.handle = lambda *request: (404, {"error": {"message": "no such path"}})  # type: ignore[method-assign]
        outcome = label_all(batched(project, fake))
    assert outcome.stopped == "failing"
    assert "no such path" in outcome.message


def test_replies_that_are_of_no_use_end_as_they_do_by_the_direct_way() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge("obey", "obey", "unparsable", "refused", "obey", "truncated") as fake:
        judge = batched(project, fake)
        outcome = label_all(judge)
    assert outcome.labelled == 1
    assert dict(outcome.failed) == {"unparsable": 1, "refused": 1, "truncated": 1}


def test_a_limit_and_the_size_of_a_file_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "MOST_REQUESTS", 4)
    project = make_project()
    make_pairs(project, 7)
    with FakeJudge() as fake:
        judge = batched(project, fake)
        outcome = label_all(judge, limit=5)
        assert [batch.requests for batch in JudgeBatch.objects.order_by("pk")] == [4, 4, 2]
    assert (outcome.labelled, outcome.stopped) == (5, "limit")


def test_a_worker_without_patience_hands_in_and_comes_back_later() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge(looks=2) as fake:
        judge = batched(project, fake)
        run = runs.start(judge)
        assert work_on(run, judge, patient=False).labelled == 0
        run.refresh_from_db()
        assert run.state == "running"
        JudgeBatch.objects.update(looked_at=timezone.now() - timedelta(minutes=1))
        while not labels_of(judge):
            work_on(run, judge, patient=False)
            JudgeBatch.objects.update(looked_at=timezone.now() - timedelta(minutes=1))
            run.refresh_from_db()
        assert runs.to_work_on(judge) is None
    assert JudgeRun.objects.get().state == "finished"


def test_statements_do_not_grow_with_the_batch() -> None:
    def statements(number: int) -> int:
        project = make_project()
        make_pairs(project, number)
        with FakeJudge() as fake:
            judge = batched(project, fake)
            started(judge)
            with CaptureQueriesContext(connection) as queries:
                go_on(judge)
                go_on(judge)
            assert len(labels_of(judge)) == number
        return len(queries)

    assert statements(3) == statements(25)
