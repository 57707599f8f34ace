"""What judges are asked for: everything undecided, and exactly what was decided elsewhere."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import leases
from annotation.models import Assignment, Comparison, Decision, Demand
from llm_judges import demand
from llm_judges.demand import ask_for, held_by, open_for
from llm_judges.registry import annotator_of
from tests.factories import make_comparison, make_project
from tests.llm_judges.makers import make_judge

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/v1"


def decide(comparison: Comparison, destination: str, superseded: bool = False) -> None:
    Decision.objects.create(
        comparison=comparison,
        destination=destination,
        probability=0.5,
        score=0.0,
        reason="test",
        policy="random",
        policy_version="1",
        plan=uuid.uuid4(),
        superseded_at=timezone.now() if superseded else None,
    )


def test_every_comparison_without_a_decision_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demand, "BATCH", 3)
    project = make_project()
    wanted = [make_comparison(project) for _ in range(8)]
    wanted.append(make_comparison(project, "same", "same", fit=False))  # ends without a call
    decide(make_comparison(project), "human")
    decide(make_comparison(project), "ai")
    decide(wanted[0], "human", superseded=True)
    make_comparison(make_project())
    judge = make_judge(project, NOWHERE)
    assert ask_for(judge, project) == 9
    assert ask_for(judge, project) == 0
    rows = Demand.objects.filter(judge=annotator_of(judge))
    assert sorted(rows.values_list("comparison", "wanted")) == [(c.pk, 1) for c in wanted]


def test_what_routing_asked_of_the_judge_stays_as_it_is() -> None:
    project = make_project()
    comparison, taken_back = make_comparison(project), make_comparison(project)
    judge = make_judge(project, NOWHERE)
    annotator = annotator_of(judge)
    decide(comparison, "ai")
    decide(taken_back, "human")
    Demand.objects.create(comparison=comparison, judge=annotator, wanted=1)
    Demand.objects.create(comparison=taken_back, judge=annotator, wanted=0)
    assert ask_for(judge, project) == 0
    assert list(open_for(judge).values_list("comparison", flat=True)) == [comparison.pk]


def test_a_demand_that_a_superseded_decision_took_back_is_restored() -> None:
    project = make_project()
    comparison = make_comparison(project)
    judge = make_judge(project, NOWHERE)
    decide(comparison, "human", superseded=True)
    Demand.objects.create(comparison=comparison, judge=annotator_of(judge), wanted=0)
    assert ask_for(judge, project) == 1
    assert open_for(judge).count() == 1


def test_work_in_hand_or_failed_on_is_not_open_and_lapsed_work_is() -> None:
    project = make_project()
    for _ in range(3):
        make_comparison(project)
    judge = make_judge(project, NOWHERE)
    annotator = annotator_of(judge)
    ask_for(judge, project)
    held, failed = leases.claim(annotator, project, 2)
    assert held_by(judge).count() == 2
    leases.give_back(annotator, [failed.pk])
    assert held_by(judge).get() == held
    assert open_for(judge).count() == 1
    Assignment.objects.filter(pk=held.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    leases.expire(project)
    assert open_for(judge).count() == 2
    assert not held_by(judge).exists()
