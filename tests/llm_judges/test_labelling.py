"""From a lent comparison to one reconciled label."""

import json
from typing import Any

import pytest

from annotation import leases
from annotation.models import Annotation, Assignment, Criterion, Demand, JudgeCall, Response
from annotation.projects import touch
from llm_judges.labelling import JudgeError, label_all
from llm_judges.registry import annotator_of
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.judge_prompts import responses_in, shown_in
from tests.llm_judges.makers import LONG, SHORT, calls_of, labels_of, make_judge, make_pairs, run

pytestmark = pytest.mark.django_db


def always(*words: str) -> Any:
    """A judge that gives these verdicts on `overall`, one after the other; 1 stands for the letter of the
    response shown first, 2 for that of the second."""
    remaining = list(words)

    def verdict(request: dict[str, Any]) -> str:
        word = remaining.pop(0)
        for place, letter in enumerate(shown_in(request), start=1):
            word = word.replace(str(place), letter)
        return json.dumps({"overall": {"rationale": "So.", "verdict": word}})

    return verdict


def test_both_orders_are_asked_and_agree() -> None:
    project = make_project()
    comparison = make_comparison(project, SHORT, LONG, prompt="What is a paper clip good for?")
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
    assert sorted(responses_in(request) for request in fake.requests) == sorted(
        [[SHORT, LONG], [LONG, SHORT]]
    )
    assert all("What is a paper clip good for?" in r["messages"][1]["content"] for r in fake.requests)
    assert [(call.order, call.verdict) for call in calls_of(judge)] == [
        ("ab", {"overall": {"ranking": "b>a", "strength": 2}}),
        ("ba", {"overall": {"ranking": "b>a", "strength": 2}}),
    ]
    (label,) = labels_of(judge)
    assert (label.comparison, label.ranking, label.strength) == (comparison, "b>a", 2)
    assert label.rationale.text == "Response B is better."
    assert label.annotation.order_consistent is True
    assert label.annotation.shown == "ab"
    assert (outcome.labelled, outcome.calls, outcome.consistent_share) == (1, 2, 1.0)
    demand = Demand.objects.get(judge=annotator_of(judge))
    assert (demand.wanted, demand.live, demand.done) == (1, 0, 1)


def test_a_judge_that_only_looks_at_the_order_gets_a_tie_marked_inconsistent() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge("prefer-first") as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
    assert {(label.ranking, label.strength) for label in labels_of(judge)} == {("a=b", None)}
    assert set(Annotation.objects.values_list("order_consistent", flat=True)) == {False}
    assert outcome.consistent_share == 0.0


def test_the_weaker_strength_counts() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge(always("1 clearly better", "2 slightly better")) as fake:
        judge = make_judge(project, fake, concurrency=1)
        run(judge)
    (label,) = labels_of(judge)
    assert (label.ranking, label.strength, label.annotation.order_consistent) == ("a>b", 1, True)


def test_orders_that_disagree_make_no_label_where_the_scale_has_no_tie() -> None:
    project = make_project(scale="two-way", both_bad=False)
    make_pairs(project, 1)
    with FakeJudge("prefer-first") as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
    assert not labels_of(judge)
    assert (outcome.undecided, outcome.labelled, outcome.answered) == (1, 0, 2)


def test_more_than_two_responses_are_ranked() -> None:
    project = make_project()
    make_comparison(project, "middling answer", SHORT, LONG)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        run(judge)
    orders = [call.order for call in calls_of(judge)]
    assert all({order[place] for order in orders} == set("abc") for place in range(3))  # a Latin square
    assert {call.verdict["overall"]["ranking"] for call in calls_of(judge)} == {"c>a>b"}
    assert [(label.ranking, label.strength) for label in labels_of(judge)] == [("c>a>b", None)]
    assert "enum" not in json.dumps(fake.requests[0]["response_format"])


def test_a_ranking_that_only_follows_the_order_leaves_everybody_level() -> None:
    project = make_project()
    make_comparison(project, "one", "two", "three")
    with FakeJudge(always(*["1>2>3"] * 3)) as fake:
        judge = make_judge(project, fake, concurrency=1)
        run(judge)
    (label,) = labels_of(judge)
    assert label.ranking == "a=b=c"
    assert label.annotation.order_consistent is False


def test_one_call_covers_all_criteria() -> None:
    project = make_project()
    for position, name in enumerate(["helpful", "truthful"], start=1):
        Criterion.objects.create(project=project, name=name, scale="three-way", position=position)
    touch(project)
    make_pairs(project, 2)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        run(judge)
    assert len(fake.requests) == 4
    assert [(label.criterion.name, label.ranking, label.strength) for label in labels_of(judge)] == [
        ("overall", "b>a", 2),
        ("helpful", "b>a", None),
        ("truthful", "b>a", None),
    ] * 2


def test_contexts_are_shown_on_their_own_side() -> None:
    project = make_project()
    comparison = make_comparison(project, SHORT, LONG)
    for response in comparison.responses.all():
        response.context = [{"role": "user", "content": f"context of {response.position}"}]
        response.save()
    with FakeJudge() as fake:
        run(make_judge(project, fake))
    for request in fake.requests:
        text = request["messages"][1]["content"]
        own = sorted(["context of 0", SHORT, "context of 1", LONG], key=text.index)
        assert own in (
            ["context of 0", SHORT, "context of 1", LONG],
            ["context of 1", LONG, "context of 0", SHORT],
        )


