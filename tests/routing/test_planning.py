"""Plans: what they decide, and that people and judges get exactly that."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from annotation import labels, leases
from annotation.models import (
    Annotator,
    Assignment,
    Comparison,
    Decision,
    Demand,
    Pool,
    PoolMembership,
    Project,
)
from annotation.projects import touch
from routing.models import Plan
from routing.planning import make_plan
from routing.policy import PlanError
from tests.factories import make_comparison, make_person, make_project
from tests.routing.judges import make_judge, says

pytestmark = pytest.mark.django_db


def project_with(comparisons: int, **fields: object) -> tuple[Project, list[Comparison]]:
    """A project without an audit slice unless asked for. Draws are by external id, so these are fixed."""
    project = make_project(**{"audit_share": 0.0} | fields)
    return project, [make_comparison(project, external_id=f"c{number}") for number in range(comparisons)]


def given_to(annotator: Annotator, project: Project) -> list[Comparison]:
    """Everything the annotator is lent, in order, each answered."""
    got = []
    while lent := leases.claim(annotator, project):
        for assignment in lent:
            answer = labels.Submission(assignment.pk, {"overall": labels.Answer("a>b")})
            labels.submit_many(annotator, project, [answer])
            got.append(assignment.comparison)
    return got


def current(project: Project) -> dict[int, Decision]:
    decisions = Decision.objects.filter(comparison__project=project, superseded_at=None)
    return {decision.comparison_id: decision for decision in decisions}


def open_demand() -> int:
    return Demand.objects.filter(wanted__gt=F("live") + F("done")).count()


def test_people_and_the_judge_get_exactly_what_was_decided() -> None:
    project, comparisons = project_with(12)
    judge, other = make_judge(project), make_judge(project, "south")
    for comparison in comparisons:
        Demand.objects.create(comparison=comparison, judge=other, wanted=1)

    plan = make_plan(project, "random", human_share=0.25, judge="north")

    decisions = current(project)
    human = {pk for pk, decision in decisions.items() if decision.destination == "human"}
    assert (plan.human, plan.ai, len(human), len(decisions)) == (3, 9, 3, 12)
    assert {c.pk for c in given_to(make_person(project), project)} == human
    assert {c.pk for c in given_to(judge, project)} == decisions.keys() - human
    assert given_to(other, project) == []
    assert open_demand() == 0


def test_an_audited_comparison_is_asked_of_both() -> None:
    project, comparisons = project_with(40, audit_share=0.4)
    judge = make_judge(project)

    plan = make_plan(project, "random", human_share=0.25)

    decisions = current(project)
    human = {pk for pk, decision in decisions.items() if decision.destination == "human"}
    audit = {pk for pk, decision in decisions.items() if decision.audit}
    assert plan.audit == len(audit) > 0
    assert not human & audit
    assert {c.pk for c in given_to(make_person(project), project)} == human | audit
    assert {c.pk for c in given_to(judge, project)} == {c.pk for c in comparisons} - human


def test_people_get_the_comparisons_most_worth_a_person_first() -> None:
    project, (agreed, tied, differing, flipped) = project_with(4)
    north, south = make_judge(project), make_judge(project, "south")
    for comparison, said in [(agreed, "a>b"), (tied, "a=b"), (differing, "a>b"), (flipped, "a>b")]:
        says(north, comparison, said, consistent=comparison != flipped)
        says(south, comparison, "b>a" if comparison == differing else said, consistent=comparison != flipped)

    make_plan(project, "disagreement", human_share=0.75)

    assert given_to(make_person(project), project) == [differing, flipped, tied]
    reasons = {pk: decision.reason for pk, decision in current(project).items()}
    assert reasons[differing.pk] == "the judges disagree"
    assert reasons[agreed.pk] == "the judges agree"


def test_as_many_labels_are_wanted_of_each_pool_as_the_project_says() -> None:
    project, comparisons = project_with(2, labels_wanted=2)
    expert = Pool.objects.create(project=project, name="expert", labels_wanted=1)
    other = Pool.objects.create(project=project, name="unasked")
    Demand.objects.create(comparison=comparisons[0], pool=other, wanted=3)

    plan = make_plan(project, "all_human")

    wanted = Demand.objects.filter(comparison__in=comparisons).values_list(
        "comparison", "pool__name", "wanted"
    )
    assert sorted(wanted) == sorted(
        [(c.pk, "people", 2) for c in comparisons]
        + [(c.pk, "expert", 1) for c in comparisons]
        + [(comparisons[0].pk, "unasked", 0)]
    )
    assert plan.judge is None
    specialist = make_person(project)
    PoolMembership.objects.create(pool=expert, annotator=specialist)
    touch(project)
    assert len(given_to(specialist, project)) == 2


def test_planning_again_decides_again_what_is_still_open() -> None:
    project, _comparisons = project_with(10)
    judge = make_judge(project)
    first = make_plan(project, "all_ai")
    labelled_by_judge = given_to(judge, project)
    assert len(labelled_by_judge) == 10

    second = make_plan(project, "all_human")

    assert Plan.objects.count() == 2
    assert {decision.plan for decision in current(project).values()} == {second.id}
    assert Decision.objects.filter(plan=first.id, superseded_at=None).count() == 0
    assert Decision.objects.count() == 20
    assert len(given_to(make_person(project), project)) == 10
    assert make_plan(project, "all_human").open == 0


def test_a_judge_is_not_asked_again_for_a_label_it_has_given() -> None:
    project, comparisons = project_with(3)
    judge = make_judge(project)
    says(judge, comparisons[0])

    make_plan(project, "all_ai")

    assert given_to(judge, project) == comparisons[1:]


def test_what_was_started_or_labelled_is_left_alone() -> None:
    project, comparisons = project_with(5)
    make_judge(project)
    answering, holding = make_person(project), make_person(project)
    [done] = leases.claim(answering, project)
    labels.submit_many(answering, project, [labels.Submission(done.pk, {"overall": labels.Answer("a>b")})])
    [held] = leases.claim(holding, project)

    plan = make_plan(project, "all_ai")

    assert plan.open == 3
    assert current(project).keys() == {c.pk for c in comparisons} - {done.comparison_id, held.comparison_id}
    labels.submit_many(holding, project, [labels.Submission(held.pk, {"overall": labels.Answer("a>b")})])
    assert not Assignment.objects.filter(demand__wanted__lt=F("demand__done")).exists()


def test_a_comparison_given_back_is_open_again() -> None:
    project, [_comparison] = project_with(1)
    person = make_person(project)
    [assignment] = leases.claim(person, project)
    leases.give_back(person, [assignment.pk])

    assert make_plan(project, "all_human").open == 1


def test_unfit_comparisons_are_decided_only_where_the_owner_lends_them() -> None:
    project, _ = project_with(2)
    make_comparison(project, fit=False)
    assert make_plan(project, "all_human", dry_run=True).open == 2
    project.lend_unfit = True
    assert make_plan(project, "all_human", dry_run=True).open == 3


def test_another_project_is_not_touched() -> None:
    project, _ = project_with(3)
    elsewhere, _ = project_with(3)
    make_judge(project)
    before = list(Demand.objects.filter(comparison__project=elsewhere).order_by("pk").values())

    make_plan(project, "all_ai")

    assert list(Demand.objects.filter(comparison__project=elsewhere).order_by("pk").values()) == before
    assert current(elsewhere) == {}


def test_a_dry_run_stores_nothing_and_says_the_same() -> None:
    project, _ = project_with(20, audit_share=0.2, human_label_price=Decimal("0.5"))
    make_judge(project)
    before = list(Demand.objects.order_by("pk").values())

    dry = make_plan(project, "random", human_share=0.5, seed=3, dry_run=True)

    assert dry.id is None
    assert list(Demand.objects.order_by("pk").values()) == before
    assert (Plan.objects.count(), Decision.objects.count()) == (0, 0)
    stored = make_plan(project, "random", human_share=0.5, seed=3)
    assert list(stored.lines()) == list(dry.lines())
    assert stored.as_dict() | {"plan": None} == dry.as_dict()


def test_a_budget_pays_for_the_audit_too_and_is_not_exceeded() -> None:
    project, _ = project_with(60, audit_share=0.1, labels_wanted=2, human_label_price=Decimal("0.35"))
    make_judge(project)

    plan = make_plan(project, "random", budget=Decimal("14.50"))

    assert plan.human + plan.audit == 20  # 0.70 each
    assert plan.human_cost == Decimal("14.00")
    assert plan.audit > 0


def test_every_decision_says_who_made_it_and_why() -> None:
    project, _ = project_with(20, audit_share=0.3)
    judge = make_judge(project)

    plan = make_plan(project, "random", human_share=0.5, seed=7)

    for decision in current(project).values():
        assert (decision.plan, decision.policy, decision.policy_version) == (plan.id, "random", plan.version)
        assert decision.probability == pytest.approx(0.5 + 0.5 * 0.3)
        assert decision.reason
        assert decision.judge_id == (None if decision.destination == "human" else judge.pk)
    stored = Plan.objects.get()
    assert (stored.human, stored.ai, stored.audit, stored.seed) == (10, 10, plan.audit, 7)
    assert stored.parameters["human_share"] == 0.5


def test_the_database_keeps_one_current_decision_a_comparison() -> None:
    project, _ = project_with(1)
    make_plan(project, "all_human")
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(
            comparison=Comparison.objects.get(),
            destination="ai",
            probability=0,
            score=0,
            policy="p",
            policy_version="1",
            plan="00000000-0000-0000-0000-000000000000",
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"policy": "coin"}, "unknown policy 'coin'; known: all_human"),
        ({"policy": "random"}, "needs either a human share or a budget"),
        ({"policy": "random", "human_share": 0.5, "budget": Decimal(5)}, "either a human share or a budget"),
        ({"policy": "random", "human_share": 1.2}, "between 0 and 1"),
        ({"policy": "random", "human_share": -0.1}, "between 0 and 1"),
        ({"policy": "random", "budget": Decimal(-1)}, "at least 0"),
        ({"policy": "all_human", "budget": Decimal(5)}, "takes no budget"),
        ({"policy": "random", "human_share": 0.5, "judge": "east"}, "no judge 'east'; its judges: none"),
        ({"policy": "random", "human_share": 0.5}, "no judge to take 1 comparisons"),
        ({"policy": "all_human", "seed": 2**63}, "64 bits"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why_and_changes_nothing(arguments, message) -> None:
    project, _ = project_with(2, human_label_price=Decimal(1))
    with pytest.raises(PlanError, match=message):
        make_plan(project, **arguments)
    assert Plan.objects.count() == 0


def test_a_budget_needs_a_price() -> None:
    project, _ = project_with(2)
    with pytest.raises(PlanError, match=r"prices\.human_label"):
        make_plan(project, "random", budget=Decimal(5))


def test_the_number_of_statements_does_not_grow_with_the_project() -> None:
    numbers = []
    for size in (5, 400):
        project, comparisons = project_with(size, audit_share=0.2)
        judge = make_judge(project)
        for comparison in comparisons[:3]:
            says(judge, comparison)
        for _ in range(2):  # the second plan supersedes the first
            with CaptureQueriesContext(connection) as queries:
                make_plan(project, "disagreement", human_share=0.5)
            numbers.append(len(queries))
    assert numbers[0] == numbers[2]
    assert numbers[1] == numbers[3]
    assert max(numbers) <= 42
