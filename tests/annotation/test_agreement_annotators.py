"""Every annotator's figures, and what annotators lean to, against their definitions."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.annotators import held_against, reference_of
from annotation.agreement.intervals import wilson
from annotation.agreement.kappa import by_likeness, pairwise_kappa
from annotation.agreement.leanings import (
    FIRST,
    SECOND,
    TIED,
    mirrored,
    prefers_first,
    prefers_longer,
    repeated,
    sides,
    strategies,
)
from annotation.votes import Vote, Voter, Votes
from tests.annotation.counting import judgements_of

ANSWERS = [Vote("a>b", 2), Vote("a=b", 2), Vote("b>a", 2)]
Rows = list[tuple[int, int, Vote]]


def votes_of(rows: Rows, judges: tuple[int, ...] = (5,)) -> Votes:
    who = {pk: Voter(pk, "judge" if pk in judges else "human", f"j{pk}") for _, pk, _ in rows}
    return Votes.of(rows, who)


def ballots() -> st.SearchStrategy[Rows]:
    keys = st.tuples(st.integers(1, 10), st.integers(1, 5))
    votes = st.dictionaries(keys, st.sampled_from(ANSWERS), min_size=1, max_size=50)
    return votes.map(lambda chosen: [(*key, vote) for key, vote in chosen.items()])


@given(ballots())
def test_everybody_is_held_against_the_other_people_and_never_against_themselves(rows: Rows) -> None:
    votes = votes_of(rows)
    people = any(pk != 5 for _, pk, _ in rows)
    found = held_against(votes, votes.judgements(), reference_of(votes))
    for index, voter in enumerate(votes.voters):
        shares, right = [], []
        for comparison, pk, vote in rows:
            if pk != voter.id:
                continue
            others = [other for c, w, other in rows if c == comparison and w != pk and (w == 5) != people]
            if not others:
                continue
            shares.append(sum(other == vote for other in others) / len(others))
            (most, number), *rest = Counter(others).most_common()
            if not rest or rest[0][1] < number:
                right.append(most == vote)
        assert found.comparisons[index] == len(shares)
        assert found.decided[index] == len(right)
        assert found.agrees[index] == (
            pytest.approx(np.mean(shares)) if shares else pytest.approx(np.nan, nan_ok=True)
        )
        if right:
            assert found.right[index] == pytest.approx(np.mean(right))
            assert found.right_low[index] <= found.right[index] <= found.right_high[index]


def test_agreement_corrected_for_chance_is_cohens_kappa_between_two() -> None:
    answers = [(0, 0), (0, 0), (0, 1), (1, 1), (2, 2), (2, 0), (1, 1), (0, 2)]
    rows = [(c, v, ANSWERS[said]) for c, both in enumerate(answers) for v, said in enumerate(both, 1)]
    votes = votes_of(rows)
    held = held_against(votes, votes.judgements(), reference_of(votes))
    table = pairwise_kappa(votes.judgements(), np.arange(2), fewest=1)
    assert held.kappa == pytest.approx(np.full(2, table.kappa[0, 1]))


def test_pairs_of_one_ranking_count_as_one_comparison_in_an_interval() -> None:
    rows: Rows = [(c, v, Vote("a>b>c" if (c + v) % 3 else "c>b>a", 3)) for c in range(30) for v in (1, 2)]
    votes = votes_of(rows)
    found = held_against(votes, votes.judgements(), reference_of(votes))
    assert found.comparisons.tolist() == [30, 30]
    low, _ = wilson(found.agrees * 30, np.full(2, 30.0))
    assert found.low == pytest.approx(low)


def test_wilsons_interval_is_the_published_one() -> None:
    """Newcombe (1998), table I: 81 of 263 and 15 of 148."""
    low, high = wilson(np.array([81.0, 15.0]), np.array([263.0, 148.0]))
    assert (low, high) == (
        pytest.approx([0.2553, 0.0624], abs=5e-5),
        pytest.approx([0.3662, 0.1605], abs=5e-5),
    )


def test_few_shared_comparisons_leave_a_pair_without_kappa() -> None:
    rows = [(unit, voter, unit % 3 - 1) for unit in range(29) for voter in (0, 1)]
    found = pairwise_kappa(judgements_of(rows), np.arange(2))
    assert np.isnan(found.kappa).all()
    assert found.shared[0, 1] == 29


def test_those_who_agree_stand_side_by_side() -> None:
    rng = np.random.default_rng(1)
    camps = {voter: voter % 2 for voter in range(6)}
    views = [rng.integers(-1, 2, 200), rng.integers(-1, 2, 200)]
    rows = [
        (u, v, int(views[camp][u]) if rng.random() < 0.9 else 0)
        for u in range(200)
        for v, camp in camps.items()
    ]
    order = by_likeness(pairwise_kappa(judgements_of(rows), np.arange(6)))
    assert [camps[voter] for voter in order.tolist()] in ([0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0])


def test_swapping_left_and_right_turns_the_position_bias_round_and_nothing_else() -> None:
    value, swapped = np.array([1, 1, -1, 0, 1, -1]), np.array([True, False, False, True, False, False])
    one, two = sides(value, swapped), sides(value, ~swapped)
    assert one.tolist() == [SECOND, FIRST, SECOND, TIED, FIRST, SECOND]
    first, other = prefers_first(one), prefers_first(two)
    assert first.value is not None
    assert other.value == pytest.approx(1 - first.value)
    assert (first.n, other.n) == (5, 5)
    [strategy] = strategies(one, np.zeros(6, dtype=int), 1)
    [turned] = strategies(two, np.zeros(6, dtype=int), 1)
    assert strategy is not None
    assert turned is not None
    assert (strategy.first, strategy.tie, strategy.second) == (turned.second, turned.tie, turned.first)


def test_a_leaning_to_longer_answers_leaves_out_ties_and_equal_lengths() -> None:
    found = prefers_longer(np.array([1, -1, 1, 0, 1]), np.array([1, 1, -1, 1, 0]))
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3)
    assert prefers_longer(np.array([0]), np.array([1])).value is None


def test_repeats_give_the_share_that_says_the_same_and_alpha() -> None:
    before = np.array([1, 2, -1, 0, -2, 1] * 10)
    after = np.array([2, 1, -1, 0, 1, 1] * 10)
    found = repeated(before, after)
    assert (found.same.value, found.same.n) == (pytest.approx(5 / 6), 60)
    assert found.alpha.value is not None
    assert found.ends is not None
    assert found.ends[0] < found.alpha.value < found.ends[1]


def test_a_mirror_asks_for_the_other_side() -> None:
    """Who means the same response answers on the other side; who means the side stays on it."""
    one = np.array([FIRST, FIRST, FIRST, SECOND, TIED, TIED])
    two = np.array([SECOND, FIRST, FIRST, SECOND, TIED, FIRST])
    found = mirrored(one, two)
    assert (found.changes.value, found.changes.n) == (pytest.approx(4 / 6), 6)
    assert (found.to_first.value, found.to_first.n) == (pytest.approx(2 / 3), 3)


def test_a_share_of_nothing_is_none() -> None:
    empty: Any = np.zeros(0, dtype=int)
    assert prefers_first(empty) == (None, None, 0)
    assert strategies(empty, empty, 2) == [None, None]
