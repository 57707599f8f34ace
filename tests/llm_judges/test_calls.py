"""Which calls there are to be, what each is asked, and which need no asking."""

from decimal import Decimal
from typing import Any

import pytest

from annotation.models import Comparison, JudgeRun, Project
from annotation.projects import touch
from llm_judges.calls import Work, brief, open_calls, prompts_of
from llm_judges.models import Judge
from llm_judges.preparing import UNFIT
from llm_judges.registry import annotator_of, set_judge
from llm_judges.trial import try_on
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.judge_prompts import responses_in
from tests.llm_judges.makers import LONG, SHORT, calls_of, make_judge, make_pairs

pytestmark = pytest.mark.django_db
PAID = Decimal("0.003")  # 1000 tokens in at 2 and 100 out at 10 a million
NOWHERE = "http://127.0.0.1:9/v1"


def opened(judge: Judge, *comparisons: Comparison) -> list[Work]:
    """The calls of a new run on these comparisons."""
    project = Project.objects.get(pk=judge.version.project_id)
    annotator = annotator_of(judge)
    run = JudgeRun.objects.create(project=project, annotator=annotator, purpose="trial")
    return open_calls(brief(judge, annotator, project), run, comparisons)


def asked(judge: Judge, *comparisons: Comparison) -> list[dict[str, Any]]:
    """What would be sent."""
    return [prepared.request.body for work in opened(judge, *comparisons) for prepared in work.prepared]


@pytest.mark.parametrize(("orders", "number"), [("both", 2), ("random", 1), ("fixed", 1)])
def test_a_pair_is_asked_in_the_orders_of_the_judges_policy(orders: str, number: int) -> None:
    project = make_project()
    pairs = make_pairs(project, 40)
    judge = make_judge(project, NOWHERE, orders=orders)
    shown = [[call.order for call in work.calls] for work in opened(judge, *pairs)]
    assert all(len(some) == number for some in shown)
    if orders == "both":
        assert all(some == ["ab", "ba"] for some in shown)
    elif orders == "fixed":
        assert all(some == ["ab"] for some in shown)
    else:
        assert {some[0] for some in shown} == {"ab", "ba"}
        again = [[call.order for call in work.calls] for work in opened(judge, *pairs)]
        assert again == shown


def test_more_than_two_are_asked_in_every_cyclic_shift() -> None:
    project = make_project()
    comparisons = [make_comparison(project, "one", "two", "three", "four") for _ in range(12)]
    works = opened(make_judge(project, NOWHERE), *comparisons)
    for work in works:
        orders = [call.order for call in work.calls]
        for place in range(4):
            assert sorted(order[place] for order in orders) == ["a", "b", "c", "d"]
    assert len({work.calls[0].order for work in works}) > 1  # the shifts start from an order that is drawn


def test_samples_are_calls_of_their_own_with_seeds_of_their_own() -> None:
    project = make_project()
    judge = make_judge(project, NOWHERE, samples=3, temperature=0.8, seed=10)
    (work,) = opened(judge, *make_pairs(project, 1))
    assert [(call.order, call.sample) for call in work.calls] == [
        (order, sample) for order in ("ab", "ba") for sample in range(3)
    ]
    assert [prepared.request.body["seed"] for prepared in work.prepared] == [10, 11, 12] * 2
    assert len({prepared.call.request_hash for prepared in work.prepared}) == 6


def test_all_that_is_set_is_sent_and_what_is_not_set_is_not() -> None:
    project = make_project()
    (pair,) = make_pairs(project, 1)
    (body, _) = asked(make_judge(project, NOWHERE, temperature=0.3, top_p=0.9, max_tokens=700), pair)
    assert (body["model"], body["temperature"], body["top_p"], body["max_tokens"]) == (
        "fake-1",
        0.3,
        0.9,
        700,
    )
    (bare, _) = asked(make_judge(project, NOWHERE, name="bare", temperature=None, max_tokens=None), pair)
    assert sorted(bare) == ["messages", "model", "response_format"]


@pytest.mark.parametrize("texts", [("same", "same"), ("", "something")])
def test_empty_or_identical_responses_end_without_a_call(texts: tuple[str, str]) -> None:
    project = make_project()
    comparison = make_comparison(project, *texts, fit=False)
    judge = make_judge(project, NOWHERE)
    (work,) = opened(judge, comparison)
    assert work.prepared == []
    assert {(call.state, call.reason, call.attempts) for call in calls_of(judge)} == {
        ("invalid_input", UNFIT, 0)
    }
    Project.objects.update(lend_unfit=True)
    (work,) = opened(judge, comparison)
    assert len(work.prepared) == 2


