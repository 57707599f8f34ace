"""Every way an endpoint can fail ends in its state, with its money booked and no invented label."""

from decimal import Decimal

import pytest

from annotation.models import Annotation, Assignment, JudgeCall, Label
from tests.factories import make_comparison, make_project
from tests.fake_judge import BEHAVIOURS, ERRORS, FakeJudge
from tests.llm_judges.makers import LONG, SHORT, calls_of, labels_of, make_judge, make_pairs, run

pytestmark = pytest.mark.django_db
PAID = Decimal("0.003")  # 1000 tokens in at 2 and 100 out at 10 a million

# behaviour: state, cost of a call, tries (HTTP requests), what the reason says
FAILURES = {
    "unparsable": ("unparsable", PAID, 1, "no JSON object"),
    "off-menu": ("unparsable", PAID, 1, "'A is splendid' is not offered"),
    "bad-json": ("unparsable", PAID, 1, "broken JSON"),
    "empty": ("unparsable", PAID, 1, "empty"),
    "no-content": ("unparsable", PAID, 1, "empty"),
    "truncated": ("truncated", PAID, 1, "max_tokens"),
    "refused": ("refused", PAID, 1, "I cannot compare these."),
    "filtered": ("refused", PAID, 1, "content filter"),
    "html": ("transport_error", 0, 1, "chat format"),
    "error-200": ("transport_error", 0, 1, "the model is overloaded"),
    "no-choices": ("transport_error", 0, 1, "without a choice"),
    "broken-body": ("transport_error", 0, 1, "could not be read"),
    "cut": ("transport_error", 0, 3, "no connection"),
    "400": ("transport_error", 0, 2, "something about this request is wrong"),
    "too-long": ("invalid_input", 0, 1, "maximum context length"),
    "content-filter-400": ("refused", 0, 1, "filtered"),
    "401": ("transport_error", 0, 1, "incorrect key"),
    "404": ("transport_error", 0, 1, "no such model"),
    "429": ("rate_limited", 0, 3, "slow down"),
    "quota": ("rate_limited", 0, 3, "exceeded your current quota"),
    "500": ("transport_error", 0, 3, "HTTP 500: the server had an error"),
}
SUCCESSES = ["obey", "prefer-first", "no-usage", "fenced", "no-schema"]


def test_every_behaviour_of_the_fake_judge_is_covered() -> None:
    assert sorted([*FAILURES, *SUCCESSES]) == sorted(BEHAVIOURS)


