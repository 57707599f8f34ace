"""Preferences that run in a ring over the comparisons of one prompt, with its models as what is compared."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import reports
from annotation.models import Comparison, Consensus, Project
from tests.annotation.test_agreement_details import people, say
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db

TRIANGLE = (("ash", "oak"), ("oak", "yew"), ("yew", "ash"))


def pairs_of_prompt(project: Project, group: str, pairs: Any = TRIANGLE) -> list[Comparison]:
    """A comparison for every two models, the first of which is response a."""
    found = []
    for models in pairs:
        comparison = make_comparison(project, group=group)
        for position, model in enumerate(models):
            comparison.responses.filter(position=position).update(model=model)
        found.append(comparison)
    return found


def cycles_of(project: Project) -> Any:
    return reports.agreement_of(project)["criteria"][0]["cycles"]


def test_a_ring_is_found_in_one_annotator_and_not_in_another() -> None:
    project = make_project(scale="three-way")
    round_about, straight = people(project, 2)
    comparisons = pairs_of_prompt(project, "trees")
    for comparison, said in zip(comparisons, ("a>b", "a>b", "b>a"), strict=True):
        say(round_about, comparison, "a>b")
        say(straight, comparison, said)
    found = cycles_of(project)
    assert (found["annotators"]["number"], found["annotators"]["possible"]) == (1, 2)
    [ring] = found["annotators"]["listed"]
    assert ring == {
        "annotator": round_about.pk,
        "prompt": "trees",
        "models": ["ash", "oak", "yew"],
        "comparisons": [comparison.pk for comparison in comparisons],
    }
    assert found["consensus"] == {"method": "majority", "number": 0, "possible": 1, "listed": []}


def test_rings_of_majorities_and_of_the_estimated_consensus() -> None:
    """Nobody goes round: the majorities of three straight voters do (Condorcet)."""
    project = make_project(scale="three-way")
    comparisons = pairs_of_prompt(project, "trees")
    voters = (("a>b", "a>b", "b>a"), ("b>a", "a>b", "a>b"), ("a>b", "b>a", "a>b"))
    for who, said in zip(people(project, 3), voters, strict=True):
        for comparison, ranking in zip(comparisons, said, strict=True):
            say(who, comparison, ranking)
    found = cycles_of(project)
    assert found["annotators"]["number"] == 0
    assert [ring["models"] for ring in found["consensus"]["listed"]] == [["ash", "oak", "yew"]]
    reports.refresh_consensus(project)
    assert cycles_of(project)["consensus"]["method"] == "mace"
    assert cycles_of(project)["consensus"]["number"] == 1
    Consensus.objects.filter(comparison=comparisons[0]).update(ranking="b>a", winner="b")
    assert cycles_of(project)["consensus"]["number"] == 0


def test_a_ring_needs_three_pairs_of_one_prompt() -> None:
    project = make_project(scale="three-way")
    (who,) = people(project, 1)
    for group, pairs in zip(("one", "two", "three"), ((pair,) for pair in TRIANGLE), strict=True):
        for comparison in pairs_of_prompt(project, group, pairs):
            say(who, comparison, "a>b")
    for comparison in pairs_of_prompt(project, "open", TRIANGLE[:2]):
        say(who, comparison, "a>b")
    assert cycles_of(project) is None


def test_prompts_of_one_group_are_kept_apart() -> None:
    """Turns of a conversation share a group; what a model said in one is no answer to the other."""
    project = make_project(scale="three-way")
    (who,) = people(project, 1)
    for number, comparison in enumerate(pairs_of_prompt(project, "talk")):
        Comparison.objects.filter(pk=comparison.pk).update(
            prompt=[{"role": "user", "content": str(number % 2)}]
        )
        say(who, comparison, "a>b")
    assert cycles_of(project) is None


def test_responses_without_a_model_close_no_ring() -> None:
    project = make_project(scale="three-way")
    (who,) = people(project, 1)
    for comparison in pairs_of_prompt(project, "trees"):
        comparison.responses.filter(model="yew").update(model="")
        say(who, comparison, "a>b")
    assert cycles_of(project) is None


def test_ties_break_a_ring_and_rankings_take_part_in_one() -> None:
    project = make_project(scale="three-way")
    one, two = people(project, 2)
    comparisons = pairs_of_prompt(project, "trees")
    for comparison in comparisons:
        say(one, comparison, "a=b" if comparison == comparisons[2] else "a>b")
    for models in (("ash", "oak", "yew"), ("yew", "elm", "ash")):
        ranked = make_comparison(project, "One.", "Two.", "Three.", group="birds")
        for position, model in enumerate(models):
            ranked.responses.filter(position=position).update(model=model)
        say(two, ranked, "a>b>c")
    [ring] = cycles_of(project)["annotators"]["listed"]
    assert (ring["annotator"], ring["models"]) == (two.pk, ["ash", "oak", "yew", "elm"])


def test_shares_are_of_those_with_enough_labels() -> None:
    project = make_project(scale="three-way")
    often, seldom = people(project, 2)
    for number in range(8):
        for place, comparison in enumerate(pairs_of_prompt(project, f"g{number}")):
            say(often, comparison, "a>b" if number < 2 or (number + place) % 2 else "b>a")
            if number < 3:
                say(seldom, comparison, "a>b")
    [row] = cycles_of(project)["each"]
    assert (row["annotator"], row["n"]) == (often.pk, 8)
    assert row["value"] == cycles_of(project)["annotators"]["number"] / 8 - 3 / 8
    assert 0 < row["ends"][0] < row["value"] < row["ends"][1] < 1


def test_the_statements_do_not_grow_with_the_prompts() -> None:
    project = make_project(scale="three-way")
    (who,) = people(project, 1)
    counts = []
    for number in range(4):
        for comparison in pairs_of_prompt(project, f"g{number}"):
            say(who, comparison, "a>b")
        if number in (0, 3):
            with CaptureQueriesContext(connection) as queries:
                cycles_of(project)
            counts.append(len(queries))
    assert counts[0] == counts[1]
