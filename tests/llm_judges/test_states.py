"""Every way an endpoint can fail ends in its state, with its money booked and no invented answer."""

from decimal import Decimal

import pytest

from annotation.models import JudgeCall, JudgeRun, Label
from llm_judges.trial import try_on
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.fake_replies import BEHAVIOURS, ERRORS
from tests.llm_judges.makers import LONG, SHORT, calls_of, make_judge, make_pairs

pytestmark = pytest.mark.django_db
PAID = Decimal("0.003")  # 1000 tokens in at 2 and 100 out at 10 a million

# behaviour: state, cost of a call, HTTP requests, what the reason says
FAILURES = {
    "unparsable": ("unparsable", PAID, 1, "no JSON object"),
    "off-menu": ("unparsable", PAID, 1, "'A is splendid' is not offered"),
    "bad-json": ("unparsable", PAID, 1, "broken JSON"),
    "empty": ("unparsable", PAID, 1, "empty"),
    "no-content": ("unparsable", PAID, 1, "empty"),
    "truncated": ("truncated", 2 * PAID, 2, "max_tokens"),
    "refused": ("refused", PAID, 1, "I cannot compare these."),
    "filtered": ("refused", PAID, 1, "content filter"),
    "html": ("transport_error", 0, 1, "chat format"),
    "error-200": ("transport_error", 0, 1, "the model is overloaded"),
    "no-choices": ("transport_error", 0, 1, "without a choice"),
    "broken-body": ("transport_error", 0, 1, "chat format"),
    "cut": ("transport_error", 0, 1, "no connection"),
    "400": ("transport_error", 0, 1, "something about this request is wrong"),
    "too-long": ("invalid_input", 0, 1, "maximum context length"),
    "content-filter-400": ("refused", 0, 1, "filtered"),
    "401": ("transport_error", 0, 1, "incorrect key"),
    "404": ("transport_error", 0, 1, "no such model"),
    "429": ("rate_limited", 0, 1, "slow down"),
    "quota": ("rate_limited", 0, 1, "exceeded your current quota"),
    "500": ("transport_error", 0, 1, "HTTP 500: the server had an error"),
}
SUCCESSES = ["obey", "prefer-first", "no-usage", "fenced", "no-schema", "tags-only", "gullible", "thinking"]


def test_every_behaviour_of_the_fake_judge_is_covered() -> None:
    assert sorted([*FAILURES, *SUCCESSES]) == sorted(BEHAVIOURS)


@pytest.mark.parametrize("behaviour", FAILURES)
def test_a_failure_is_recorded_with_its_money_and_says_nothing(behaviour: str) -> None:
    state, cost, sends, reason = FAILURES[behaviour]
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge(behaviour) as fake:
        judge = make_judge(project, fake)
        (tried,) = try_on(judge)
    calls = calls_of(judge)
    assert len(calls) == 2
    assert {call.state for call in calls} == {state}
    assert all(reason in call.reason for call in calls), calls[0].reason
    assert all(call.cost == cost for call in calls)
    assert all(call.attempts == sends for call in calls)
    assert all(call.verdict == {} for call in calls)
    assert len(fake.requests) == 2 * sends
    assert (tried.settled, tried.cost) == ({}, 2 * cost)
    assert JudgeRun.objects.get().spent == 2 * cost
    assert not Label.objects.exists()


@pytest.mark.parametrize("behaviour", ["obey", "no-usage", "fenced", "no-schema", "tags-only", "gullible"])
def test_an_honest_answer_in_any_wrapping_is_read(behaviour: str) -> None:
    project = make_project()
    make_comparison(project, SHORT, LONG)
    with FakeJudge(behaviour) as fake:
        judge = make_judge(project, fake, capabilities={})
        (tried,) = try_on(judge)
    overall = tried.settled["overall"]
    assert (str(overall.ranking), overall.strength, overall.consistent) == ("b>a", 2, True)
    assert {call.state for call in tried.calls} == {"ok"}
    assert {call.model_reported for call in tried.calls} == {"fake-2030-01-01"}


