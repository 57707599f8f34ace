"""The project's budget is a hard cap."""

from decimal import Decimal

import pytest

from annotation.models import Assignment, Demand, JudgeCall
from llm_judges import budget
from tests.factories import make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import labels_of, make_judge, make_pairs, run

pytestmark = pytest.mark.django_db


def test_a_call_costs_its_tokens() -> None:
    project = make_project()
    make_pairs(project, 2)
    with FakeJudge(usage=(1234, 56)) as fake:
        judge = make_judge(project, fake, input_price="0.15", output_price="0.6")
        outcome = run(judge)
    one = Decimal("0.00021870")  # (1234 x 0.15 + 56 x 0.6) / 1,000,000
    assert set(JudgeCall.objects.values_list("cost", flat=True)) == {one}
    assert outcome.cost == budget.spent(project) == 4 * one


def test_labels_by_people_are_spent_money_too() -> None:
    project = make_project(human_label_price=Decimal("0.45"))
    for comparison in make_pairs(project, 3):
        Demand.objects.filter(comparison=comparison).update(wanted=2, done=2)
    assert budget.spent(project) == Decimal("2.70")


def test_the_budget_is_never_exceeded_and_what_was_not_asked_stays_in_the_queue() -> None:
    project = make_project(budget=Decimal("0.05"))
    make_pairs(project, 30)
    with FakeJudge() as fake:
        judge = make_judge(project, fake, max_tokens=100)  # a comparison costs 0.006, at worst less than 0.02
        outcome = run(judge)
        assert outcome.stopped == "budget_stopped"
        assert "0.05 USD" in outcome.message
        assert Decimal("0.03") < budget.spent(project) == outcome.cost <= Decimal("0.05")
        assert len(labels_of(judge)) == outcome.labelled == outcome.cost / Decimal("0.006")
        assert not Assignment.objects.exclude(state__in=["submitted", "expired"]).exists()
        project.budget = Decimal(1)
        project.save()
        assert run(judge).labelled == 30 - outcome.labelled
    assert len(fake.requests) == 60


def test_a_run_uses_up_the_budget_though_its_worst_case_is_far_dearer() -> None:
    project = make_project(budget=Decimal("0.2"))
    make_pairs(project, 40)
    with FakeJudge() as fake:
        # At worst a comparison costs about 0.05; in fact it is 0.006.
        outcome = run(make_judge(project, fake, max_tokens=2000))
    assert outcome.stopped == "budget_stopped"
    assert Decimal("0.14") < budget.spent(project) <= Decimal("0.2")


def test_money_spent_on_people_leaves_nothing_for_a_judge_that_costs() -> None:
    project = make_project(budget=Decimal(1), human_label_price=Decimal("0.5"))
    pairs = make_pairs(project, 2)
    Demand.objects.filter(comparison__in=pairs).update(done=1)
    with FakeJudge() as fake:
        assert run(make_judge(project, fake)).stopped == "budget_stopped"
        assert fake.requests == []
        assert run(make_judge(project, fake, input_price=0, output_price=0)).labelled == 2


def test_failed_calls_that_were_charged_count() -> None:
    project = make_project(budget=Decimal("0.05"))
    make_pairs(project, 30)
    with FakeJudge("unparsable") as fake:
        outcome = run(make_judge(project, fake, max_tokens=100))
    assert outcome.labelled == 0
    assert budget.spent(project) == Decimal("0.003") * len(fake.requests) <= Decimal("0.05")
