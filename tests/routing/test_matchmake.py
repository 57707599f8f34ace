"""Matchmaking in a project: what people are lent first, and what stays as it is."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import leases
from annotation.instruments.known import make_gold
from annotation.models import AuditEntry, Comparison, Demand, Pool, Project
from routing.arena import matchmake
from tests.annotation.test_leaderboard import compare
from tests.annotation.voting import answer, make_judge
from tests.factories import make_person, make_project

pytestmark = pytest.mark.django_db


def command(project: Project, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("matchmake", project.slug, *arguments, "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def settled(project: Project) -> None:
    """North beats south and west nine times out of nine; south and west are alike."""
    person = make_person(project)
    for _ in range(9):
        answer(person, compare(project, "north", "south"), "a>b")
        answer(person, compare(project, "north", "west"), "a>b")
    for said in ("a>b", "b>a"):
        answer(person, compare(project, "south", "west"), said)


def priority(comparison: Comparison) -> float:
    return comparison.demands.get(judge=None).priority


def test_people_are_lent_first_what_is_not_settled() -> None:
    project = make_project()
    settled(project)
    known = compare(project, "south", "north")
    close = compare(project, "south", "west")
    result = command(project)
    assert result["ordered"] == 2
    assert [one["comparison"] for one in result["first"]] == [close.external_id, known.external_id]
    [held] = leases.claim(make_person(project), project)
    assert held.comparison_id == close.pk


def test_skills_are_told_best_first_with_intervals() -> None:
    project = make_project()
    settled(project)
    compare(project, "north", "new")
    models = command(project)["models"]
    assert models[0]["model"] == "north"
    width = {model["model"]: model["ci95"][1] - model["ci95"][0] for model in models}
    assert width["new"] == max(width.values())
    assert all(model["ci95"][0] < model["rating"] < model["ci95"][1] for model in models)


def test_rankings_of_more_than_two_teach_and_are_put_in_order() -> None:
    project = make_project(scale="ranking")
    person = make_person(project)
    for said in ("a>b>c", "a>c=b", "a>b>c", "a>c>b"):
        answer(person, compare(project, "north", "south", "west"), said)
    open_one = compare(project, "north", "south", "west")
    result = command(project)
    assert [model["model"] for model in result["models"]] == ["north", "south", "west"]
    assert result["first"][0]["comparison"] == open_one.external_id


def test_only_the_priority_of_what_people_may_be_lent_changes() -> None:
    project = make_project()
    settled(project)
    gold = compare(project, "south", "west")
    make_gold(project, gold, {"overall": "a>b"})
    unnamed, unfit = compare(project, "south", ""), compare(project, "south", "west", fit=False)
    asked = compare(project, "south", "west", wanted=3)
    judge, experts = make_judge(project), Pool.objects.create(project=project, name="e", adjudicates=True)
    Demand.objects.create(comparison=asked, judge=judge, wanted=1)
    Demand.objects.create(comparison=asked, pool=experts, wanted=1, priority=1e6)
    columns = ("pk", "wanted", "live", "done")
    before = list(Demand.objects.order_by("pk").values_list(*columns))
    result = command(project)
    assert list(Demand.objects.order_by("pk").values_list(*columns)) == before
    assert (result["ordered"], result["unnamed"]) == (1, 1)
    assert 0 < asked.demands.get(pool__default=True).priority < 1e6
    assert asked.demands.get(pool=experts).priority == 1e6
    assert {priority(one) for one in (gold, unnamed, unfit)} == {0}
    assert asked.demands.get(judge=judge).priority == 0


def test_judges_votes_and_other_projects_do_not_count() -> None:
    project, other = make_project(), make_project()
    settled(other)
    answer(make_judge(project), compare(project, "north", "south"), "a>b")
    apart = compare(other, "south", "west")
    result = command(project)
    assert result["labels"] == 0
    assert {model["model"] for model in result["models"]} <= {"north", "south"}
    assert priority(apart) == 0


def test_the_same_seed_gives_the_same_order_and_another_another() -> None:
    project = make_project()
    for number in range(12):
        compare(project, "north", "south", external_id=f"c{number}")
    orders = [[one["comparison"] for one in command(project, "--seed", seed)["first"]] for seed in "112"]
    assert orders[0] == orders[1] != orders[2]


def test_it_is_logged_and_an_unknown_criterion_is_refused_by_name() -> None:
    project = make_project()
    compare(project, "north", "south")
    command(project)
    entry = AuditEntry.objects.get(project=project, act="matchmake")
    assert (entry.target, entry.after) == ("overall", {"comparisons": 1})
    with pytest.raises(CommandError, match="no criterion 'taste'"):
        command(project, "--criterion", "taste")


def test_a_project_without_comparisons_has_nothing_to_put_in_order() -> None:
    assert command(make_project())["ordered"] == 0


def test_the_number_of_statements_does_not_grow() -> None:
    counts = []
    project = make_project()
    for more in (2, 20):
        for _ in range(more):
            compare(project, "north", "south")
            compare(project, "west", "south")
        with CaptureQueriesContext(
            connection,
        ) as found:
            matchmake(project)
        counts.append(len(found))
    assert counts[0] == counts[1] <= 20
