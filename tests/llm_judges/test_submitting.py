"""One annotation from all orders, with its soft label; none where the orders leave none."""

import pytest

from annotation import leases
from annotation.models import Annotation, Assignment, Demand, JudgeCall, JudgeRun, Label, Project, SoftLabel
from annotation.projects import touch
from llm_judges.calls import brief
from llm_judges.demand import ask_for
from llm_judges.models import Judge
from llm_judges.preparing import Brief
from llm_judges.registry import annotator_of
from llm_judges.reparse import Reparsed, reparse
from llm_judges.submitting import Finished, finish
from llm_judges.trial import try_on
from tests.factories import make_comparison, make_project
from tests.fake_judge import FakeJudge
from tests.judge_prompts import reply_in, shown_in, verdicts_in
from tests.llm_judges.makers import LONG, SHORT, calls_of, labels_of, make_judge

pytestmark = pytest.mark.django_db


def finished(judge: Judge) -> list[Finished]:
    """What a run does once all calls have ended: here they were a trial's."""
    project = Project.objects.get(pk=judge.version.project_id)
    try_on(judge)
    JudgeCall.objects.filter(annotator=annotator_of(judge)).update(purpose="work")
    ask_for(judge, project)
    asked: Brief = brief(judge, annotator_of(judge), project)
    lent = leases.claim(asked.annotator, project, 50)
    return finish(
        asked,
        [
            (one, list(JudgeCall.objects.filter(annotator=asked.annotator, comparison=one.comparison_id)))
            for one in lent
        ],
    )


def project_with(inconsistency: str = "tie", **fields: object) -> Project:
    project = make_project(inconsistency=inconsistency, **fields)
    make_comparison(project, SHORT, LONG)
    return project


def test_a_label_comes_with_strength_rationale_and_soft_label() -> None:
    project = project_with()
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        (done,) = finished(judge)
    assert (done.outcome, done.consistent) == ("labelled", True)
    (label,) = labels_of(judge)
    assert (label.ranking, label.strength) == ("b>a", 2)
    assert label.rationale.text == "Response B is better."  # whatever letter it had in the call
    assert label.annotation.order_consistent is True
    soft = label.soft
    assert (soft.source, soft.votes, soft.order_consistent, soft.shift) == ("votes", 2, True, 0.0)
    assert soft.probabilities == {"a": 0.125, "tie": 0.125, "b": 0.625, "both_bad": 0.125}
    assert {call.order_consistent for call in calls_of(judge)} == {True}
    assert Demand.objects.get(judge=annotator_of(judge)).done == 1


@pytest.mark.parametrize(
    ("inconsistency", "outcome", "ranking", "probabilities"),
    [
        ("tie", "labelled", "a=b", {"a": 0.0, "tie": 1.0, "b": 0.0, "both_bad": 0.0}),
        ("half", "labelled", "a=b", {"a": 0.5, "tie": 0.0, "b": 0.5, "both_bad": 0.0}),
        ("drop", "undecided", "", {}),
    ],
)
def test_orders_that_disagree_are_a_stored_fact_whatever_they_mean(
    inconsistency: str, outcome: str, ranking: str, probabilities: dict[str, float]
) -> None:
    project = project_with(inconsistency)
    with FakeJudge("prefer-first") as fake:
        judge = make_judge(project, fake)
        (done,) = finished(judge)
    assert (done.outcome, done.consistent) == (outcome, False)
    assert {call.order_consistent for call in calls_of(judge)} == {False}
    assert [call.verdict["overall"]["ranking"] for call in calls_of(judge)] == ["a>b", "b>a"]
    assert [label.ranking for label in labels_of(judge)] == ([ranking] if ranking else [])
    assert [soft.probabilities for soft in SoftLabel.objects.all()] == ([probabilities] if ranking else [])
    state = Assignment.objects.get(annotator=annotator_of(judge)).state
    assert state == ("submitted" if ranking else "returned")


def test_a_tie_that_the_scale_does_not_offer_is_undecided_and_says_why() -> None:
    project = project_with(scale="two-way", both_bad=False)
    with FakeJudge("prefer-first") as fake:
        (done,) = finished(make_judge(project, fake))
    assert (done.outcome, done.consistent) == ("undecided", False)
    assert "a tie is not offered on a two-way scale" in done.why