def test_a_judge_that_prefers_what_it_sees_first_contradicts_itself() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("prefer-first") as fake:
        (tried,) = try_on(make_judge(project, fake))
    overall = tried.settled["overall"]
    assert (str(overall.ranking), overall.consistent, overall.shift) == ("a=b", False, 1.0)


def test_a_reply_that_was_cut_off_is_asked_for_once_more_with_a_larger_cap() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("thinking") as fake:
        (tried,) = try_on(make_judge(project, fake, concurrency=1))
    assert [request["max_tokens"] for request in fake.requests] == [2048, 4096] * 2
    assert {(call.state, call.cost, call.attempts) for call in tried.calls} == {("ok", 2 * PAID, 2)}
    assert {call.reasoning_tokens for call in tried.calls} == {100}
    assert JudgeRun.objects.get().spent == 4 * PAID


def test_cached_and_reasoning_tokens_have_prices_of_their_own() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge() as fake:
        (tried,) = try_on(make_judge(project, fake, cached_price=1, reasoning_price=4))
    for call in tried.calls:  # half of the input was cached, half of the output is reasoning
        assert (call.cached_tokens, call.reasoning_tokens) == (500, 50)
        assert call.cost == Decimal(500 * 2 + 500 * 1 + 50 * 10 + 50 * 4) / 1_000_000


def test_usage_that_is_not_reported_is_estimated_and_says_so() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("no-usage") as fake:
        judge = make_judge(project, fake)
        try_on(judge)
    prompt = sum(len(message["content"].encode()) for message in fake.requests[0]["messages"])
    for call in calls_of(judge):
        assert call.usage_estimated
        assert call.input_tokens == pytest.approx(prompt / 4, rel=0.05)
        assert call.output_tokens == -(-len(call.reply) // 4)
        assert call.cost > 0


def test_what_an_endpoint_rejects_is_not_tried_again_with_the_next_call() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge("tags-only") as fake:
        judge = make_judge(project, fake, concurrency=1, capabilities={})
        try_on(judge)
    forms = [
        request.get("response_format", {}).get("type") or "tools" in request for request in fake.requests
    ]
    assert forms == ["json_schema", True, "json_object"] + [False] * 6
    judge.refresh_from_db()
    assert judge.capabilities == {"json_schema": False, "tool": False, "json_object": False}


def test_a_slow_endpoint_runs_into_the_timeout() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge() as fake:
        fake.hold_after(0)
        judge = make_judge(project, fake, timeout_seconds=1)
        try_on(judge)
    assert {(call.state, call.reason) for call in calls_of(judge)} == {
        ("transport_error", "no answer in time")
    }


def test_an_address_where_nobody_listens_is_a_state_too() -> None:
    project = make_project()
    make_pairs(project, 1)
    judge = make_judge(project, "http://127.0.0.1:9/v1")
    try_on(judge)
    assert {call.state for call in calls_of(judge)} == {"transport_error"}


def test_hostile_bytes_in_a_reply_are_stored() -> None:
    project = make_project()
    make_pairs(project, 1)
    nasty = '{"overall": {"rationale": "\\u0000 \\ud800 ok", "verdict": "tie"}} \x00'
    with FakeJudge(lambda request: nasty) as fake:
        (tried,) = try_on(make_judge(project, fake))
    assert tried.settled["overall"].rationale == "� � ok"
    assert "\0" not in tried.calls[0].reply


def test_the_key_comes_from_the_environment_and_no_reason_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_JUDGE_KEY", "sk-very-secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-provider")
    monkeypatch.setitem(ERRORS, "401", (401, "invalid_api_key", "incorrect key sk-very-secret"))
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("401") as fake:
        try_on(make_judge(project, fake, api_key_env="TEST_JUDGE_KEY"))
    headers = {name.lower(): value for name, value in fake.headers[0].items()}
    assert headers["authorization"] == "Bearer sk-very-secret"
    assert "openai-organization" not in headers
    reasons = JudgeCall.objects.values_list("reason", flat=True)
    assert any("***" in reason for reason in reasons)
    assert not any("secret" in reason for reason in reasons)
