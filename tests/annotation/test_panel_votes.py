"""A panel says what its members have said, so it never counts beside them."""

import uuid
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command

from annotation.agreement import report
from annotation.consensus import learnt_from, spoken, standing
from annotation.models import Annotator, Decision, Project
from annotation.reports import agreement_of, estimates_of, leaderboard_of, read_votes
from annotation.votes import HUMAN, JUDGE, Vote, Voter, Votes
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db

ANN, BEA, CID, JURY, OTHER, PERSON = range(1, 7)
VOTERS = {pk: Voter(pk, JUDGE, f"judge-{pk}") for pk in (ANN, BEA, CID)} | {
    JURY: Voter(JURY, JUDGE, "jury", frozenset({ANN, BEA})),
    OTHER: Voter(OTHER, JUDGE, "other", frozenset({BEA, CID})),
    PERSON: Voter(PERSON, HUMAN, ""),
}


def votes_of(*said: tuple[int, int]) -> Votes:
    """Of (comparison, annotator), each for a."""
    return Votes.of(((c, who, Vote("a>b", 2, 1)) for c, who in said), VOTERS)


def who(votes: Votes, mask: np.ndarray) -> set[tuple[int, int]]:
    chosen = votes.where(mask)
    return {
        (int(chosen.comparison_ids[c]), chosen.voters[v].id)
        for c, v in zip(chosen.comparison, chosen.voter, strict=True)
    }


def test_a_panel_stands_in_place_of_its_members_where_it_has_spoken() -> None:
    votes = votes_of((1, ANN), (1, BEA), (1, CID), (1, JURY), (2, ANN), (2, BEA))
    assert who(votes, spoken(votes)) == {(1, JURY), (1, CID), (2, ANN), (2, BEA)}
    assert who(votes, standing(votes, [])) == {(1, JURY), (1, CID), (2, ANN), (2, BEA)}


def test_of_panels_that_share_a_member_the_newest_counts() -> None:
    votes = votes_of((1, ANN), (1, BEA), (1, CID), (1, JURY), (1, OTHER))
    assert who(votes, spoken(votes)) == {(1, OTHER), (1, ANN)}


def test_people_and_the_judge_that_routing_named_come_first() -> None:
    votes = votes_of((1, ANN), (1, JURY), (1, PERSON), (2, ANN), (2, BEA), (2, JURY), (3, ANN), (3, JURY))
    stands = standing(votes, [(2, False, ANN), (3, False, JURY)])
    assert who(votes, stands) == {(1, PERSON), (2, ANN), (3, JURY)}
    learnt = who(votes, learnt_from(votes, stands))
    assert learnt == {(1, PERSON), (1, JURY), (2, ANN), (3, JURY)}


def test_agreement_is_among_members_and_the_panel_is_held_against_people_only() -> None:
    alone = votes_of((1, ANN), (1, BEA), (1, PERSON), (2, ANN), (2, BEA), (2, PERSON))
    beside = votes_of(*((c, w) for c in (1, 2) for w in (ANN, BEA, PERSON, JURY)))
    one, two = report(alone), report(beside)
    assert one["groups"] == two["groups"]
    assert set(two["judges"]) - set(one["judges"]) == {"jury"}
    assert two["judges"]["jury"]["vs_majority"] == 1.0


# --- with a database ---


def judge(project: Project, name: str, *members: Annotator) -> Annotator:
    annotator = Annotator.objects.create(project=project, kind="judge", name=name)
    annotator.members.set(members)
    return annotator


def test_figures_of_a_project_are_the_same_with_and_without_its_panel() -> None:
    project = make_project("three-way", both_bad=False)
    pairs = [make_comparison(project) for _ in range(12)]
    ann, bea, cid = (judge(project, name) for name in ("ann", "bea", "cid"))
    people = [make_person(project) for _ in range(2)]
    for number, pair in enumerate(pairs):
        for who_, ranking in ((ann, "a>b"), (bea, "b>a"), (cid, "a>b" if number % 3 else "a=b")):
            answer(who_, pair, ranking)
        for person in people[: number % 3]:
            answer(person, pair, "a>b")
    before, board = agreement_of(project), leaderboard_of(project, votes="judge")
    panel = judge(project, "jury", ann, bea, cid)
    for pair in pairs:
        answer(panel, pair, "a>b")
    after = agreement_of(project)
    for one, two in zip(before["criteria"], after["criteria"], strict=True):
        for key in ("groups", "labels", "annotators", "disputed", "by"):
            assert one[key] == two[key], key
        assert "jury" in two["judges"]
    assert leaderboard_of(project, votes="judge") == board


def test_the_consensus_takes_the_panels_word_once() -> None:
    project = make_project("three-way", both_bad=False)
    (criterion,) = project.criteria.all()
    pair, other, named = (make_comparison(project) for _ in range(3))
    ann, bea = judge(project, "ann"), judge(project, "bea")
    panel = judge(project, "jury", ann, bea)
    for one in (pair, other, named):
        answer(ann, one, "a>b")
        answer(bea, one, "b>a")
    for one in (pair, named):
        answer(panel, one, "b>a")
    Decision.objects.create(
        comparison=named,
        destination="ai",
        judge=ann,
        probability=0,
        score=0,
        reason="",
        policy="all_ai",
        policy_version="1",
        plan=uuid.uuid4(),
    )
    for method in ("majority", "mace"):
        found = dict(estimates_of(project, criterion, method, read_votes(project, criterion)))
        assert (found[pair.pk].winner, found[pair.pk].support) == ("b", 1)
        assert (found[other.pk].winner, found[other.pk].support) == ("unresolved", 2)
        assert (found[named.pk].winner, found[named.pk].support) == ("a", 1)


def test_a_release_of_labels_weighs_the_panel_and_not_its_members(tmp_path: Path) -> None:
    project = make_project("three-way", both_bad=False)
    pair, other = make_comparison(project), make_comparison(project)
    ann, bea = judge(project, "ann"), judge(project, "bea")
    panel = judge(project, "jury", ann, bea)
    for one in (pair, other):
        answer(ann, one, "a>b")
        answer(bea, one, "b>a")
    answer(panel, pair, "b>a")
    call_command(
        "export", project.slug, "--format", "labels", "--out", str(tmp_path), "--json", stdout=StringIO()
    )
    rows = [row for file in tmp_path.rglob("*.parquet") for row in pq.read_table(file).to_pylist()]
    weights = {(row["comparison"], row["annotator"]): row["weight"] for row in rows}
    assert weights == {
        (pair.external_id, "jury"): 1.0,
        (pair.external_id, "ann"): 0.0,
        (pair.external_id, "bea"): 0.0,
        (other.external_id, "ann"): 0.5,
        (other.external_id, "bea"): 0.5,
    }
