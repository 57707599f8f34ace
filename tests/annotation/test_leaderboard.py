"""The leaderboard of a project: whose votes, which models, and what is said where figures would mislead."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import reports
from annotation.models import Comparison, Project
from tests.annotation.voting import answer, make_judge
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db


def compare(project: Project, *models: str, **fields: Any) -> Comparison:
    """A comparison of responses that these models wrote."""
    texts = [f"An answer of {model or 'somebody'}." for model in models]
    comparison = make_comparison(project, *texts, **fields)
    for response, model in zip(comparison.responses.order_by("position"), models, strict=True):
        response.model = model
        response.save()
    return comparison


def board(project: Project, **options: Any) -> dict[str, Any]:
    [criterion] = reports.leaderboard_of(project, **options)["criteria"]
    return criterion


def test_who_wins_more_is_rated_higher_and_ties_count_for_both() -> None:
    project = make_project()
    people = [make_person(project) for _ in range(2)]
    for index in range(6):
        comparison = compare(project, "north", "south")
        for person in people:
            answer(person, comparison, "a>b" if index < 4 else "b>a" if index == 4 else "a=b")
    found = board(project)
    north, south = found["models"]
    assert (north["model"], north["rank"], south["rank"]) == ("north", 1, 2)
    assert (north["wins"], north["losses"], north["ties"], north["battles"]) == (8, 2, 2, 12)
    # 9 of 12 points: odds of three to one.
    assert north["rating"] - south["rating"] == pytest.approx(400 * 0.47712, abs=0.1)
    assert north["ci95"][0] < north["rating"] < north["ci95"][1]
    assert found["method"] == "bradley_terry"
    assert found["notes"] == []


def test_votes_on_one_prompt_are_not_independent() -> None:
    widths = []
    for people in (1, 4):
        project = make_project()
        voters = [make_person(project) for _ in range(people)]
        for index in range(8):
            comparison = compare(project, "north", "south")
            for voter in voters:
                answer(voter, comparison, "a>b" if index % 4 else "b>a")
        low, high = board(project)["models"][0]["ci95"]
        widths.append(high - low)
    assert widths[1] == pytest.approx(widths[0])


def test_models_that_never_met_are_not_compared() -> None:
    project = make_project()
    person = make_person(project)
    for pair in (("north", "south"), ("east", "west")):
        for said in ("a>b", "a>b", "b>a"):
            answer(person, compare(project, *pair), said)
    found = board(project)
    assert found["groups"] == 2
    assert [model["rank"] for model in found["models"]] == [1, 2, 1, 2]
    assert {model["rank_ci95"][1] for model in found["models"]} == {2}
    assert "2 groups that never met" in found["notes"][0]


def test_a_model_that_never_lost_is_rated_finitely_and_it_is_said() -> None:
    project = make_project()
    person = make_person(project)
    for _ in range(3):
        answer(person, compare(project, "north", "south"), "a>b")
    found = board(project)
    assert found["models"][0]["rating"] < 2000
    assert "never lost" in found["notes"][0]


def test_rankings_of_more_than_two_are_rated_by_plackett_luce() -> None:
    project = make_project(scale="ranking")
    person = make_person(project)
    said = ["a>b>c", "a>b>c", "b>a>c", "a>c>b", "c>a>b", "a>b=c"]
    for ranking in said:
        answer(person, compare(project, "north", "south", "west"), ranking)
    found = board(project)
    assert found["method"] == "plackett_luce"
    assert found["models"][0]["model"] == "north"
    assert found["models"][0]["battles"] == 12
    assert board(project, method="bradley_terry")["models"][0]["model"] == "north"


def test_peoples_and_judges_votes_can_be_asked_for_alone() -> None:
    project = make_project()
    person, judge = make_person(project), make_judge(project)
    for said in ("a>b", "a>b", "b>a"):
        comparison = compare(project, "north", "south")
        answer(person, comparison, said)
        answer(judge, comparison, "b>a" if said == "a>b" else "a>b")
    assert board(project, votes="standing")["models"][0]["model"] == "north"
    assert board(project, votes="human")["models"][0]["model"] == "north"
    assert board(project, votes="judge")["models"][0]["model"] == "south"


def test_a_long_winded_model_is_rated_as_if_it_were_brief() -> None:
    project = make_project()
    person = make_person(project)
    # Whoever is longer wins three times in four; neither model is better than the other.
    for index in range(24):
        comparison = compare(project, "terse", "wordy")
        longer = 1 if index % 3 else 0
        for position, response in enumerate(comparison.responses.order_by("position")):
            words = 40 if position == longer else 10
            response.messages = [{"role": "assistant", "content": "word " * words}]
            response.save()
        wins = "ab"[longer] if index % 4 else "ab"[1 - longer]
        answer(person, comparison, f"{wins}>{'b' if wins == 'a' else 'a'}")
    plain, controlled = board(project), board(project, length_controlled=True)
    ahead = {
        name: found["models"][0]["rating"] - found["models"][1]["rating"]
        for name, found in (("plain", plain), ("controlled", controlled))
    }
    assert plain["models"][0]["model"] == "wordy"
    assert ahead["controlled"] < ahead["plain"] / 4
    assert controlled["length_effect"]["ci95"][0] > 0


def test_responses_without_a_model_are_left_out_and_counted() -> None:
    project = make_project()
    person = make_person(project)
    answer(person, compare(project, "", ""), "a>b")
    found = board(project)
    assert (found["models"], found["unnamed"]) == ([], 1)
    assert "name of their model" in found["notes"][0]


def test_both_bad_everywhere_gives_no_ranking() -> None:
    project = make_project(scale="ranking")
    answer(make_person(project), compare(project, "north", "south", "west"), "both_bad")
    assert "Nothing to rank" in board(project)["notes"][0]


def test_the_statements_do_not_grow_with_the_votes() -> None:
    project = make_project()
    person = make_person(project)
    counts = []
    for _ in range(2):
        for said in ("a>b", "b>a", "a>b"):
            answer(person, compare(project, "north", "south"), said)
        with CaptureQueriesContext(connection) as queries:
            reports.leaderboard_of(project)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_command_prints_one_object_or_a_table() -> None:
    project = make_project()
    person = make_person(project)
    for said in ("a>b", "b>a", "a>b"):
        answer(person, compare(project, "north", "south"), said)
    out = StringIO()
    call_command("leaderboard", project.slug, "--json", stdout=out)
    printed = json.loads(out.getvalue())
    assert printed["project"] == project.slug
    [criterion] = printed["criteria"]
    assert {"criterion", "method", "labels", "comparisons", "prompts", "models", "groups", "notes"} <= set(
        criterion
    )
    out = StringIO()
    call_command("leaderboard", project.slug, "--method", "davidson", stdout=out)
    assert "north" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "glicko"], "'glicko' is not available; there is: bradley_terry, davidson"),
        (["--votes", "mine"], "there are no 'mine' votes"),
        (["--method", "plackett_luce", "--length-controlled"], "lengths are controlled by bradley_terry"),
        (["--criterion", "kind"], "has no criterion 'kind'; it has: overall"),
    ],
)
def test_what_there_is_not_is_refused_by_name(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("leaderboard", make_project().slug, *arguments)