@pytest.mark.parametrize("behaviour", FAILURES)
def test_a_failure_is_recorded_and_makes_no_label(behaviour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # One wait of the client library does not follow Retry-After: after a connection that broke.
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    state, cost, tries, reason = FAILURES[behaviour]
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge(behaviour) as fake:
        judge = make_judge(project, fake, concurrency=1)
        outcome = run(judge)
    calls = calls_of(judge)
    asked = [call for call in calls if call.attempts]
    assert asked
    assert {call.state for call in asked} == {state}
    assert all(reason in call.reason for call in asked), calls[0].reason
    assert all(call.cost == cost for call in asked)
    assert all(call.attempts == tries for call in asked)
    assert all(call.verdict == {} for call in asked)
    assert len(fake.requests) == tries * len(asked)
    assert outcome.failed[state] == outcome.calls == len(asked)
    assert outcome.cost == cost * len(asked)
    assert not Label.objects.exists()
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("behaviour", ["obey", "no-usage", "fenced", "no-schema"])
def test_an_honest_answer_in_any_wrapping_makes_a_label(behaviour: str) -> None:
    project = make_project()
    make_comparison(project, SHORT, LONG)
    with FakeJudge(behaviour) as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
    (label,) = labels_of(judge)
    assert (label.ranking, label.strength) == ("b>a", 2)
    assert outcome.labelled == outcome.consistent == 1
    assert {call.state for call in calls_of(judge)} == {"ok"}
    assert {call.model_reported for call in calls_of(judge)} == {"fake-2030-01-01"}


def test_a_half_failed_comparison_gets_no_label_and_is_not_asked_again_by_itself() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("obey", "unparsable") as fake:
        judge = make_judge(project, fake, concurrency=1)
        run(judge)
        assert run(judge).taken == 0
    assert sorted(call.state for call in calls_of(judge)) == ["ok", "unparsable"]
    assert Assignment.objects.get(annotator__judge_version=judge.version).state == "returned"
    assert not labels_of(judge)


def test_usage_that_is_not_reported_is_estimated_and_says_so() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("no-usage") as fake:
        judge = make_judge(project, fake)
        run(judge)
    prompt = sum(len(message["content"].encode()) for message in fake.requests[0]["messages"])
    for call in calls_of(judge):
        assert "estimated" in call.reason
        assert call.input_tokens == pytest.approx(prompt / 4, rel=0.05)
        assert call.output_tokens == -(-len(call.reply) // 4)
        assert call.cost > 0


def test_an_endpoint_that_refuses_schemas_is_asked_in_plain_text_from_then_on() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge("no-schema") as fake:
        judge = make_judge(project, fake, concurrency=1)
        assert run(judge).labelled == 3
    assert ["response_format" in request for request in fake.requests] == [True] + [False] * 6
    assert sorted(call.attempts for call in calls_of(judge)) == [1, 1, 1, 1, 1, 2]


def test_a_passing_fault_is_retried_and_counted() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("429", "500", "obey") as fake:
        judge = make_judge(project, fake, concurrency=1)
        assert run(judge).labelled == 1
    assert sorted(call.attempts for call in calls_of(judge)) == [1, 3]


def test_a_slow_endpoint_runs_into_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_judges.client.MAX_RETRIES", 0)
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("obey", seconds=1.5) as fake:
        judge = make_judge(project, fake, timeout_seconds=1)
        run(judge)
    assert {(call.state, call.reason) for call in calls_of(judge)} == {
        ("transport_error", "no answer in time")
    }


def test_an_address_where_nobody_listens_is_a_state_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    project = make_project()
    make_pairs(project, 1)
    judge = make_judge(project, "http://127.0.0.1:9/v1")
    run(judge)
    assert {call.state for call in calls_of(judge)} == {"transport_error"}


def test_a_wrong_key_stops_the_run_after_the_calls_in_flight() -> None:
    project = make_project()
    make_pairs(project, 10)
    with FakeJudge("401") as fake:
        judge = make_judge(project, fake, concurrency=2)
        outcome = run(judge)
    assert outcome.stopped == "failing"
    assert "incorrect key" in outcome.message
    assert len(fake.requests) <= 6
    assert Assignment.objects.filter(state="live").count() == 0


def test_an_endpoint_where_nothing_works_stops_the_run_after_a_batch() -> None:
    project = make_project()
    make_pairs(project, 45)
    with FakeJudge("unparsable") as fake:
        outcome = run(make_judge(project, fake))
    assert outcome.stopped == "failing"
    assert "no JSON object" in outcome.message
    assert len(fake.requests) == 64  # one batch of 4 x 8 comparisons


def test_hostile_bytes_in_a_reply_are_stored() -> None:
    project = make_project()
    make_pairs(project, 1)
    nasty = '{"overall": {"rationale": "\\u0000 \\ud800 ok", "verdict": "tie"}} \x00'
    with FakeJudge(lambda request: nasty) as fake:
        judge = make_judge(project, fake)
        assert run(judge).labelled == 1
    assert labels_of(judge)[0].rationale.text == "� � ok"
    assert "\0" not in calls_of(judge)[0].reply


def test_the_key_comes_from_the_environment_and_no_reason_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_JUDGE_KEY", "sk-very-secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-provider")
    monkeypatch.setitem(ERRORS, "401", (401, "invalid_api_key", "incorrect key sk-very-secret"))
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("401") as fake:
        judge = make_judge(project, fake, api_key_env="TEST_JUDGE_KEY")
        run(judge)
    headers = {name.lower(): value for name, value in fake.headers[0].items()}
    assert headers["authorization"] == "Bearer sk-very-secret"
    assert "openai-organization" not in headers
    reasons = JudgeCall.objects.values_list("reason", flat=True)
    assert any("***" in reason for reason in reasons)
    assert not any("secret" in reason for reason in reasons)
