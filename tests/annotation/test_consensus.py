"""Consensus: whose votes stand, what a majority is, and that nothing falls to the first response."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from annotation import reports
from annotation.consensus import Estimate, majority_of
from annotation.models import Comparison, Consensus, Criterion, Decision, Label, Project
from annotation.votes import Vote
from tests.annotation.voting import answer, decide, make_judge
from tests.factories import make_comparison, make_person, make_project

SWAPPED = {"a>b": "b>a", "b>a": "a>b", "a=b": "a=b", "both_bad": "both_bad"}
LETTERS = {"a": "b", "b": "a"}


def majority(*rankings: str, k: int = 2) -> Estimate:
    return majority_of([Vote(ranking, k) for ranking in rankings])


def test_the_most_frequent_answer_wins() -> None:
    estimate = majority("a>b", "b>a", "a>b", "a=b")
    assert estimate.probabilities == {"a": 0.5, "b": 0.25, "tie": 0.25}
    assert (estimate.winner, estimate.ranking, estimate.support) == ("a", "a>b", 4)


@pytest.mark.parametrize(
    "votes", [("a>b", "b>a"), ("a>b", "a=b"), ("a=b", "both_bad"), ("b>a", "a>b", "a=b")]
)
def test_a_tied_vote_is_unresolved(votes: tuple[str, ...]) -> None:
    estimate = majority(*votes)
    assert (estimate.winner, estimate.ranking) == ("unresolved", "")


def test_a_tie_and_both_bad_are_different_answers() -> None:
    assert majority("a=b", "a=b", "a>b").winner == "tie"
    estimate = majority("both_bad", "both_bad", "a=b")
    assert (estimate.winner, estimate.ranking) == ("both_bad", "both_bad")
    assert estimate.probabilities == {"a": 0, "b": 0, "tie": 1 / 3, "both_bad": 2 / 3}


@given(st.lists(st.sampled_from(list(SWAPPED)), min_size=1, max_size=9))
def test_swapping_the_sides_swaps_the_consensus(rankings: list[str]) -> None:
    one, two = majority(*rankings), majority(*(SWAPPED[ranking] for ranking in rankings))
    assert two.winner == LETTERS.get(one.winner, one.winner)
    assert two.probabilities == {LETTERS.get(name, name): p for name, p in one.probabilities.items()}
    assert two.ranking == SWAPPED.get(one.ranking, "")
    assert sum(one.probabilities.values()) == pytest.approx(1)


def test_rankings_are_merged_by_mean_place_and_the_winner_is_first_most_often() -> None:
    estimate = majority("a>b>c", "a>b>c", "b>c>a", k=3)
    assert estimate.probabilities == {"a": 2 / 3, "b": 1 / 3, "c": 0, "tie": 0}
    # Places a 0 0 2, b 1 1 0, c 2 2 1: a and b are level.
    assert (estimate.winner, estimate.ranking) == ("a", "a=b>c")


def test_letters_with_equal_mean_places_are_tied_not_put_in_alphabetical_order() -> None:
    estimate = majority("a>b>c", "b>a>c", k=3)
    assert (estimate.winner, estimate.ranking) == ("unresolved", "a=b>c")
    assert majority("a>b~c", "a>c>b", k=3).ranking == "a>c>b"
    assert majority("a=b>c", k=3).winner == "tie"


def test_all_bad_rankings_have_no_order() -> None:
    estimate = majority("both_bad", "both_bad", "a>b>c", k=3)
    assert (estimate.winner, estimate.ranking) == ("both_bad", "both_bad")


def refreshed(project: Project, **options: Any) -> dict[str, Consensus]:
    reports.refresh_consensus(project, **options)
    rows = Consensus.objects.filter(criterion__project=project).select_related("comparison")
    return {row.comparison.external_id: row for row in rows}


@pytest.mark.django_db
def test_peoples_votes_stand_wherever_there_are_any() -> None:
    project = make_project()
    judge, person = make_judge(project), make_person(project)
    audited, undecided = (make_comparison(project, external_id=name) for name in ("audited", "undecided"))
    decide(audited, "ai", judge)
    for comparison in (audited, undecided):
        answer(judge, comparison, "a>b")
        answer(person, comparison, "b>a")
    rows = refreshed(project)
    assert {name: (row.winner, row.support) for name, row in rows.items()} == {
        "audited": ("b", 1),
        "undecided": ("b", 1),
    }


@pytest.mark.django_db
def test_the_decided_judges_vote_stands_where_no_person_was_asked() -> None:
    project = make_project()
    one, two = make_judge(project, "one"), make_judge(project, "two")
    named, unnamed, undecided, silent = (
        make_comparison(project, external_id=name) for name in ("named", "unnamed", "undecided", "silent")
    )
    decide(named, "ai", two)
    decide(unnamed, "ai")
    decide(silent, "ai", two)
    for comparison in (named, unnamed, undecided, silent):
        answer(one, comparison, "a>b")
    for comparison in (named, unnamed, undecided):
        answer(two, comparison, "b>a")
    rows = refreshed(project)
    assert {name: (row.winner, row.support) for name, row in rows.items()} == {
        "named": ("b", 1),
        "unnamed": ("unresolved", 2),
        "undecided": ("unresolved", 2),
    }


@pytest.mark.django_db
def test_a_comparison_sent_to_people_waits_for_one() -> None:
    project = make_project()
    judge, comparison = make_judge(project), make_comparison(project)
    answer(judge, comparison, "a>b")
    decision = decide(comparison, "human")
    assert refreshed(project) == {}
    Decision.objects.filter(pk=decision.pk).update(superseded_at=decision.created_at)
    assert [row.winner for row in refreshed(project).values()] == ["a"]


@pytest.mark.django_db
def test_running_it_again_updates_and_removes_what_has_no_vote_any_more() -> None:
    project = make_project()
    person, other = make_person(project), make_person(project)
    kept, gone = make_comparison(project, external_id="kept"), make_comparison(project, external_id="gone")
    for comparison in (kept, gone):
        answer(person, comparison, "a>b")
    assert {name: row.winner for name, row in refreshed(project).items()} == {"kept": "a", "gone": "a"}
    answer(other, kept, "b>a")
    Label.objects.filter(comparison=gone).update(current=False)
    rows = refreshed(project)
    assert {name: (row.winner, row.ranking, row.support) for name, row in rows.items()} == {
        "kept": ("unresolved", "", 2)
    }


@pytest.mark.django_db
def test_only_current_independent_votes_of_the_project_count() -> None:
    project, other = make_project(), make_project()
    comparison = make_comparison(project)
    answer(make_person(project), comparison, "a>b")
    answer(make_person(project), comparison, "b>a")
    Label.objects.filter(comparison=comparison, ranking="b>a").update(independent=False)
    answer(make_person(other), make_comparison(other), "b>a")
    assert [(row.winner, row.support) for row in refreshed(project).values()] == [("a", 1)]


@pytest.mark.django_db
def test_the_command_writes_one_line_a_comparison_and_criterion(tmp_path: Path, capsys: Any) -> None:
    project = make_project()
    Criterion.objects.create(project=project, name="truthful", scale="five-point", position=1)
    comparison = make_comparison(project, external_id="q/1")
    answer(make_person(project), comparison, "a>b", 2, criterion="truthful")
    out = tmp_path / "consensus.jsonl"
    call_command("consensus", project.slug, "--out", str(out), "--json")
    printed = json.loads(capsys.readouterr().out)
    assert [criterion["criterion"] for criterion in printed["criteria"]] == ["overall", "truthful"]
    assert [json.loads(line) for line in out.read_text().splitlines()] == [
        {
            "comparison": "q/1",
            "criterion": "overall",
            "probabilities": {"a": 0.0, "b": 0.0, "tie": 1.0},
            "winner": "tie",
            "ranking": "a=b",
            "support": 1,
            "top_two": ["tie", "a"],
            "confusion": 0.0,
        },
        {
            "comparison": "q/1",
            "criterion": "truthful",
            "probabilities": {"a": 1.0, "b": 0.0, "tie": 0.0},
            "winner": "a",
            "ranking": "a>b",
            "support": 1,
            "top_two": ["a", "b"],
            "confusion": 0.0,
        },
    ]
    call_command("consensus", project.slug, "--out", str(out), "--criterion", "truthful")
    assert len(out.read_text().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["consensus.jsonl"]


@pytest.mark.django_db
def test_an_unknown_method_is_refused_by_name() -> None:
    project = make_project()
    with pytest.raises(
        CommandError, match="'glad' is not available in this version; there is: majority, wawa"
    ):
        call_command("consensus", project.slug, "--method", "glad")


@pytest.mark.django_db
def test_an_unknown_criterion_is_refused_by_name() -> None:
    project = make_project()
    for command in ("consensus", "agreement"):
        with pytest.raises(CommandError, match=r"has no criterion 'kind'; it has: overall"):
            call_command(command, project.slug, "--criterion", "kind")


@pytest.mark.django_db
def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    project = make_project()
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("consensus", project.slug, "--out", str(tmp_path / "missing" / "out.jsonl"))


@pytest.mark.django_db
def test_the_number_of_statements_does_not_grow_with_the_votes() -> None:
    project = make_project()
    people = [make_person(project) for _ in range(3)]
    counts = []
    for _ in range(2):
        for comparison in [make_comparison(project) for _ in range(5)]:
            for person in people:
                answer(person, comparison, "a>b")
        with CaptureQueriesContext(connection) as queries:
            reports.agreement_of(project)
            reports.refresh_consensus(project)
        counts.append([query for query in queries if not query["sql"].startswith(("BEGIN", "ROLLBACK"))])
    assert len(counts[0]) == len(counts[1])
    assert Comparison.objects.filter(project=project).count() == 10
