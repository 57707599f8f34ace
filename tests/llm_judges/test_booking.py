"""Every call is a row that one worker has in hand at a time; its money is booked once, whatever happens."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from annotation.models import JudgeCall, JudgeRun
from annotation.ranking import parse
from llm_judges import booking
from llm_judges.asking import Answer, Prepared
from llm_judges.calls import brief, open_calls
from llm_judges.models import Judge
from llm_judges.prices import Usage, cost_of
from llm_judges.registry import annotator_of
from llm_judges.verdicts import Reading
from tests.factories import make_project
from tests.llm_judges.makers import make_judge, make_pairs

pytestmark = pytest.mark.django_db
ONE = Decimal("0.01")
WELL = Answer(
    "ok",
    text="said",
    readings={"overall": Reading(parse("a>b", 2), 2)},
    evidence={"rung": "json_schema"},
    model="m",
    usage=Usage(1000, 100, 500, 50),
    sends=1,
    latency_ms=120,
)
LATER = Answer("rate_limited", "HTTP 429: slow down", sends=1, retry_after=3.0)


def opened(number: int = 1) -> tuple[JudgeRun, list[Prepared]]:
    project = make_project()
    judge = make_judge(project, "http://127.0.0.1:9/v1")
    run = JudgeRun.objects.create(project=project, annotator=annotator_of(judge), state="running")
    works = open_calls(brief(judge, run.annotator, project), run, make_pairs(project, number))
    return run, [prepared for work in works for prepared in work.prepared]


def begin(run: JudgeRun, calls: list[Prepared], worker: str = "w1", seconds: int = 60) -> list[JudgeCall]:
    until = timezone.now() + timedelta(seconds=seconds)
    reserved = {prepared.call.pk: ONE for prepared in calls}
    return booking.start([prepared.call for prepared in calls], run, worker, until, reserved)


def stored(prepared: Prepared) -> JudgeCall:
    return JudgeCall.objects.get(pk=prepared.call.pk)


def test_a_call_is_in_one_workers_hands_at_a_time() -> None:
    run, calls = opened()
    assert len(begin(run, calls)) == 2
    assert begin(run, calls, "w2") == []
    row = stored(calls[0])
    assert (row.state, row.claimed_by, row.reserved, row.run) == ("in_flight", "w1", ONE, run)


def test_an_answer_is_booked_with_its_money_on_the_row_and_on_the_run() -> None:
    run, calls = opened()
    begin(run, calls)
    booking.book(run, [(prepared, WELL, None) for prepared in calls])
    for prepared in calls:
        row = stored(prepared)
        assert (row.state, row.reply, row.parser) == ("ok", "said", 2)
        assert row.verdict == {"overall": {"ranking": "a>b", "strength": 2}}
        assert (row.cost, row.reserved, row.attempts, row.claimed_by) == (Decimal("0.003"), 0, 1, "")
        assert (row.input_tokens, row.cached_tokens) == (1000, 500)
        assert (row.output_tokens, row.reasoning_tokens) == (100, 50)
        assert (prepared.call.state, prepared.call.reply) == ("ok", "said")
    run.refresh_from_db()
    assert (run.spent, run.sent, run.answered) == (Decimal("0.006"), 2, 2)
    assert (run.input_tokens, run.output_tokens) == (2000, 200)


def test_the_same_answers_booked_twice_count_once() -> None:
    run, calls = opened()
    begin(run, calls)
    for _ in range(2):
        booking.book(run, [(prepared, WELL, None) for prepared in calls])
    run.refresh_from_db()
    assert (run.spent, run.sent) == (Decimal("0.006"), 2)
    assert stored(calls[0]).cost == Decimal("0.003")


def test_a_failure_that_may_pass_waits_for_its_time_and_adds_up() -> None:
    run, calls = opened()
    moment = timezone.now() + timedelta(seconds=3)
    begin(run, calls[:1])
    booking.book(run, [(calls[0], LATER, moment)])
    row = stored(calls[0])
    assert (row.state, row.next_attempt_at, row.cost) == ("rate_limited", moment, 0)
    begin(run, calls[:1])
    assert stored(calls[0]).next_attempt_at is None
    booking.book(run, [(calls[0], WELL, None)])
    row = stored(calls[0])
    assert (row.state, row.reason, row.attempts, row.cost) == ("ok", "", 2, Decimal("0.003"))


def test_a_worker_that_lost_its_call_changes_nothing_any_more() -> None:
    run, calls = opened()
    begin(run, calls[:1], seconds=-1)
    booking.sweep(timezone.now())
    late = Prepared(
        JudgeCall(pk=calls[0].call.pk, claimed_by="w1"), calls[0].request, calls[0].judge, {}, 1, ONE
    )
    begin(run, calls[:1], "w2")
    booking.book(run, [(late, WELL, None)])
    assert (stored(calls[0]).state, stored(calls[0]).claimed_by) == ("in_flight", "w2")
    assert late.call.state == ""


def test_what_a_dead_worker_may_have_spent_counts_as_spent() -> None:
    run, calls = opened(2)
    begin(run, calls[:3], seconds=-1)
    begin(run, calls[3:])
    assert booking.sweep(timezone.now()) == 3
    assert booking.sweep(timezone.now()) == 0
    rows = [stored(prepared) for prepared in calls]
    assert [row.state for row in rows] == ["pending"] * 3 + ["in_flight"]
    assert [row.cost for row in rows] == [ONE] * 3 + [0]
    assert "the worker that asked died" in rows[0].reason
    run.refresh_from_db()
    assert (run.spent, run.sent) == (3 * ONE, 3)


def test_a_call_that_was_never_sent_is_free_again_and_costs_nothing() -> None:
    run, calls = opened()
    begin(run, calls)
    booking.put_back([prepared.call for prepared in calls])
    assert {(stored(one).state, stored(one).reserved, stored(one).cost) for one in calls} == {
        ("pending", 0, 0)
    }
    assert len(begin(run, calls, "w2")) == 2


def test_sums_that_would_leave_their_column_stay() -> None:
    run, calls = opened()
    JudgeCall.objects.update(input_tokens=2_000_000_000, attempts=30_000, cost=900_000)
    begin(run, calls)
    booking.book(run, [(calls[0], WELL, None)])
    row = stored(calls[0])
    assert (row.state, row.input_tokens, row.attempts, row.cost) == ("ok", 2_000_000_000, 30_000, 900_000)


def test_a_price_of_its_own_for_cached_input_and_reasoning() -> None:
    judge = Judge(
        input_price=Decimal(4), cached_price=Decimal(1), output_price=Decimal(8), reasoning_price=Decimal(2)
    )
    assert cost_of(judge, Usage(1_000_000, 1_000_000, 250_000, 500_000)) == 3 + Decimal("0.25") + 4 + 1
    judge.cached_price = judge.reasoning_price = None
    assert cost_of(judge, Usage(1_000_000, 1_000_000, 250_000, 500_000)) == 12
    assert cost_of(Judge(), Usage(10, 10)) == 0


def test_booking_takes_the_same_number_of_statements_for_any_number(django_assert_num_queries: Any) -> None:
    run, calls = opened(10)
    for some in (calls[:2], calls[2:]):
        with django_assert_num_queries(1):
            begin(run, some)
        with django_assert_num_queries(2):
            booking.book(run, [(prepared, WELL, None) for prepared in some])
