"""The alternative annotator test, beside a plain reading of the paper's definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, ttest_1samp

from llm_judges.calibration.alternative import Alternative, alternative, rejected
from llm_judges.calibration.answers import UNKNOWN, Answers

PEOPLE = 4


def answers(said: np.ndarray) -> Answers:
    """From (comparisons x people), UNKNOWN where somebody was not asked."""
    unit, voter = np.nonzero(said != UNKNOWN)
    return Answers(unit, voter, said[unit, voter], np.arange(len(said)))


def outcome(said: np.ndarray, judge: np.ndarray, epsilon: float = 0.15) -> Alternative:
    return alternative(answers(said), np.ones(said.shape[1], dtype=bool), judge, epsilon)


def by_definition(said: np.ndarray, judge: np.ndarray, epsilon: float) -> tuple[float, float]:
    """(winning rate, advantage probability), one person and one comparison at a time."""
    p_values, advantages = [], []
    for person in range(said.shape[1]):
        differences, wins = [], []
        for own, rest, model in zip(said[:, person], np.delete(said, person, axis=1), judge, strict=True):
            others = rest[rest != UNKNOWN]
            if own == UNKNOWN or model == UNKNOWN or not len(others):
                continue
            score, score_of_judge = (others == own).mean(), (others == model).mean()
            wins.append(score_of_judge >= score)
            differences.append(float(score >= score_of_judge) - float(score_of_judge >= score))
        if len(wins) >= 30:
            p_values.append(ttest_1samp(differences, epsilon, alternative="less").pvalue)
            advantages.append(np.mean(wins))
    fallen = false_discovery_control(p_values, method="by") <= 0.05
    return float(np.mean(fallen)), float(np.mean(advantages))


def crowd(seed: int, comparisons: int, noise: float, of_judge: float) -> tuple[np.ndarray, np.ndarray]:
    """People and a judge who say the truth, but for a share of guesses."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, comparisons)

    def guessed(share: float) -> np.ndarray:
        return np.where(rng.random(comparisons) < share, rng.integers(0, 3, comparisons), truth)

    return np.stack([guessed(noise) for _ in range(PEOPLE)], axis=1), guessed(of_judge)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(0.1, 0.7), st.floats(0.0, 1.0), st.sampled_from([0.1, 0.15, 0.2]))
def test_it_is_what_the_paper_defines(seed: int, noise: float, of_judge: float, epsilon: float) -> None:
    said, judge = crowd(seed, 80, noise, of_judge)
    said[np.random.default_rng(seed).random(said.shape) < 0.2] = UNKNOWN
    found = outcome(said, judge, epsilon)
    winning_rate, advantage = by_definition(said, judge, epsilon)
    assert found.winning_rate == pytest.approx(winning_rate)
    assert found.advantage == pytest.approx(advantage)


def test_a_judge_that_always_says_what_most_people_say_passes_and_a_guessing_one_does_not() -> None:
    said, judge = crowd(1, 200, 0.3, 0.0)
    good = outcome(said, judge)
    assert (good.winning_rate, good.passes) == (1.0, True)
    guessing = outcome(said, np.random.default_rng(2).integers(0, 3, 200))
    assert (guessing.winning_rate, guessing.passes) == (0.0, False)
    assert guessing.advantage < 0.7 < good.advantage  # type: ignore[operator]


def test_a_judge_just_as_good_as_people_wins_by_what_a_person_costs_more() -> None:
    said, judge = crowd(3, 2000, 0.3, 0.3)
    found = outcome(said, judge)
    assert found.by_epsilon[0.2] == 1.0
    assert outcome(said, judge, 0.0).passes is False


def test_who_says_the_same_as_everybody_ties_with_the_judge() -> None:
    found = outcome(np.zeros((40, 3), dtype=np.int64), np.zeros(40, dtype=np.int64))
    assert (found.winning_rate, found.advantage) == (1.0, 1.0)
    assert [one.person_advantage for one in found.people] == [1.0, 1.0, 1.0]


def test_without_three_people_or_thirty_comparisons_each_it_says_why_not() -> None:
    said, judge = crowd(4, 100, 0.3, 0.3)
    for few in (outcome(said[:, :2], judge), outcome(said[:29], judge[:29])):
        assert few.winning_rate is None
        assert few.passes is None
        assert "needs 3 people with 30 comparisons each" in (few.reason or "")
    some = said.copy()
    some[20:, 0] = UNKNOWN
    found = outcome(some, judge)
    assert (len(found.people), found.left_out) == (3, 1)


def test_names_of_sides_do_not_matter() -> None:
    said, judge = crowd(5, 90, 0.4, 0.2)
    assert outcome(2 - said, 2 - judge) == outcome(said, judge)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_false_discoveries_are_those_of_benjamini_and_yekutieli(p: list[float]) -> None:
    adjusted = false_discovery_control(p, method="by")
    clear = np.abs(adjusted - 0.05) > 1e-9
    assert (rejected(np.array(p)) == (adjusted <= 0.05))[clear].all()
