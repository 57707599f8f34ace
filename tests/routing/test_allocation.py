"""Limits on people's work: the best choice that keeps all of them, and the audit through refits."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.allocation import Limit, Limits, allocate
from routing.policy import PlanError
from routing.selection import select, select_again, select_within

SCORES = st.lists(st.sampled_from([-0.5, 0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=10).map(np.array)
SEEDS = st.integers(-(2**63), 2**63 - 1)
AUDITS = st.sampled_from([0.0, 0.05, 0.5])
CATEGORIES = ("code", "law")


def keys_of(n: int) -> list[str]:
    return [f"q{number}" for number in range(n)]


def order_of(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, kind="stable")


@st.composite
def problems(draw):
    """Scores, what each comparison uses of two things, their limits, categories and minima."""
    scores = draw(SCORES)
    n = len(scores)
    uses = [np.array(draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)), float) for _ in range(2)]
    categories = draw(st.lists(st.sampled_from(CATEGORIES), min_size=n, max_size=n))
    least = draw(st.dictionaries(st.sampled_from(CATEGORIES), st.integers(0, 3)))
    at_most = [Limit(f"limit {i}", use, float(draw(st.integers(0, 40)))) for i, use in enumerate(uses)]
    return scores, draw(st.integers(0, n)), Limits(at_most, categories, least)


def best_by_trying_all(scores, most, limits):
    values = scores - min(scores.min(), 0.0)
    names = np.array(limits.categories)
    best = None
    for bits in product([False, True], repeat=len(scores)):
        chosen = np.array(bits)
        enough = all(
            chosen[names == name].sum() >= min(least, (names == name).sum())
            for name, least in limits.least.items()
        )
        fits = chosen.sum() <= most and all(one.use[chosen].sum() <= one.most for one in limits.at_most)
        if enough and fits and (best is None or values[chosen].sum() > best):
            best = values[chosen].sum()
    return best


@settings(max_examples=60, deadline=None)
@given(problems())
def test_no_choice_within_the_limits_is_better(problem):
    scores, most, limits = problem
    best = best_by_trying_all(scores, most, limits)
    if best is None:
        with pytest.raises(PlanError, match="minima of the categories"):
            allocate(scores, order_of(scores), most, limits)
        return
    found = allocate(scores, order_of(scores), most, limits)
    values = scores - min(scores.min(), 0.0)
    assert found.gap == 0
    assert values[found.human].sum() == pytest.approx(best)
    assert found.human.sum() <= most
    for one in limits.at_most:
        assert one.use[found.human].sum() <= one.most


@settings(max_examples=40, deadline=None)
@given(problems(), AUDITS, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_the_file_and_the_time_of_day_change_nothing(problem, audit, seed, random):
    scores, top, limits = problem
    keys = keys_of(len(scores))
    shuffled = list(range(len(keys)))
    random.shuffle(shuffled)
    moved = Limits(
        [Limit(one.name, one.use[shuffled], one.most) for one in limits.at_most],
        [limits.categories[row] for row in shuffled],
        limits.least,
    )

    def chosen(some, some_keys, some_limits):
        nobody = np.zeros(len(keys), dtype=bool)
        return select_within(some, some_keys, some_limits, nobody, top=top, audit_share=audit, seed=seed)

    try:
        straight = chosen(scores, keys, limits)
    except PlanError:
        with pytest.raises(PlanError):
            chosen(scores[shuffled], [keys[row] for row in shuffled], moved)
        return
    other = chosen(scores[shuffled], [keys[row] for row in shuffled], moved)
    assert (straight.human[shuffled] == other.human).all()
    assert (straight.audit[shuffled] == other.audit).all()


@settings(max_examples=60, deadline=None)
@given(problems(), AUDITS, SEEDS, st.integers(0, 10))
def test_people_and_audit_together_keep_every_limit(problem, audit, seed, slots):
    scores, _, limits = problem
    nobody = np.zeros(len(scores), dtype=bool)
    try:
        found = select_within(
            scores, keys_of(len(scores)), limits, nobody, slots=slots, audit_share=audit, seed=seed
        )
    except PlanError:
        return
    asked = found.human | found.audit
    assert asked.sum() <= slots
    assert not (found.human & found.audit).any()
    for one in limits.at_most:
        assert one.use[asked].sum() <= one.most


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(CATEGORIES)), min_size=1, max_size=40))
def test_a_minimum_is_kept_with_the_best_of_its_category(rows):
    scores = np.array([float(score) for score, _ in rows])
    categories = [category for _, category in rows]
    inside = np.array(categories) == "law"
    found = allocate(scores, order_of(scores), len(rows), Limits([], categories, {"law": 2})).human
    few = allocate(scores, order_of(scores), min(2, len(rows)), Limits([], categories, {"law": 2})).human
    assert found.all()
    assert few[inside].sum() == min(2, inside.sum())
    if few[inside].any() and not few[inside].all():
        assert scores[few & inside].min() >= scores[~few & inside].max()


def test_a_solver_without_time_falls_back_and_states_the_gap():
    rng = np.random.default_rng(0)
    n = 800
    scores, use = rng.random(n), rng.integers(30, 300, n).astype(float)
    limits = Limits([Limit("hours", use, float(use.sum() / 5))], ["x"] * n, {"x": 10})
    exact = allocate(scores, order_of(scores), n, limits, seconds=300.0)
    hasty = allocate(scores, order_of(scores), n, limits, seconds=0.0)
    assert use[hasty.human].sum() <= limits.at_most[0].most
    assert exact.gap == 0
    assert hasty.gap > 0
    shortfall = scores[exact.human].sum() / scores[hasty.human].sum() - 1
    assert shortfall <= hasty.gap


@settings(deadline=None)
@given(SCORES, SCORES, AUDITS, SEEDS, st.floats(0, 1))
def test_nobody_leaves_the_audit_when_scores_change(before, after, audit, seed, share):
    n = min(len(before), len(after))
    keys = keys_of(n)
    first = select(before[:n], keys, share=share, audit_share=audit, seed=seed)
    second = select_again(
        after[:n], keys, first.audit, top=int(first.human.sum()), audit_share=audit, seed=seed
    )
    third = select_again(
        before[:n], keys, second.audit, top=int(second.human.sum()), audit_share=audit, seed=seed
    )
    assert (second.audit | ~first.audit).all()
    assert (third.audit | ~second.audit).all()
    assert second.human.sum() == first.human.sum()
    assert not (second.human & second.audit).any()


def test_after_a_refit_the_audit_still_has_its_share_of_what_people_do_not_get():
    n, draws = 60, 10_000
    before, after = np.arange(n, dtype=float), np.arange(n, dtype=float)[::-1].copy()
    asked = np.zeros(n)
    expected = np.zeros(n)
    for seed in range(draws):
        first = select(before, keys_of(n), share=0.25, audit_share=0.05, seed=seed)
        second = select_again(after, keys_of(n), first.audit, top=15, audit_share=0.05, seed=seed)
        asked += second.human | second.audit
        expected += second.probability
    middle = slice(21, 40)  # no plan ever gave these to people
    assert np.abs(asked[middle] / draws - 0.05).max() <= 4.5 * np.sqrt(0.05 * 0.95 / draws)
    assert np.abs(asked - expected).max() / draws <= 0.012