def test_a_half_failed_comparison_gets_no_label() -> None:
    project = project_with()
    with FakeJudge("obey", "unparsable") as fake:
        judge = make_judge(project, fake, concurrency=1)
        (done,) = finished(judge)
    assert done.outcome == "failed"
    assert not Annotation.objects.exists()
    assert Assignment.objects.get(annotator=annotator_of(judge)).state == "returned"


def test_a_comparison_whose_calls_are_still_open_is_left_alone() -> None:
    project = project_with()
    judge = make_judge(project, "http://127.0.0.1:9/v1")
    ask_for(judge, project)
    asked = brief(judge, annotator_of(judge), project)
    (lent,) = leases.claim(asked.annotator, project, 1)
    call = JudgeCall.objects.create(
        annotator=asked.annotator, comparison=lent.comparison, order="ab", state="pending"
    )
    (done,) = finish(asked, [(lent, [call])])
    assert done.outcome == "open"
    assert Assignment.objects.get(pk=lent.pk).state == "live"


# --- stored replies read again ---


def again(judge: Judge) -> Reparsed:
    return reparse(Judge.objects.select_related("version__project").get(pk=judge.pk))


def test_reading_again_changes_nothing_by_itself() -> None:
    project = project_with()
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        finished(judge)
    assert again(judge).as_dict() == {
        **dict.fromkeys(["changed", "readable", "unreadable", "revised", "withdrawn", "lent_again"], 0),
        "read": 2,
    }
    assert len(fake.requests) == 2


def test_a_reply_that_can_be_read_now_is_lent_again_and_then_costs_nothing() -> None:
    project = project_with()
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        finished(judge)
    # As an earlier reader might have left it.
    Label.objects.all().delete()
    Annotation.objects.all().delete()
    Assignment.objects.update(state="returned", demand=None)
    Demand.objects.filter(judge=annotator_of(judge)).update(done=0)
    JudgeCall.objects.filter(order="ab").update(state="unparsable", verdict={}, parser=1)
    found = again(judge)
    assert (found.readable, found.changed, found.lent_again) == (1, 1, 1)
    assert Assignment.objects.get().state == "expired"
    run = JudgeRun.objects.filter(annotator=annotator_of(judge)).count()
    assert {call.state for call in calls_of(judge)} == {"ok"}
    assert JudgeRun.objects.count() == run


def test_a_verdict_read_otherwise_now_is_a_new_revision() -> None:
    project = project_with()
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        finished(judge)
    for call in calls_of(judge):
        call.reply = call.reply.replace("clearly", "slightly")
        call.save()
    found = again(judge)
    assert (found.changed, found.revised) == (2, 1)
    label = Label.objects.get(annotator=annotator_of(judge), current=True)
    assert (label.ranking, label.strength, label.annotation.revision) == ("b>a", 1, 1)
    assert label.soft.votes == 2
    assert Label.objects.filter(annotator=annotator_of(judge)).count() == 2


@pytest.mark.parametrize(("policy", "current"), [("half", ["a=b"]), ("drop", [])])
def test_another_policy_is_applied_to_what_was_said_before(policy: str, current: list[str]) -> None:
    project = project_with()
    with FakeJudge("prefer-first") as fake:
        judge = make_judge(project, fake)
        finished(judge)
    Project.objects.update(inconsistency=policy)
    found = again(judge)
    assert found.withdrawn == (policy == "drop")
    labels = Label.objects.filter(annotator=annotator_of(judge), current=True)
    assert [label.ranking for label in labels] == current
    assert [label.soft.probabilities["a"] for label in labels] == [0.5] * len(current)


def test_each_criterion_has_its_own_label_and_consistency() -> None:
    project = make_project(both_bad=False)
    project.criteria.create(name="brief", question="Which is shorter?", scale="three-way", position=1)
    touch(project)
    make_comparison(project, SHORT, LONG)

    def reply(request: dict) -> str:
        texts = list(shown_in(request).values())
        verdicts = verdicts_in(request, texts.index(LONG))
        return reply_in(request, verdicts | {"brief": verdicts_in(request, 0)["brief"]})  # always the first

    with FakeJudge(reply) as fake:
        judge = make_judge(project, fake, template="multipref")
        (done,) = finished(judge)
    assert len(fake.requests) == 2  # one call for all criteria
    assert done.consistent is False
    rows = Label.objects.filter(annotator=annotator_of(judge)).order_by("criterion__position")
    assert [(label.ranking, label.soft.order_consistent) for label in rows] == [("b>a", True), ("a=b", False)]
