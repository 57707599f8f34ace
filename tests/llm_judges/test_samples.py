"""Self-consistency: several replies to one prompt, counted into one soft label, failures told."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from annotation.models import JudgeRun
from llm_judges.estimate import estimate
from llm_judges.models import Judge
from tests.factories import make_project
from tests.fake_judge import FakeJudge
from tests.judge_prompts import shown_in
from tests.llm_judges.makers import calls_of, labels_of, make_judge, make_pairs, run

pytestmark = pytest.mark.django_db
CAN = {"json_schema": True, "usage": True, "n": True}


def said(request: dict[str, Any], place: int, word: str = "clearly better") -> str:
    """A verdict for the response that was shown at this place."""
    letter = list(shown_in(request))[place]
    return json.dumps({"overall": {"rationale": "So.", "verdict": f"{letter} {word}"}})


def in_turn(*texts: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], str]:
    """Each reply in its turn, for every order anew."""
    asked: Counter[str] = Counter()
    lock = threading.Lock()

    def reply(request: dict[str, Any]) -> str:
        order = "".join(shown_in(request).values())
        with lock:
            number = asked[order]
            asked[order] += 1
        return texts[number % len(texts)](request)

    return reply


def longer(request: dict[str, Any]) -> str:
    texts = list(shown_in(request).values())
    return said(request, texts.index(max(texts, key=len)))


def shorter(request: dict[str, Any]) -> str:
    texts = list(shown_in(request).values())
    return said(request, texts.index(min(texts, key=len)), "slightly better")


def useless(request: dict[str, Any]) -> str:
    return "I would rather not say."


def sampled(fake: FakeJudge, can: dict[str, bool] = CAN, **settings: Any) -> Judge:
    project = make_project(both_bad=False)
    make_pairs(project, 1)
    return make_judge(project, fake, capabilities=dict(can), temperature=1, **settings)


@pytest.mark.parametrize(("can", "requests"), [(CAN, 2), (CAN | {"n": False}, 10)])
def test_samples_share_a_request_where_the_endpoint_can(can: dict[str, bool], requests: int) -> None:
    with FakeJudge(in_turn(longer, longer, shorter, longer, shorter)) as fake:
        judge = sampled(fake, can, samples=5)
        outcome = run(judge)
    assert len(fake.requests) == requests
    assert (outcome.labelled, outcome.calls) == (1, 10)
    (label,) = labels_of(judge)
    assert (label.ranking, label.strength, label.soft.order_consistent) == ("b>a", 2, True)
    assert (label.soft.source, label.soft.votes, label.soft.asked) == ("votes", 10, 10)
    assert label.soft.probabilities["b"] == pytest.approx(6.5 / 11.5, abs=1e-6)
    assert label.soft.probabilities["a"] == pytest.approx(4.5 / 11.5, abs=1e-6)


def test_the_input_of_a_shared_request_is_paid_for_once() -> None:
    with FakeJudge(usage=(1000, 101)) as fake:
        judge = sampled(fake, samples=3)
        run(judge)
    calls = calls_of(judge)
    assert sum(call.input_tokens for call in calls) == 2 * 1000
    assert sum(call.output_tokens for call in calls) == 2 * 101
    paid = 2 * (Decimal(1000) * 2 + Decimal(101) * 10) / 1_000_000
    assert JudgeRun.objects.get(purpose="run").spent == sum(call.cost for call in calls) == paid
    assert {call.attempts for call in calls} == {1}


def test_a_reply_of_no_use_costs_its_vote_and_the_label_says_how_many_there_are() -> None:
    with FakeJudge(in_turn(longer, useless, longer)) as fake:
        judge = sampled(fake, samples=3)
        outcome = run(judge)
    assert (outcome.labelled, dict(outcome.failed)) == (1, {"unparsable": 2})
    (label,) = labels_of(judge)
    assert (label.ranking, label.soft.votes, label.soft.asked) == ("b>a", 4, 6)


def test_without_most_samples_of_an_order_there_is_no_label() -> None:
    with FakeJudge(in_turn(longer, useless, useless)) as fake:
        judge = sampled(fake, samples=3)
        outcome = run(judge)
    assert (outcome.labelled, labels_of(judge)) == (0, [])


def test_an_order_with_fewer_replies_counts_like_the_other() -> None:
    """Otherwise failures in one order would bring its lean back in."""

    def first_shown(request: dict[str, Any]) -> str:
        return said(request, 0)

    turns = {0: in_turn(first_shown), 1: in_turn(first_shown, useless, first_shown)}

    def reply(request: dict[str, Any]) -> str:
        texts = list(shown_in(request).values())
        return turns[int(texts[0] == max(texts, key=len))](request)

    with FakeJudge(reply) as fake:
        judge = sampled(fake, samples=3)
        judge.version.project.inconsistency = "half"
        judge.version.project.save()
        run(judge)
    (label,) = labels_of(judge)
    assert label.soft.probabilities["a"] == pytest.approx(label.soft.probabilities["b"])


def test_an_endpoint_that_ignores_n_is_asked_for_the_rest_and_not_for_several_again() -> None:
    with FakeJudge(most_choices=1) as fake:
        judge = sampled(fake, samples=3)
        outcome = run(judge)
    assert (outcome.labelled, outcome.answered) == (1, 6)
    assert [request.get("n") for request in fake.requests].count(3) <= 2
    assert Judge.objects.get(pk=judge.pk).capabilities["n"] is False


def test_an_endpoint_that_rejects_n_after_all_is_asked_one_by_one() -> None:
    with FakeJudge(lacks={"n"}) as fake:
        judge = sampled(fake, samples=2)
        outcome = run(judge)
    assert (outcome.labelled, outcome.answered, dict(outcome.failed)) == (1, 4, {})
    assert Judge.objects.get(pk=judge.pk).capabilities["n"] is False


def test_a_sample_that_was_cut_off_is_asked_again_by_itself() -> None:
    with FakeJudge("thinking") as fake:
        judge = sampled(fake, samples=2)
        outcome = run(judge)
    assert (outcome.labelled, outcome.answered) == (1, 4)
    assert len(fake.requests) == 2 + 4


def test_no_answer_to_a_shared_request_leaves_every_sample_to_be_asked_again() -> None:
    with FakeJudge("429", "obey") as fake:
        judge = sampled(fake, samples=3, concurrency=1)
        outcome = run(judge)
    assert (outcome.labelled, outcome.answered) == (1, 6)
    assert len(fake.requests) == 3


def test_an_estimate_knows_that_the_input_is_shared() -> None:
    with FakeJudge() as fake:
        shared = estimate(_asked(sampled(fake, samples=4)))
        apart = estimate(_asked(sampled(fake, CAN | {"n": False}, samples=4)))
    assert shared.calls == apart.calls == 8
    assert shared.input_tokens == pytest.approx(apart.input_tokens / 4, rel=0.01)
    assert shared.output_tokens == apart.output_tokens


def _asked(judge: Judge) -> Judge:
    from llm_judges.demand import ask_for

    ask_for(judge, judge.version.project)
    return judge
