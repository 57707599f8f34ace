"""Who is asked, given scores and a share or a budget: the promises of `routing.selection`."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.policy import PlanError
from routing.selection import select, slots_for

# Few distinct values, so that ties are the rule.
VALUES = st.sampled_from([0.0, 0.25, 0.5, 1.0])
SCORES = st.lists(VALUES, min_size=0, max_size=60).map(np.array)
SEEDS = st.integers(-(2**63), 2**63 - 1)
SHARES = st.floats(0, 1)
AUDITS = st.one_of(st.sampled_from([0.0, 0.05, 0.5, 1.0]), SHARES)


def keys_of(n: int) -> list[str]:
    return [f"q{number}" for number in range(n)]


@given(SCORES, SHARES, AUDITS, SEEDS)
def test_a_share_of_the_comparisons_goes_to_people_and_the_audit_comes_on_top(scores, share, audit, seed):
    chosen = select(scores, keys_of(len(scores)), share=share, audit_share=audit, seed=seed)
    assert chosen.human.sum() == round(share * len(scores))
    assert not (chosen.human & chosen.audit).any()


@given(SCORES, st.decimals(0, 100, places=2), st.decimals("0.01", 5, places=2), AUDITS, SEEDS)
def test_a_budget_is_never_exceeded_and_never_left_lying(scores, budget, price, audit, seed):
    n = len(scores)
    slots = slots_for(budget, price, n)
    chosen = select(scores, keys_of(n), slots=slots, audit_share=audit, seed=seed)
    spent = price * int((chosen.human | chosen.audit).sum())
    assert spent <= budget
    if spent + price <= budget:
        assert (chosen.human | chosen.audit).all()


@given(SCORES, SHARES, AUDITS, SEEDS)
def test_nobody_left_to_the_judge_scores_higher_than_anybody_sent_to_people(scores, share, audit, seed):
    chosen = select(scores, keys_of(len(scores)), share=share, audit_share=audit, seed=seed)
    if chosen.human.any() and not chosen.human.all():
        assert scores[chosen.human].min() >= scores[~chosen.human].max()


@given(SCORES, SHARES, SHARES, AUDITS, SEEDS)
def test_a_larger_share_keeps_everybody_a_smaller_one_chose(scores, one, other, audit, seed):
    small, large = (
        select(scores, keys_of(len(scores)), share=share, audit_share=audit, seed=seed)
        for share in sorted([one, other])
    )
    assert (large.human | ~small.human).all()


@given(SCORES, st.integers(0, 70), st.integers(0, 70), AUDITS, SEEDS)
def test_a_larger_budget_keeps_everybody_a_smaller_one_asked(scores, one, other, audit, seed):
    small, large = (
        select(scores, keys_of(len(scores)), slots=slots, audit_share=audit, seed=seed)
        for slots in sorted([one, other])
    )
    assert (large.human | ~small.human).all()
    assert ((large.human | large.audit) | ~(small.human | small.audit)).all()


@given(SCORES, SHARES, AUDITS, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_the_file_changes_nothing(scores, share, audit, seed, random):
    keys = keys_of(len(scores))
    order = list(range(len(keys)))
    random.shuffle(order)
    straight = select(scores, keys, share=share, audit_share=audit, seed=seed)
    shuffled = select(scores[order], [keys[i] for i in order], share=share, audit_share=audit, seed=seed)
    assert (straight.human[order] == shuffled.human).all()
    assert (straight.audit[order] == shuffled.audit).all()
    assert np.allclose(straight.probability[order], shuffled.probability)


@given(SCORES, AUDITS, SEEDS)
def test_the_audit_of_a_comparison_does_not_depend_on_the_others(scores, audit, seed):
    keys = keys_of(len(scores))
    everything = select(scores, keys, share=0, audit_share=audit, seed=seed)
    half = slice(0, None, 2)
    assert (
        select(scores[half], keys[half], share=0, audit_share=audit, seed=seed).audit
        == everything.audit[half]
    ).all()


def test_ties_are_decided_by_the_seed():
    chosen = [select(np.zeros(100), keys_of(100), share=0.5, seed=seed).human for seed in range(3)]
    assert (chosen[0] != chosen[1]).any()
    assert (chosen[1] != chosen[2]).any()
    assert (chosen[0] == select(np.zeros(100), keys_of(100), share=0.5, seed=0).human).all()


@pytest.mark.parametrize(
    "limit",
    [{"share": 0.3}, {"slots": 14}, {"slots": 3}, {"slots": 1}, {"slots": 0}, {"slots": 40}, {"share": 1.0}],
    ids=str,
)
@pytest.mark.parametrize("audit", [0.1, 0.5])
def test_the_stated_probability_is_the_frequency_with_which_a_person_is_asked(limit, audit):
    scores = np.array([3.0] * 2 + [2.0] * 10 + [1.5, 1.4, 1.3, 1.2] + [1.0] * 20 + [0.0] * 4)
    draws = 1500
    asked = np.zeros(len(scores))
    for seed in range(draws):
        chosen = select(scores, keys_of(len(scores)), audit_share=audit, seed=seed, **limit)
        asked += chosen.human | chosen.audit
    expected = chosen.probability
    error = np.sqrt(expected * (1 - expected) / draws)
    assert (np.abs(asked / draws - expected) <= 4.5 * error + 1e-9).all()


def test_the_audit_takes_its_share_to_sampling_error_over_ten_thousand_draws():
    n, draws = 50, 10_000
    audited = np.zeros(n)
    for seed in range(draws):
        audited += select(np.arange(n, dtype=float), keys_of(n), share=0.4, audit_share=0.05, seed=seed).audit
    frequency = audited / draws
    assert (frequency[30:] == 0).all()  # people's own
    assert np.abs(frequency[:30] - 0.05).max() <= 4.5 * np.sqrt(0.05 * 0.95 / draws)


def test_a_lottery_gives_every_comparison_the_same_probability():
    scores = np.linspace(0, 1, 200)
    chosen = select(scores, keys_of(200), share=0.25, audit_share=0.05, drawn=True)
    assert np.allclose(chosen.probability, 0.25 + 0.75 * 0.05)


def test_a_large_plan_has_probabilities_that_sum_to_the_people_asked():
    n = 100_000
    scores = np.repeat([1.0, 0.5, 0.0], [10_000, 60_000, 30_000])
    chosen = select(scores, keys_of(n), slots=25_000, audit_share=0.05)
    assert (chosen.human | chosen.audit).sum() == 25_000
    assert chosen.probability.sum() == pytest.approx(25_000, abs=1)
    assert chosen.probability.min() == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"share": 1.5}, "human share must be between 0 and 1"),
        ({"share": float("nan")}, "human share must be between 0 and 1"),
        ({}, "either a share or a number of slots"),
        ({"share": 0.5, "slots": 3}, "either a share or a number of slots"),
        ({"share": 0.5, "audit_share": 2}, "audit share must be between 0 and 1"),
    ],
)
def test_a_senseless_request_is_refused(arguments, message):
    with pytest.raises(PlanError, match=message):
        select(np.zeros(3), keys_of(3), **arguments)


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(PlanError, match="finite"):
        select(np.array([0.0, np.inf]), keys_of(2), share=0.5)


@pytest.mark.parametrize("budget", ["NaN", "-1", "Infinity"])
def test_a_budget_that_is_no_amount_is_refused(budget):
    with pytest.raises(PlanError, match="at least 0"):
        slots_for(Decimal(budget), Decimal("0.5"), 10)


def test_a_budget_pays_for_whole_labels_only():
    assert slots_for(Decimal("0.30"), Decimal("0.10"), 10) == 3
    assert slots_for(Decimal("0.29"), Decimal("0.10"), 10) == 2
    assert slots_for(Decimal("5"), Decimal("0.10"), 10) == 10
