"""What must hold of every Bradley-Terry fit, whoever met whom."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from annotation.ratings import Battles, bradley_terry, strengths
from annotation.ratings.strengths import inverse

MODELS = 5
seeds = st.integers(0, 10_000)


def battles(seed: int, number: int = 80, **more: object) -> Battles:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, MODELS, number)
    second = (first + rng.integers(1, MODELS, number)) % MODELS
    score = rng.choice([0.0, 0.5, 1.0], number, p=[0.4, 0.2, 0.4])
    return Battles(MODELS, first, second, score, rng.integers(0, 12, number), **more)  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_expected_wins_are_wins(seed: int) -> None:
    met = battles(seed)
    found = bradley_terry(met)
    assume(not found.unbeaten)
    p = 1 / (1 + np.exp(found.strength[met.second] - found.strength[met.first]))
    expected = np.bincount(met.first, p, MODELS) + np.bincount(met.second, 1 - p, MODELS)
    wins = np.bincount(met.first, met.score, MODELS) + np.bincount(met.second, 1 - met.score, MODELS)
    assert expected == pytest.approx(wins, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_swapping_the_sides_turns_the_leaning_to_a_side_round_and_nothing_else(seed: int) -> None:
    met = battles(seed, covariates=np.ones((80, 1)))
    turned = Battles(MODELS, met.second, met.first, 1 - met.score, met.cluster, met.covariates)
    one, two = bradley_terry(met), bradley_terry(turned)
    assert two.extra == pytest.approx(-one.extra, abs=1e-6)
    assert two.extra_error == pytest.approx(one.extra_error, abs=1e-6)
    assert two.strength == pytest.approx(one.strength, abs=1e-6)
    assert two.covariance == pytest.approx(one.covariance, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, davidson=st.booleans())
def test_names_of_models_and_prompts_and_the_order_change_nothing(seed: int, davidson: bool) -> None:
    met = battles(seed)
    assert met.cluster is not None
    rng = np.random.default_rng(seed + 1)
    name, prompt, order = rng.permutation(MODELS), rng.permutation(12), rng.permutation(len(met))
    renamed = Battles(
        MODELS, name[met.first][order], name[met.second][order], met.score[order], prompt[met.cluster][order]
    )
    one, two = bradley_terry(met, davidson), bradley_terry(renamed, davidson)
    assert two.strength[name] == pytest.approx(one.strength, abs=1e-6)
    assert two.covariance[np.ix_(name, name)] == pytest.approx(one.covariance, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, davidson=st.booleans())
def test_full_and_sparse_sums_over_clusters_are_the_same(seed: int, davidson: bool) -> None:
    met = battles(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strengths, "DENSE", 1e9)
        patch.setattr(strengths, "_CACHED", 3 * MODELS)
        full = bradley_terry(met, davidson)
        patch.setattr(strengths, "DENSE", 0)
        sparse = bradley_terry(met, davidson)
    assert sparse.covariance == pytest.approx(full.covariance, abs=1e-9)


def test_a_parameter_that_the_votes_say_nothing_of_stays_where_it_is() -> None:
    information = np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    found = inverse(information, np.array([0, 0]))
    assert np.allclose(found, [[0.25, -0.25, 0.0], [-0.25, 0.25, 0.0], [0.0, 0.0, 0.0]])
