"""A plan before it is approved decides nothing, and approved it does what it showed."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import labels, leases
from annotation.models import Decision, Demand, Project
from routing import approving, drafting
from routing.drafting import Budget
from routing.models import Plan, RoutingSettings
from routing.policy import PlanError
from routing.refitting import refit
from routing.series import newest_plan
from tests.factories import make_comparison, make_person, make_project
from tests.routing.judges import make_judge, make_many, says
from tests.routing.learned import labelled_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("few_refits")]


def drafted(project: Project, policy: str = "combined", budget: str = "0.25", kind: str = "share") -> Plan:
    return Plan.objects.get(pk=drafting.ask(project, policy, Budget.of(kind, budget)).pk)


def current(project: Project) -> dict[int, Decision]:
    rows = Decision.objects.filter(comparison__project=project, superseded_at=None)
    return {decision.comparison_id: decision for decision in rows}


def test_a_draft_shows_the_whole_range_and_decides_nothing() -> None:
    project = labelled_project(labelled=80, open_ones=60, audit_share=0.1, human_label_price=Decimal("0.5"))
    before = list(Demand.objects.order_by("pk").values())

    plan = drafted(project)

    assert plan.state == "draft"
    assert (plan.table["people"][0], plan.table["people"][-1]) == (0, 60)
    assert plan.parameters["asked"] == 15
    assert plan.report["prediction"]["learned_from"] == 80
    assert plan.report["recommended"] is not None
    assert len(plan.report["most"]) == len(plan.report["least"]) == 20
    assert current(project) == {}
    assert list(Demand.objects.order_by("pk").values()) == before


def test_an_approved_plan_gives_people_their_work_in_order_of_value() -> None:
    project = labelled_project(labelled=80, open_ones=40)
    plan = drafted(project)
    worth = [row["comparison"] for row in plan.report["most"][:10]]

    result = approving.approve(plan, 10)

    plan.refresh_from_db()
    decisions = current(project)
    assert result is not None
    assert plan.state == "approved"
    assert (result.human, plan.human, plan.ai, len(decisions)) == (10, 10, 30, 40)
    assert {pk for pk, one in decisions.items() if one.destination == "human"} == set(worth)
    person, got = make_person(project), []
    while lent := leases.claim(person, project):
        got.append(lent[0].comparison_id)
        submission = labels.Submission(lent[0].pk, {"overall": labels.Answer("a>b")})
        labels.submit_many(person, project, [submission])
    assert set(got) == set(worth)
    scores = [decisions[pk].score for pk in got]
    assert scores == sorted(scores, reverse=True)
    assert plan.report["changed"]["after"]["people"] < plan.report["changed"]["before"]["people"]


def test_any_point_of_the_curve_costs_what_it_said() -> None:
    project = labelled_project(labelled=60, open_ones=50, audit_share=0.2, human_label_price=Decimal("0.5"))
    for at in (0, 7, 25, 50):
        plan = drafted(project)
        result = approving.approve(plan, plan.table["people"][at])
        assert result is not None
        assert (result.human, result.audit) == (plan.table["people"][at], plan.table["audit"][at])


@pytest.mark.parametrize("money", ["0", "0.9", "3", "7.75", "1000"])
def test_a_budget_of_money_is_never_exceeded(money: str) -> None:
    project = labelled_project(labelled=60, open_ones=40, audit_share=0.2, human_label_price=Decimal("0.5"))
    plan = drafted(project, budget=money, kind="money")
    asked = plan.parameters["asked"]
    at = plan.table["people"].index(asked)
    assert Decimal("0.5") * (asked + plan.table["audit"][at]) <= Decimal(money)

    result = approving.approve(plan, asked)

    assert result is not None
    assert result.human_cost <= Decimal(money)
    assert result.audit == plan.table["audit"][at]


def test_labels_are_counted_as_the_project_wants_them() -> None:
    project = labelled_project(labelled=60, open_ones=40, labels_wanted=2)
    assert drafted(project, budget="11", kind="labels").parameters["asked"] == 5


def test_without_a_seed_nothing_is_predicted_and_a_seed_is_proposed() -> None:
    project = make_project()
    judge = make_judge(project)
    tied, sure = make_comparison(project), make_comparison(project)
    says(judge, tied, "a=b")
    says(judge, sure, "a>b")

    plan = drafted(project, budget="0.5")

    assert plan.state == "draft"
    assert "quality" not in plan.table
    assert plan.report["recommended"] is None
    assert "0 comparisons have labels of people and of the judge" in plan.report["few"]
    assert plan.report["seed"] == 2
    assert plan.report["most"][0]["comparison"] == tied.pk


def test_an_empty_project_has_a_plan_with_nothing_in_it() -> None:
    project = make_project()
    plan = drafted(project)
    assert (plan.state, plan.table["people"], plan.report["open"]) == ("draft", [0], 0)
    result = approving.approve(plan, 0)
    assert result is not None
    assert result.open == 0


def test_what_is_started_after_the_draft_is_left_alone() -> None:
    project = labelled_project(labelled=60, open_ones=20)
    plan = drafted(project)
    first = plan.report["most"][0]["comparison"]
    Demand.objects.filter(comparison=first).update(priority=9)
    [held] = leases.claim(make_person(project), project)
    assert held.comparison_id == first

    result = approving.approve(plan, 5)

    assert result is not None
    assert (result.open, result.human) == (19, 4)
    plan.refresh_from_db()
    assert plan.report["changed"]["left"] == 1


def test_a_changed_set_up_asks_for_a_new_plan() -> None:
    project = labelled_project(labelled=60, open_ones=20)
    plan = drafted(project)
    project.labels_wanted = 3
    project.save()
    with pytest.raises(PlanError, match="plan again"):
        approving.approve(plan, 5)
    assert approving.begin(plan, 5)
    plan.refresh_from_db()
    assert (plan.state, current(project)) == ("draft", {})
    assert "plan again" in plan.message


def test_doubled_messages_and_points_that_are_not_there_change_nothing() -> None:
    project = labelled_project(labelled=60, open_ones=20)
    plan = drafted(project)
    assert not approving.begin(plan, 999)
    assert approving.approve(plan, 5) is not None
    assert approving.approve(plan, 10) is None
    drafting.draft(plan)
    assert len(current(project)) == 20
    assert Plan.objects.get(pk=plan.pk).human == 5


def test_what_cannot_be_planned_says_why() -> None:
    project = labelled_project(labelled=0, open_ones=2)
    for policy, kind, amount in [
        ("nobody", "share", "0.5"),
        ("combined", "hours", "5"),
        ("combined", "share", "1.5"),
        ("combined", "money", "5"),  # a label has no price
        ("combined", "labels", "nan"),
    ]:
        with pytest.raises(PlanError):
            drafting.ask(project, policy, Budget.of(kind, amount))
    assert not Plan.objects.exists()


def test_the_same_labels_give_the_same_plan_and_old_drafts_go() -> None:
    project = labelled_project(labelled=60, open_ones=30)
    one = drafted(project)
    other = Plan.objects.get(pk=drafting.again(one).pk)
    assert (one.table, one.report, one.model) == (other.table, other.report, other.model)
    assert list(Plan.objects.filter(project=project)) == [other]


def test_drafting_and_approving_take_a_constant_number_of_statements() -> None:
    numbers = []
    for size in (3, 30):
        project = make_project(audit_share=0.1)
        judge = make_judge(project)
        make_many(project, size)
        for number in range(2):
            says(judge, make_comparison(project, external_id=f"c{number}"))
        with CaptureQueriesContext(connection) as queries:
            plan = drafted(project, "disagreement")
        with CaptureQueriesContext(connection) as more:
            approving.approve(plan, plan.table["people"][-1])
        numbers.append((len(queries), len(more)))
    assert numbers[0] == numbers[1]


def test_limits_of_the_project_hold_for_an_approved_plan() -> None:
    project = labelled_project(labelled=60, open_ones=40)
    RoutingSettings.objects.create(project=project, least_per_category={"verse": 9})
    plan = drafted(project)
    result = approving.approve(plan, 10)
    assert result is not None
    people = Decision.objects.filter(comparison__project=project, destination="human")
    assert people.count() == 10
    assert people.filter(comparison__category="verse").count() >= 9


def test_a_refit_carries_an_approved_plan_on() -> None:
    project = labelled_project(labelled=60, open_ones=40)
    plan = drafted(project)
    approving.approve(plan, 10)
    refit(project, force=True)
    carried = newest_plan(project)
    assert carried is not None
    assert (carried.series, carried.human) == (plan.pk, 10)
    assert drafting.newest(project) == plan, "the page goes on showing the curve"
