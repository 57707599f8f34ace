"""A plan that spends its labels where they pay: what it decides, asks for, keeps to, and leaves alone."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation import labels, leases
from annotation.instruments.known import make_gold
from annotation.models import Annotator, Decision, Demand, Project
from routing import approving, drafting
from routing.drafting import Budget
from routing.models import Plan
from routing.planning import make_plan
from routing.refitting import refit
from tests.factories import make_person
from tests.routing.learned import labelled_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("few_refits")]


def route(project: Project, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("route", project.slug, "--policy", "combined", *arguments, "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def wanted(project: Project) -> dict[int, int]:
    rows = Demand.objects.filter(comparison__project=project, pool__default=True, wanted__gt=0, done=0)
    return dict(rows.values_list("comparison_id", "wanted"))


def answer_next(person: Annotator, project: Project) -> int:
    [held] = leases.claim(person, project)
    labels.submit_many(person, project, [labels.Submission(held.pk, {"overall": labels.Answer("a>b")})])
    return held.comparison_id


def test_decisions_demand_and_file_say_how_many_labels_and_why(tmp_path: Path) -> None:
    project = labelled_project(80, 40, audit_share=0.2, human_label_price=Decimal("0.5"))
    out = tmp_path / "out.jsonl"
    result = route(project, "--budget", "20", "--overlap", "3", "--out", str(out))
    lines = {line["comparison"]: line for line in map(json.loads, out.read_text().splitlines())}
    decisions = Decision.objects.filter(superseded_at=None).select_related("comparison")
    people = [one for one in decisions if one.destination == "human"]

    assert result["labels"] <= 40
    assert result["cost"]["human"] == 0.5 * result["labels"] == 0.5 * sum(wanted(project).values())
    assert {one.labels for one in people} == {1, 3} == {int(key) for key in result["overlap"]}
    assert all(wanted(project)[one.comparison_id] == one.labels for one in people)
    assert all(f"{one.labels} label" in one.reason or "one label:" in one.reason for one in people)
    audited = [one for one in decisions if one.audit]
    assert audited
    assert all(one.labels is None and wanted(project)[one.comparison_id] == 1 for one in audited)
    assert all(lines[one.comparison.external_id]["labels"] == one.labels for one in people)
    assert sum(line["labels"] for line in lines.values()) == result["labels"]


def test_without_the_option_everything_is_as_before() -> None:
    project = labelled_project(80, 30)
    result = route(project, "--human-share", "0.5")
    assert (result["overlap"], result["labels"], result["human"]) == (None, 15, 15)
    assert not Decision.objects.filter(labels__isnull=False).exists()


def test_before_anything_is_learned_labels_are_alike_and_it_says_so() -> None:
    project = labelled_project(10, 20)
    result = route(project, "--human-share", "0.5", "--overlap", "3")
    assert (result["human"], result["overlap"]) == (10, None)
    assert any("not known yet" in warning for warning in result["warnings"])


@pytest.mark.parametrize(
    ("policy", "overlap", "cap", "message"),
    [
        ("random", "3", None, "error_model, combined do"),
        ("combined", "10", None, "1 to 9"),
        ("combined", "5", 3, "labels_cap"),
    ],
)
def test_what_cannot_vary_is_refused(policy: str, overlap: str, cap: int | None, message: str) -> None:
    project = labelled_project(2, 2, labels_cap=cap)
    with pytest.raises(CommandError, match=message):
        call_command("route", project.slug, "--policy", policy, "--human-share", "1", "--overlap", overlap)


def test_a_draft_shows_how_labels_spread_and_approved_keeps_to_them() -> None:
    project = labelled_project(80, 40, human_label_price=Decimal("0.5"))
    plan = drafting.ask(project, "combined", Budget.of("labels", "30"), overlap=3)
    plan.refresh_from_db()
    along, at = plan.table["overlap"], plan.table["people"].index(30)

    result = approving.approve(plan, 30)

    assert result is not None
    assert result.overlap is not None
    assert result.human == along["asked"][at]
    assert sum(times for number, times in result.overlap.items() if number > 1) == along["more"][at]
    assert sum(wanted(project).values()) == result.labels <= 30
    assert along["gain"] == sorted(along["gain"])
    assert Plan.objects.get(pk=plan.pk).parameters["overlap"] == 3


def test_a_refit_carries_it_on_within_the_same_labels() -> None:
    project = labelled_project(80, 40, human_label_price=Decimal("0.5"))
    make_plan(project, "combined", budget=Decimal(20), overlap=3)
    person = make_person(project)
    started = {answer_next(person, project) for _ in range(5)}
    kept = {pk: Decision.objects.get(comparison=pk, superseded_at=None).labels for pk in started}

    assert refit(project, force=True) is not None

    current = Decision.objects.filter(comparison__project=project, superseded_at=None)
    assert {one.comparison_id: one.labels for one in current if one.comparison_id in started} == kept
    assert sum(one.labels or 0 for one in current) <= 40
    everything = Demand.objects.filter(comparison__in=current.values("comparison"), pool__default=True)
    assert sum(everything.values_list("wanted", flat=True)) <= 40


def test_the_stopping_rule_leaves_what_the_plan_wants_and_may_ask_for_more() -> None:
    project = labelled_project(
        80, 20, labels_cap=5, consensus_threshold=0.6, overlap_share=0.0, human_label_price=Decimal("0.5")
    )
    make_plan(project, "combined", budget=Decimal(20), overlap=3)
    person = make_person(project)
    asked = dict(Decision.objects.filter(labels__isnull=False).values_list("comparison_id", "labels"))
    assert 3 in asked.values()
    for _ in range(3):
        pk = answer_next(person, project)
        assert Demand.objects.get(comparison=pk, pool__default=True).wanted >= asked[pk]


def test_gold_is_never_asked_about_by_a_plan() -> None:
    project = labelled_project(80, 20)
    best = route(project, "--human-share", "1", "--overlap", "3", "--dry-run")
    gold = project.comparisons.get(external_id="c85")
    make_gold(project, gold, {"overall": "a>b"})
    result = route(project, "--human-share", "1", "--overlap", "3")
    assert result["open"] == best["open"] - 1
    assert gold.pk not in wanted(project)
    assert not Decision.objects.filter(comparison=gold).exists()
