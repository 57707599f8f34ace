"""The project's budget is a hard cap."""

from decimal import Decimal

import pytest
from django.utils import timezone

from annotation.models import Assignment, Demand, JudgeCall, JudgeRun, Project
from llm_judges import budget
from llm_judges.capabilities import probe_again
from llm_judges.labelling import JudgeError
from llm_judges.models import Judge
from llm_judges.registry import annotator_of
from llm_judges.running import desk, worker
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
        # At worst a call costs about 0.07; in fact it is 0.003.
        outcome = run(make_judge(project, fake, max_tokens=2000))
    assert outcome.stopped == "budget_stopped"
    assert Decimal("0.12") < budget.spent(project) <= Decimal("0.2")


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


def test_a_cap_holds_for_the_run_alone() -> None:
    project = make_project()
    make_pairs(project, 20)
    with FakeJudge() as fake:
        judge = make_judge(project, fake, max_tokens=100)
        first = run(judge, cap=Decimal("0.03"))
        assert (first.stopped, first.cost <= Decimal("0.03")) == ("budget_stopped", True)
        assert "this run may cost 0.03" in first.message
        assert run(judge).labelled == 20 - first.labelled


def test_a_cap_of_the_judge_holds_over_its_versions() -> None:
    project = make_project()
    make_pairs(project, 20)
    with FakeJudge() as fake:
        run(make_judge(project, fake, max_tokens=100, budget="0.05"))
        changed = make_judge(project, fake, max_tokens=101, budget="0.05")
        outcome = run(changed)
    assert outcome.stopped == "budget_stopped"
    assert "judge fake may cost 0.05" in outcome.message
    assert Decimal("0.03") < budget.spent(project) <= Decimal("0.05")


def test_calls_that_the_money_did_not_reach_say_so() -> None:
    project = make_project(budget=Decimal("0.02"))
    make_pairs(project, 5)
    with FakeJudge() as fake:
        run(make_judge(project, fake, max_tokens=100))
    left = JudgeCall.objects.exclude(state="ok")
    assert {call.state for call in left} == {"budget_stopped"}
    assert all("budget of the project" in call.reason for call in left)


def test_a_cap_with_an_unknown_price_refuses_to_start() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge() as fake:
        judge = make_judge(project, fake, output_price=None)
        with pytest.raises(JudgeError, match="price is unknown, so it cannot be kept within 5 USD"):
            run(judge, cap=Decimal(5))
        project.budget = Decimal(1)
        project.save()
        judge.version.project.refresh_from_db()
        with pytest.raises(JudgeError, match="unknown"):
            run(judge)
    assert fake.requests == []
    assert not JudgeRun.objects.exists()


def test_a_budget_that_is_lowered_meanwhile_holds_from_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.0)
    project = make_project(budget=Decimal(5))
    make_pairs(project, 20)

    def lower() -> bool:
        if fake.requests:
            Project.objects.filter(pk=project.pk).update(budget=Decimal("0.01"))
        return False

    with FakeJudge() as fake:
        outcome = run(make_judge(project, fake, concurrency=1), stop=lower)
    assert (outcome.stopped, len(fake.requests) < 20) == ("budget_stopped", True)
    assert "the budget of the project is 0.01 USD" in outcome.message


def test_what_people_cost_meanwhile_is_spent_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "PEOPLE_SECONDS", 0.0)
    project = make_project(budget=Decimal(5), human_label_price=Decimal("0.5"))
    pairs = make_pairs(project, 20)

    def answer() -> bool:
        if fake.requests:
            Demand.objects.filter(comparison__in=pairs, pool__isnull=False).update(wanted=1, done=1)
        return False

    with FakeJudge() as fake:
        outcome = run(make_judge(project, fake, concurrency=1), stop=answer)
    assert (outcome.stopped, len(fake.requests) < 20) == ("budget_stopped", True)


def test_a_cap_that_is_set_meanwhile_stops_a_judge_without_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.0)
    project = make_project()
    make_pairs(project, 20)

    def cap() -> bool:
        if fake.requests:
            Project.objects.filter(pk=project.pk).update(budget=Decimal(3))
        return False

    with FakeJudge() as fake:
        outcome = run(make_judge(project, fake, concurrency=1, output_price=None), stop=cap)
    assert "price is unknown, so it cannot be kept within 3.00 USD" in outcome.message
    assert len(fake.requests) < 20


def test_a_probe_keeps_within_the_caps_too() -> None:
    project = make_project(budget=Decimal("0.02"))
    make_pairs(project, 1)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        Judge.objects.filter(pk=judge.pk).update(probed_at=None, capabilities={})
        assert probe_again(Judge.objects.get(pk=judge.pk)).probed_at is None
        assert fake.requests == []
        entry = JudgeRun.objects.get(purpose="probe")
        assert (entry.state, entry.spent) == ("stopped", 0)
        assert "budget of the project is 0.02" in entry.message
        Project.objects.update(budget=Decimal(2))
        assert probe_again(Judge.objects.get(pk=judge.pk)).capabilities["json_schema"] is True
    assert budget.spent(project) == 7 * Decimal("0.003")


def test_what_is_in_flight_counts_under_every_cap() -> None:
    project = make_project(budget=Decimal(1))
    make_pairs(project, 1)
    judge = make_judge(project, "http://127.0.0.1:9/v1")
    other = make_judge(project, "http://127.0.0.1:9/v1", "other")
    mine, theirs = (
        JudgeRun.objects.create(project=project, annotator=annotator_of(one)) for one in (judge, other)
    )
    JudgeCall.objects.create(
        annotator=annotator_of(other),
        run=theirs,
        comparison=project.comparisons.get(),
        order="ab",
        state="in_flight",
        leased_until=timezone.now(),
        reserved=Decimal("0.9"),
    )
    assert budget.allow(mine, judge, project, Decimal(0), [Decimal("0.05")] * 3).number == 2
    assert budget.allow(mine, judge, project, Decimal(0), [Decimal("0.2")]).waiting
    JudgeCall.objects.all().delete()
    refused = budget.allow(mine, judge, project, Decimal("0.9"), [Decimal("0.2")])
    assert (refused.number, refused.waiting) == (0, False)
    assert "0.1000 USD left" in refused.refused


def test_the_ledger_keeps_runs_trials_and_probes_apart() -> None:
    project = make_project()
    annotator = annotator_of(make_judge(project, "http://127.0.0.1:9/v1"))
    for purpose, amount in (("run", "3"), ("run", "2"), ("trial", "0.5")):
        JudgeRun.objects.create(
            project=project, annotator=annotator, purpose=purpose, spent=Decimal(amount), state="finished"
        )
    assert budget.spent_by_purpose(project) == {
        "run": Decimal(5),
        "trial": Decimal("0.5"),
        "probe": Decimal(0),
        "tags": Decimal(0),
        "embed": Decimal(0),
    }
    assert budget.spent(project) == Decimal("5.5")
