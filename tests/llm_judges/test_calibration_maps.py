"""What a judge's confidence is worth: reliability, and maps to chances that hold on groups never seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from llm_judges.calibration.maps import (
    FOLDS,
    ISOTONIC,
    PLATT,
    TEMPERATURE,
    ProbabilityMap,
    choose,
    fit,
    folds,
    too_little,
)
from llm_judges.calibration.reliability import log_loss, reliability

NONE = np.zeros(1000, dtype=bool)


def test_the_calibration_error_is_the_gap_of_each_bin_weighted_by_its_number() -> None:
    # 60 answers at .95 of which 45 are right (gap .20), 40 at .65 of which 30 are (gap .10).
    confidence = np.repeat([0.95, 0.65], [60, 40])
    right = np.concatenate([np.arange(60) < 45, np.arange(40) < 30])
    found = reliability(confidence, right, np.arange(100))
    assert found.ece.value == pytest.approx(0.6 * 0.20 + 0.4 * 0.10)
    assert found.brier == pytest.approx(np.mean((confidence - right) ** 2))
    expected = -(45 * np.log(0.95) + 15 * np.log(0.05) + 30 * np.log(0.65) + 10 * np.log(0.35)) / 100
    assert found.log_loss == pytest.approx(expected)
    assert [(one.low, one.high, one.n, one.right) for one in found.bins] == [
        (0.6, 0.7, 40, 0.75),
        (0.9, 1.0, 60, 0.75),
    ]
    assert found.ece.ci95 is not None
    assert all(one.ci95[0] < one.right < one.ci95[1] for one in found.bins)


def test_gaps_to_both_sides_in_one_bin_cancel_and_those_of_two_bins_do_not() -> None:
    right = np.arange(100) % 2 == 0
    assert reliability(np.where(right, 0.51, 0.51), right, np.arange(100)).ece.value == pytest.approx(0.01)
    apart = np.where(right, 0.75, 0.25)
    assert reliability(apart, right, np.arange(100)).ece.value == pytest.approx(0.25)


def test_full_confidence_falls_into_the_last_bin_and_costs_a_finite_loss() -> None:
    found = reliability(np.ones(30), np.arange(30) > 0, np.arange(30))
    assert [(one.low, one.n) for one in found.bins] == [(0.9, 30)]
    assert 0 < found.log_loss < 1


def overconfident(number: int, slope: float, intercept: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """(confidence, right): the true log odds are `slope` times those claimed, and `intercept`."""
    rng = np.random.default_rng(number)
    confidence = expit(rng.normal(1.0, 2.0, number))
    return confidence, rng.random(number) < expit(slope * logit(confidence) + intercept)


@pytest.mark.parametrize(
    ("slope", "intercept", "methods"),
    [(0.4, 0.0, {TEMPERATURE, PLATT}), (0.8, -1.5, {PLATT})],
    ids=["slope", "both"],
)
def test_the_map_that_made_the_answers_is_found(slope: float, intercept: float, methods: set[str]) -> None:
    confidence, right = overconfident(6000, slope, intercept)
    inconsistent = np.zeros(6000, dtype=bool)
    found = choose(confidence, right, inconsistent, np.arange(6000) % FOLDS)
    assert found.map.method in methods
    assert (found.map.slope, found.map.intercept) == pytest.approx((slope, intercept), abs=0.12)
    group = np.arange(6000)
    before = reliability(confidence, right, group).ece.value
    after = reliability(found.held_out, right, group).ece.value
    assert before is not None
    assert after is not None
    assert after < before / 3


def test_steps_are_chosen_where_no_curve_fits() -> None:
    rng = np.random.default_rng(5)
    confidence = rng.uniform(0.3, 1.0, 4000)
    right = rng.random(4000) < np.where(confidence < 0.8, 0.35, 0.95)
    found = choose(confidence, right, np.zeros(4000, dtype=bool), np.arange(4000) % FOLDS)
    assert found.map.method == ISOTONIC
    chance = found.map.apply(np.array([0.4, 0.7, 0.85, 0.99]), np.zeros(4, dtype=bool))
    assert chance == pytest.approx([0.35, 0.35, 0.95, 0.95], abs=0.06)
    assert (
        found.losses[ISOTONIC] == min(found.losses.values()) == pytest.approx(log_loss(found.held_out, right))
    )


def test_confidence_that_holds_what_it_promises_is_left_as_it_is_or_nearly() -> None:
    confidence, right = overconfident(3000, 1.0)
    found = choose(confidence, right, np.zeros(3000, dtype=bool), np.arange(3000) % FOLDS)
    at = np.linspace(0.1, 0.9, 9)
    assert found.map.apply(at, np.zeros(9, dtype=bool)) == pytest.approx(at, abs=0.05)


def test_an_answer_whose_orders_contradict_each_other_has_a_chance_of_its_own() -> None:
    confidence, right = overconfident(1000, 0.5)
    inconsistent = np.arange(1000) % 4 == 0
    confidence = np.where(inconsistent, 1.0, confidence)  # a tie by convention, all probability on it
    right = np.where(inconsistent, np.arange(1000) % 8 == 0, right)
    found = fit(PLATT, confidence, right, inconsistent)
    assert found.inconsistent == pytest.approx((125 + 0.5) / 251)
    chances = found.apply(np.array([1.0, 1.0]), np.array([True, False]))
    assert chances[0] == found.inconsistent
    assert chances[1] > 0.9
    assert fit(PLATT, confidence[~inconsistent], right[~inconsistent], inconsistent[~inconsistent]) == (
        ProbabilityMap(PLATT, found.slope, found.intercept)
    )


def test_no_group_is_ever_fitted_and_tried_at_once() -> None:
    groups = [f"prompt {number % 40}" for number in range(200)]
    fold = folds(groups)
    assert len(np.unique(fold)) == FOLDS
    assert all(len({fold[at] for at, name in enumerate(groups) if name == one}) == 1 for one in set(groups))
    backwards = folds(groups[::-1])[::-1]
    assert (fold == backwards).all(), "the same groups are held out together in every run"


def test_held_out_chances_do_not_know_the_answers_they_are_for() -> None:
    # Every group has a confidence of its own and is all right or all wrong: whoever sees it knows.
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(60), 10)
    confidence = np.linspace(0.4, 0.99, 60)[group]
    right = rng.permutation(np.arange(60) % 2 == 0)[group]
    found = choose(confidence, right, np.zeros(600, dtype=bool), folds([str(one) for one in group]))
    assert log_loss(found.held_out, right) > np.log(2) - 0.02


@pytest.mark.parametrize(("n", "groups", "enough"), [(49, 49, False), (50, 9, False), (50, 10, True)])
def test_too_little_is_said_in_words(n: int, groups: int, enough: bool) -> None:
    assert (too_little(n, groups) is None) == enough


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans()), min_size=60, max_size=250),
    st.sampled_from([TEMPERATURE, PLATT, ISOTONIC]),
)
def test_chances_rise_with_confidence_stay_within_0_and_1_and_survive_being_stored(
    rows: list[tuple[float, bool, bool]], method: str
) -> None:
    confidence, right, inconsistent = (np.array(column) for column in zip(*rows, strict=True))
    found = fit(method, confidence.astype(float), right, inconsistent)
    at = np.linspace(0, 1, 41)
    chance = found.apply(at, np.zeros(41, dtype=bool))
    assert ((chance >= 0) & (chance <= 1)).all()
    assert (np.diff(chance) >= -1e-12).all()
    assert ProbabilityMap.of_json(found.json()) == found
