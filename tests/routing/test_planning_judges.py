"""Plans and judges: whose label stands, who is asked, and what that has cost."""

from decimal import Decimal

import pytest
from django.utils import timezone

from annotation.models import (
    Annotator,
    Demand,
)
from routing.planning import make_plan
from tests.routing.judges import make_judge, says
from tests.routing.test_planning import current, given_to, project_with

pytestmark = pytest.mark.django_db


def test_the_judges_price_is_what_its_labels_have_cost() -> None:
    project, comparisons = project_with(10)
    judge = make_judge(project)
    assert make_plan(project, "all_ai", dry_run=True).judge_price is None
    for comparison in comparisons[:2]:
        says(judge, comparison, cost="0.004")

    plan = make_plan(project, "all_ai", dry_run=True)

    assert plan.judge_price == Decimal("0.004")
    assert plan.judge_cost == Decimal("0.032")  # two of ten are paid for


def test_the_newest_version_of_the_judge_named_is_asked() -> None:
    project, _ = project_with(2)
    make_judge(project)
    newest = make_judge(project, version=2)

    plan = make_plan(project, "all_ai", judge="north")

    assert plan.judge == "north"
    assert {decision.judge_id for decision in current(project).values()} == {newest.pk}
    assert len(given_to(newest, project)) == 2


def test_an_earlier_version_that_was_brought_back_is_asked_again() -> None:
    project, _ = project_with(2)
    first = make_judge(project)
    make_judge(project, version=2)
    project.judge_versions.filter(version=2).update(retired_at=timezone.now())
    project.judge_versions.filter(version=1).update(retired_at=None)

    make_plan(project, "all_ai", judge="north")

    assert len(given_to(first, project)) == 2


def test_an_imported_judge_can_stand_but_not_be_asked() -> None:
    project, _comparisons = project_with(2)
    imported = Annotator.objects.create(project=project, kind="judge", name="old", external_id="old")

    plan = make_plan(project, "all_ai")

    assert {decision.judge_id for decision in current(project).values()} == {imported.pk}
    assert not Demand.objects.filter(judge=imported).exists()
    assert "cannot be asked for the 2 labels" in plan.warnings[0]


def test_of_several_judges_one_that_can_be_asked_stands_and_the_plan_says_so() -> None:
    project, _comparisons = project_with(2)
    Annotator.objects.create(project=project, kind="judge", name="early", external_id="early")
    make_judge(project, "south")
    make_judge(project, "north")

    plan = make_plan(project, "all_ai", dry_run=True)

    assert plan.judge == "north"
    assert plan.warnings == ["several judges; the label of north stands, --judge names another"]
    assert make_plan(project, "all_ai", judge="early", dry_run=True).judge == "early"
    assert make_plan(project, "all_human", dry_run=True).warnings == []


def test_of_several_imported_judges_the_one_with_the_most_labels_stands() -> None:
    project, comparisons = project_with(3)
    for name, number in [("early", 1), ("late", 2)]:
        judge = Annotator.objects.create(project=project, kind="judge", name=name, external_id=name)
        for comparison in comparisons[:number]:
            says(judge, comparison)

    assert make_plan(project, "all_ai", dry_run=True).judge == "late"
