"""Agreement on rankings of more than two responses, cycles, and the most disputed comparisons."""

import random
from itertools import combinations, permutations

import numpy as np
import pytest
from scipy.stats import kendalltau

from annotation.agreement import groups_of
from annotation.agreement.cycles import cycles, majority_cycles
from annotation.agreement.disputes import disputes
from annotation.agreement.rankings import concordance, middle_places, tau_b
from annotation.ranking import parse
from annotation.votes import Vote, Voter, Votes

Rows = list[tuple[int, int, Vote]]


def votes_of(rows: Rows, judges: tuple[int, ...] = ()) -> Votes:
    return Votes.of(rows, {pk: Voter(pk, "judge" if pk in judges else "human", "") for _, pk, _ in rows})


def rankings(comparisons: int, k: int = 4, seed: int = 1) -> Rows:
    rng = random.Random(seed)
    letters = "abcdefgh"[:k]
    rows = []
    for comparison in range(comparisons):
        for voter in range(3):
            order = sorted(letters, key=lambda letter: ord(letter) + rng.gauss(0, 2))
            text = order[0] + "".join(rng.choice(">>=") + letter for letter in order[1:])
            rows.append((comparison, voter, Vote(str(parse(text, k)), k)))
    return rows


def test_tau_is_the_mean_of_scipys_over_pairs_of_annotators() -> None:
    rows = rankings(12)
    by_comparison = []
    for comparison in range(12):
        places = [middle_places(vote.parsed, 4) for c, _, vote in rows if c == comparison]
        taus = [kendalltau(one, two).statistic for one, two in combinations(places, 2)]
        known = [tau for tau in taus if np.isfinite(tau)]
        by_comparison.append(np.mean(known))
    found = tau_b(votes_of(rows))
    assert found.value == pytest.approx(np.mean(by_comparison))
    assert found.comparisons == 12
    assert found.interval.ends is not None


def test_responses_that_one_ranking_leaves_uncompared_count_as_nothing() -> None:
    rows = [(1, 1, Vote("a>b~c~d", 4)), (1, 2, Vote("a>d>c>b", 4))]
    assert tau_b(votes_of(rows)).value == 1.0


def test_w_is_one_where_all_rank_alike_and_small_where_nobody_does() -> None:
    alike: Rows = [(c, v, Vote("b>a>c", 3)) for c in range(5) for v in range(3)]
    assert concordance(votes_of(alike)).value == pytest.approx(1.0)
    every = ["".join(order) for order in permutations("abc")]
    mixed: Rows = [(1, v, Vote(">".join(order), 3)) for v, order in enumerate(every)]
    assert concordance(votes_of(mixed)).value == pytest.approx(0.0)


def test_comparisons_of_different_sizes_are_averaged_together() -> None:
    rows: Rows = [
        (1, 1, Vote("a>b>c", 3)),
        (1, 2, Vote("a>b>c", 3)),
        (2, 1, Vote("a>b", 2)),
        (2, 2, Vote("b>a", 2)),
    ]
    rows += [(3, 1, Vote("a>b>c>d", 4)), (3, 2, Vote("d>c>b>a", 4))]
    found = tau_b(votes_of(rows))
    assert (found.value, found.comparisons) == (0.0, 2)
    assert concordance(votes_of(rows)).value == pytest.approx(0.5)


def test_pairs_alone_have_no_ranking_figures() -> None:
    votes = votes_of([(1, 1, Vote("a>b", 2)), (1, 2, Vote("b>a", 2))])
    for figure in (tau_b(votes), concordance(votes)):
        assert figure.value is None
        assert "more than two responses" in str(figure.interval.reason)


def test_a_majority_that_runs_in_a_circle_is_found() -> None:
    circle = ["a>b>c", "b>c>a", "c>a>b"]
    rows: Rows = [(7, voter, Vote(ranking, 3)) for voter, ranking in enumerate(circle)]
    rows += [(8, voter, Vote("a>b>c", 3)) for voter in range(3)]
    [found] = majority_cycles(votes_of(rows))
    assert votes_of(rows).comparison_ids[found.graph] == 7
    assert found.items == (0, 1, 2)
    assert found.margin == 1


def test_cycles_across_pairs_of_one_prompt() -> None:
    """Four items that beat each other in a ring of four, once with a shortcut; graph 2 has none."""
    ring = [(1, 0, 1, 2), (1, 1, 2, 1), (1, 2, 3, 3), (1, 3, 0, 1), (2, 0, 1, 1), (2, 1, 2, 1), (2, 0, 2, 1)]
    [found] = cycles(*np.array(ring).T).listed
    assert (found.graph, found.items, found.margin) == (1, (0, 1, 2, 3), 1)
    several = cycles(*np.array([*ring, (1, 2, 0, 1)]).T)
    [shorter] = several.listed
    assert several.graphs.tolist() == [1]
    assert several.possible.tolist() == [1, 2]
    assert shorter.items == (0, 1, 2)
    assert cycles(*np.array([*ring, (1, 0, 3, 1)]).T).listed == []  # the last step is a draw now


def test_nothing_to_compare_has_no_cycles() -> None:
    assert majority_cycles(votes_of([(1, 1, Vote("a>b", 2))])) == []


def test_the_most_disputed_come_first_and_unanimous_ones_not_at_all() -> None:
    a, b, tie = Vote("a>b", 2), Vote("b>a", 2), Vote("a=b", 2)
    said = {1: [a, a, a], 2: [a, b], 3: [a, tie], 4: [a, b, a, b], 5: [a]}
    rows: Rows = [(c, v, vote) for c, votes in said.items() for v, vote in enumerate(votes)]
    votes = votes_of(rows)
    found = disputes(groups_of(votes, votes.judgements())["human_human"])
    assert votes.comparison_ids[found.unit].tolist() == [2, 4, 3]
    assert found.heat == pytest.approx([1.0, 2 / 3, 0.5])
    assert found.tally[1].tolist() == [2, 0, 2]


def test_people_against_judges_are_disputed_by_their_cross_pairs() -> None:
    a, b = Vote("a>b", 2), Vote("b>a", 2)
    rows: Rows = [(1, 1, a), (1, 9, b), (2, 1, a), (2, 9, a), (3, 1, a), (3, 2, b), (3, 9, a)]
    votes = votes_of(rows, judges=(9,))
    found = disputes(groups_of(votes, votes.judgements())["human_judge"])
    assert votes.comparison_ids[found.unit].tolist() == [1, 3]
    assert found.heat == pytest.approx([1.0, 0.5])
    assert found.others is not None
