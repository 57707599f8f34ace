"""The `route` command and the task that does the same."""

import json
import math
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Decision, Project
from routing.models import Plan, RoutingSettings
from routing.tasks import route_project
from tests.factories import make_comparison, make_project
from tests.routing.judges import make_judge, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    """Twenty comparisons, on every third of which two judges differ."""
    project = make_project(human_label_price="0.5", audit_share=0.1)
    judges = make_judge(project), make_judge(project, "south")
    for number in range(20):
        comparison = make_comparison(project, external_id=f"c{number}")
        says(judges[0], comparison, "a>b")
        says(judges[1], comparison, "a>b" if number % 3 else "b>a")
    return project


def route(project: Project, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("route", project.slug, *arguments, "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def test_the_command_prints_one_object_with_what_it_decided(project: Project) -> None:
    result = route(project, "--policy", "disagreement", "--human-share", "0.25")
    assert (result["policy"], result["version"]) == ("disagreement", "1")
    assert (result["open"], result["human"], result["ai"]) == (20, 5, 15)
    assert result["cost"] == {"human": 0.5 * (5 + result["audit"]), "judge": 0}
    assert result["judge"] == "north"
    assert "north" in result["warnings"][0]
    assert str(Plan.objects.get().pk) == result["plan"]


def test_the_file_has_a_line_for_every_open_comparison(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "scores.jsonl"
    result = route(project, "--policy", "disagreement", "--human-share", "0.25", "--out", str(out))
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert {line["comparison"] for line in lines} == {f"c{number}" for number in range(20)}
    assert sum(line["destination"] == "human" for line in lines) == result["human"]
    assert sum(line["audit"] for line in lines) == result["audit"]
    assert all(math.isfinite(line["score"]) and line["reason"] for line in lines)
    assert all(0 <= line["probability"] <= 1 for line in lines)
    human = [line["score"] for line in lines if line["destination"] == "human"]
    assert min(human) >= max(line["score"] for line in lines if line["destination"] == "ai")


@pytest.mark.parametrize(
    ("policy", "arguments"),
    [
        ("all_human", []),
        ("all_ai", []),
        ("random", ["--human-share", "0.5"]),
        ("random", ["--budget", "4.99"]),
        ("disagreement", ["--budget", "4.99"]),
    ],
)
def test_every_policy_runs_dry_and_repeats_itself(
    project: Project, policy: str, arguments: list[str]
) -> None:
    first, again = (route(project, "--policy", policy, *arguments, "--dry-run") for _ in range(2))
    assert first == again
    assert first["plan"] is None
    if "--budget" in arguments:
        assert first["cost"]["human"] == 4.5
    assert Decision.objects.count() == 0


def test_without_a_policy_the_projects_own_holds(project: Project) -> None:
    assert route(project)["policy"] == "all_human"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--policy", "coin"], "unknown policy 'coin'"),
        (["--policy", "random", "--human-share", "2"], "between 0 and 1"),
        (["--policy", "random", "--human-share", "much"], "--human-share must be a number"),
        (["--policy", "random", "--budget", "much"], "--budget must be an amount of money"),
        (["--policy", "random", "--budget", "NaN"], "at least 0"),
        (["--policy", "random", "--human-share", "0.5", "--judge", "east"], "its judges: north, south"),
        (["--policy", "all_human", "--out", "/nowhere/at/all"], "--out /nowhere/at/all"),
    ],
)
def test_a_mistake_is_one_line(project: Project, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as error:
        call_command("route", project.slug, *arguments)
    assert "\n" not in str(error.value)
    assert Plan.objects.count() == 0


def test_people_read_sentences(project: Project) -> None:
    out = StringIO()
    call_command("route", project.slug, "--policy", "all_ai", stdout=out)
    assert "disagreement" not in out.getvalue()
    assert "all_ai over 20 open comparisons: 0 to people, 20 to north" in out.getvalue()


def test_the_task_does_what_the_command_does(project: Project) -> None:
    route_project.delay(project.slug, "disagreement", budget="5", seed=4)
    plan = Plan.objects.get()
    assert (plan.policy, plan.seed, plan.human + plan.audit) == ("disagreement", 4, 10)
    assert Decision.objects.filter(plan=plan.pk, superseded_at=None).count() == 20


def test_minima_hours_and_capacity_limit_what_people_are_asked() -> None:
    project = make_project(slug="limited", audit_share=0.0)
    make_judge(project)
    for number in range(20):
        make_comparison(project, external_id=f"l{number}", category="law" if number < 3 else "code")
    words = ["--policy", "random", "--human-share", "0.5", "--dry-run"]

    def human(*limits: str) -> int:
        return int(route(project, *words, *limits)["human"])

    assert human() == 10
    assert human("--capacity", "people=4") == 4
    assert human("--hours", "people=0.05") in range(1, 10)
    with pytest.raises(CommandError, match="no pool 'experts'"):
        human("--hours", "experts=3")
    with pytest.raises(CommandError, match="no open comparison is in category 'art'"):
        human("--least", "art=3")
    with pytest.raises(CommandError, match="--least must be CATEGORY=N"):
        human("--least", "law")
    with pytest.raises(CommandError, match="minima of the categories"):
        human("--least", "law=3", "--capacity", "people=2")
    RoutingSettings.objects.create(project=project, least_per_category={"law": 3}, capacity={"people": 3})
    route(project, "--policy", "random", "--human-share", "0.5")
    chosen = Decision.objects.filter(destination="human", superseded_at=None)
    assert set(chosen.values_list("comparison__category", flat=True)) == {"law"}