def test_what_was_answered_before_is_not_paid_for_again() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge("obey", "unparsable", "obey") as fake:
        judge = make_judge(project, fake, concurrency=1)
        assert run(judge).labelled == 1
        before = {call.pk: call for call in calls_of(judge)}
        assert leases.lend_again(annotator_of(judge)) == 1
        second = run(judge)
    assert (second.labelled, second.calls, second.reused) == (1, 1, 1)
    assert len(fake.requests) == 5
    after = calls_of(judge)
    assert {call.pk for call in after} == set(before)
    (retried,) = [call for call in after if before[call.pk].state == "unparsable"]
    assert (retried.state, retried.attempts, retried.input_tokens) == ("ok", 2, 2000)
    assert retried.cost == 2 * before[retried.pk].cost
    assert len(labels_of(judge)) == 2


def test_an_answer_to_another_prompt_is_not_reused() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge("obey", "unparsable", "obey") as fake:
        judge = make_judge(project, fake, concurrency=1)
        run(judge)
        project.guidelines_versions.update(text="Judge by tone alone.")
        touch(project)
        leases.lend_again(annotator_of(judge))
        second = run(judge)
    assert (second.calls, second.reused, second.labelled) == (2, 0, 1)


def test_running_again_asks_nothing_and_changes_nothing() -> None:
    project = make_project()
    make_pairs(project, 3)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        run(judge)
        again = run(judge)
    assert (again.taken, again.calls, len(fake.requests)) == (0, 0, 6)
    assert len(labels_of(judge)) == 3


def test_a_worker_that_died_after_its_calls_leaves_them_to_the_next() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        run(judge)
        annotator = annotator_of(judge)
        # The state such a worker leaves: calls booked, nothing submitted, leases run out.
        Annotation.objects.all().delete()
        Assignment.objects.filter(annotator=annotator).update(state="expired", demand=None)
        Demand.objects.filter(judge=annotator).update(done=0)
        outcome = run(judge)
    assert (outcome.labelled, outcome.calls, outcome.reused) == (2, 0, 4)
    assert len(fake.requests) == 4


def test_unfit_comparisons_end_without_a_call_and_without_a_label() -> None:
    project = make_project()
    make_comparison(project, "same", "same", fit=False)
    make_pairs(project, 1)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        outcome = run(judge)
        assert run(judge).calls == 0  # nor are they asked about again
    assert len(fake.requests) == 2
    states = [(call.state, call.attempts, call.cost) for call in calls_of(judge)]
    assert states[:2] == [("invalid_input", 0, 0)] * 2
    assert outcome.failed == {"invalid_input": 2}
    assert len(labels_of(judge)) == 1


def test_media_that_a_text_prompt_cannot_show_is_not_judged_blind() -> None:
    project = make_project()
    comparison = make_comparison(project, SHORT, LONG)
    Response.objects.filter(comparison=comparison, position=0).update(media=[{"url": "cat.png"}])
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        run(judge)
    assert fake.requests == []
    assert "media" in calls_of(judge)[0].reason


def test_calls_run_side_by_side_up_to_the_judges_concurrency() -> None:
    project = make_project()
    make_pairs(project, 8)
    with FakeJudge() as fake:
        fake.hold_after(0)
        judge = make_judge(project, fake, concurrency=4)
        run(judge, stop=lambda: len(fake.requests) >= 4 and fake.let_go())
    assert fake.most_at_once == 4


def test_a_limit_counts_comparisons() -> None:
    project = make_project()
    make_pairs(project, 5)
    with FakeJudge() as fake:
        outcome = run(make_judge(project, fake), limit=2)
    assert (outcome.labelled, outcome.stopped, len(fake.requests)) == (2, "limit", 4)


def test_a_stop_waits_for_what_is_in_flight_and_leaves_the_rest_in_the_queue() -> None:
    project = make_project()
    make_pairs(project, 6)
    with FakeJudge(seconds=0.05) as fake:
        judge = make_judge(project, fake, concurrency=2)
        outcome = run(judge, stop=lambda: len(fake.requests) >= 3)
        assert outcome.stopped == "interrupted"
        assert outcome.calls == len(fake.requests) == JudgeCall.objects.filter(state="ok").count()
        assert not Assignment.objects.filter(state="live").exists()
        rest = run(judge)
    assert len(fake.requests) == 12
    assert outcome.labelled + rest.labelled == 6


def test_two_workers_of_one_judge_share_the_work() -> None:
    project = make_project()
    make_pairs(project, 4)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        annotator = annotator_of(judge)
        run(judge, limit=1)
        held = leases.claim(annotator, project, 1)  # the other worker is still at this one
        assert label_all(judge).labelled == 2
    assert not JudgeCall.objects.filter(comparison=held[0].comparison_id).exists()


def test_a_judge_whose_templates_changed_is_not_run() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        judge.version.fingerprint = "0" * 64
        judge.version.save()
        with pytest.raises(JudgeError, match="run create_project again"):
            label_all(judge)
    assert fake.requests == []


def test_a_key_that_is_not_set_is_said_before_anything_is_taken() -> None:
    project = make_project()
    make_pairs(project, 1)
    judge = make_judge(project, "http://127.0.0.1:9/v1", api_key_env="NO_SUCH_KEY_HERE")
    with pytest.raises(JudgeError, match="NO_SUCH_KEY_HERE is not set"):
        run(judge)
    assert not Assignment.objects.exists()
