"""What each policy says a comparison is worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.policy import POLICIES, Signals, disagreement, draws, policy
from routing.signals import summary

SHARE = st.sampled_from([0.0, 1 / 3, 0.5, 1.0])
ROWS = st.lists(st.tuples(st.integers(0, 5), SHARE, SHARE, SHARE), min_size=1, max_size=30)


def signals_of(rows: list[tuple[int, float, float, float]]) -> Signals:
    judges, differing, flipped, tied = np.array(rows, dtype=float).T
    keys = [f"q{number}" for number in range(len(rows))]
    return Signals(keys, judges.astype(np.int64), differing, flipped, tied)


def part_of(signals: Signals, places: list[int]) -> Signals:
    return Signals(
        [signals.keys[place] for place in places],
        *(getattr(signals, name)[places] for name in ("judges", "differing", "flipped", "tied")),
    )


def test_the_policies_of_this_version_are_registered():
    assert set(POLICIES) >= {"all_human", "all_ai", "random", "disagreement"}


def test_a_policy_cannot_take_the_name_of_another():
    with pytest.raises(ValueError, match="already a policy"):
        policy("random", "2")(lambda signals, seed: None)


@given(ROWS, st.integers(0, 5))
@pytest.mark.parametrize("name", POLICIES)
def test_every_score_is_finite_and_has_a_reason(name, rows, seed):
    scored = POLICIES[name].score(signals_of(rows), seed)
    assert np.isfinite(scored.values).all()
    assert scored.values.shape == (len(rows),)
    assert all(scored.reasons)
    assert len(scored.reasons) == len(rows)


@given(ROWS, st.integers(0, 5), st.data())
@pytest.mark.parametrize("name", POLICIES)
def test_a_score_does_not_depend_on_the_batch_or_its_order(name, rows, seed, data):
    signals = signals_of(rows)
    places = data.draw(st.lists(st.sampled_from(range(len(rows))), min_size=1, unique=True))
    whole = POLICIES[name].score(signals, seed)
    part = POLICIES[name].score(part_of(signals, places), seed)
    assert (whole.values[places] == part.values).all()
    assert [whole.reasons[place] for place in places] == list(part.reasons)


@given(ROWS, st.integers(0, 5))
def test_no_score_has_more_than_two_hundred_letters_of_reason(rows, seed):
    assert all(len(reason) <= 200 for reason in disagreement(signals_of(rows), seed).reasons)


def test_judges_that_disagree_come_before_flipped_orders_before_ties_before_agreement():
    rows = [(2, 1.0, 0.0, 0.0), (2, 0.0, 1.0, 0.0), (2, 0.0, 0.0, 1.0), (2, 0.0, 0.0, 0.0)]
    scored = disagreement(signals_of(rows), 0)
    assert (np.diff(scored.values) < 0).all()
    assert list(scored.reasons) == [
        "the judges disagree",
        "the answer changed with the order of the responses",
        "no winner is named",
        "the judges agree",
    ]


def test_an_unjudged_comparison_stands_between_agreement_and_disagreement():
    rows = [(2, 1.0, 0.0, 0.0), (0, 0.0, 0.0, 0.0), (2, 0.0, 0.0, 0.0)]
    scored = disagreement(signals_of(rows), 0)
    assert scored.values.tolist() == [1.0, 0.5, 0.0]
    assert "no judge has answered" in scored.reasons[1]


def test_draws_are_uniform_and_differ_by_purpose_and_seed():
    keys = [f"q{number}" for number in range(20_000)]
    one, other, next_seed = draws(keys, 1, "audit"), draws(keys, 1, "tie"), draws(keys, 2, "audit")
    for numbers in (one, other, next_seed):
        assert ((numbers >= 0) & (numbers < 1)).all()
        counts = np.histogram(numbers, bins=20, range=(0, 1))[0]
        assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.04
    assert abs(np.corrcoef(one, next_seed)[0, 1]) < 0.04


@pytest.mark.parametrize(
    ("votes", "k", "expected"),
    [
        (((1, "a>b", 1, 0),), 2, (1, 0.0, 0.0, 0.0)),
        (((1, "a>b", 2, 0),), 2, (2, 0.0, 0.0, 0.0)),
        (((1, "a>b", 1, 0), (1, "b>a", 1, 0)), 2, (2, 1.0, 0.0, 0.0)),
        (((1, "a=b", 1, 1), (1, "a>b", 2, 0)), 2, (3, 2 / 3, 1 / 3, 1 / 3)),
        # Two rankings of three that differ on one implied pair of three.
        (((1, "a>b>c", 1, 0), (1, "a>c>b", 1, 0)), 3, (2, 1 / 3, 0.0, 0.0)),
        # Two criteria count alike: full agreement on one, none on the other.
        (((1, "a>b", 2, 0), (2, "a>b", 1, 0), (2, "b>a", 1, 0)), 2, (2, 0.5, 0.0, 0.0)),
        (((1, "a=b", 1, 0), (1, "both_bad", 1, 0)), 2, (2, 0.0, 0.0, 1.0)),
    ],
)
def test_votes_are_summed_up_by_pairs_of_judges(votes, k, expected):
    assert summary(votes, k) == pytest.approx(expected)