def test_a_prompt_too_long_for_the_context_is_refused_or_shortened_as_declared() -> None:
    project = make_project()
    comparison = make_comparison(project, "x" * 40_000, "y" * 60_000)
    strict = make_judge(project, NOWHERE, context_tokens=8000)
    assert asked(strict, comparison) == []
    assert {call.state for call in calls_of(strict)} == {"invalid_input"}
    assert "tokens, and the context has room for 5952" in calls_of(strict)[0].reason

    lenient = make_judge(project, NOWHERE, name="lenient", context_tokens=8000, too_long="shorten")
    bodies = asked(lenient, comparison)
    assert len(bodies) == 2
    for body in bodies:
        size = sum(len(message["content"]) for message in body["messages"])
        assert 12_000 < size < 4 * (8000 - 2048)
        assert sorted(len(text) > 5000 for text in responses_in(body)) == [True, True]
    assert all(call.request["left_out"] > 70_000 for call in calls_of(lenient))


def test_a_reference_answer_is_taken_from_the_comparisons_own_data() -> None:
    project = make_project()
    known = make_comparison(project, SHORT, LONG, metadata={"answer": "It resets routers."})
    unknown = make_comparison(project, SHORT, LONG)
    judge = make_judge(project, NOWHERE, template="rubric", rubric="Be right.", reference="answer")
    with_it, without = asked(judge, known)[0], asked(judge, unknown)[0]
    assert "It resets routers." in with_it["messages"][1]["content"]
    assert "REFERENCE ANSWER" not in without["messages"][1]["content"]
    assert [call.request.get("reference", False) for call in calls_of(judge)] == [True, True, False, False]


def test_a_call_answered_before_is_not_asked_again_unless_what_is_asked_has_changed() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        try_on(judge)
        assert len(fake.requests) == 2
        (again,) = try_on(judge)
        assert len(fake.requests) == 2
        assert str(again.settled["overall"].ranking) == "b>a"
        project.criteria.update(question="Which is worse?")
        touch(project)
        try_on(judge)
        assert len(fake.requests) == 4
    assert [run.reused for run in JudgeRun.objects.order_by("pk")] == [0, 2, 0]


def test_an_answer_to_the_very_same_request_is_used_again_by_another_judge_and_paid_once() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge() as fake:
        both = make_judge(project, fake)
        try_on(both)
        assert len(fake.requests) == 4
        fixed = make_judge(project, fake, orders="fixed")  # the same texts in the first order
        tried = try_on(fixed)
        assert len(fake.requests) == 4
        warm = make_judge(project, fake, temperature=0.5)
        try_on(warm)
        assert len(fake.requests) == 8
    for trial in tried:
        (call,) = trial.calls
        assert (call.state, call.cost, call.attempts) == ("ok", 0, 0)
        assert call.cached_from is not None
        assert call.cached_from.annotator == annotator_of(both)


def test_a_failure_is_never_used_again() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("unparsable", "refused", "obey") as fake:
        judge = make_judge(project, fake, concurrency=1)
        try_on(judge)
        assert sorted(call.state for call in calls_of(judge)) == ["refused", "unparsable"]
        (tried,) = try_on(judge)
        assert len(fake.requests) == 4
    assert [(call.state, call.attempts) for call in tried.calls] == [("ok", 2), ("ok", 2)]
    assert [call.cost for call in tried.calls] == [2 * PAID, 2 * PAID]  # every try was paid for


def test_answers_of_another_project_are_not_used() -> None:
    with FakeJudge() as fake:
        for _ in range(2):
            project = make_project()
            make_comparison(project, SHORT, LONG)
            try_on(make_judge(project, fake))
    assert len(fake.requests) == 4


def test_the_prompt_of_a_stored_call_can_be_made_again() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge() as fake:
        judge = make_judge(project, fake, concurrency=1)
        try_on(judge)
    asked_with = brief(judge, annotator_of(judge), project)
    prompts = prompts_of(asked_with, calls_of(judge))
    assert [prompts[call.pk] for call in calls_of(judge)] == [
        request["messages"] for request in fake.requests
    ]
    project.criteria.update(question="Another?")
    touch(project)
    changed = Project.objects.get(pk=project.pk)
    assert prompts_of(brief(judge, annotator_of(judge), changed), calls_of(judge)) == {}


def test_opening_calls_takes_the_same_number_of_statements_for_any_number(
    django_assert_num_queries: Any,
) -> None:
    project = make_project()
    pairs = make_pairs(project, 12)
    judge = set_judge(project, name="j", base_url=NOWHERE, model="m")
    annotator = annotator_of(judge)
    known = brief(judge, annotator, project)
    run = JudgeRun.objects.create(project=project, annotator=annotator, purpose="trial")
    for some in (pairs[:2], pairs[2:]):
        with django_assert_num_queries(4):  # responses, known calls, answers to use again, the new rows
            open_calls(known, run, some)
