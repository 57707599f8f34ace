"""What the audit slice says of routing is right where the truth is known, and silent where it must be."""

import numpy as np
import pytest

from routing.auditing import Audited, measure


def audited(top: int, rest: int, top_wrong: float, rest_wrong: float, seed: int = 0) -> Audited:
    rng = np.random.default_rng(seed)
    n = top + rest
    is_top = np.arange(n) < top
    chance = np.where(is_top, top_wrong, rest_wrong)
    return Audited(
        is_top,
        (rng.random(n) < chance).astype(float),
        np.full(n, 0.2),
        np.full(n, 0.25),
        [f"g{number}" for number in range(n)],
    )


def test_the_true_gains_lie_in_their_intervals_as_often_as_they_say() -> None:
    inside = 0
    for seed in range(40):
        found = measure(audited(300, 300, 0.6, 0.2, seed), people=300, decided=1200)
        assert found is not None
        assert found.over_random is not None
        assert found.over_ai is not None
        assert found.expected == pytest.approx(0.25)
        inside += found.over_random.low < 0.25 * 0.75 * 0.4 < found.over_random.high
        inside += found.over_ai.low < 0.25 * 0.4 < found.over_ai.high
    assert inside >= 0.85 * 80


def test_a_router_that_knows_nothing_is_not_clear_of_zero() -> None:
    found = measure(audited(200, 200, 0.3, 0.3, seed=5), people=200, decided=1000)
    assert found is not None
    assert found.over_random is not None
    assert found.over_random.low <= 0 <= found.over_random.high


def test_no_gain_is_told_while_people_have_done_only_the_most_doubtful_ones() -> None:
    found = measure(audited(50, 200, 0.9, 0.2), people=200, decided=1000)
    assert found is not None
    assert found.top is not None
    assert found.over_random is None


def test_a_handful_of_audited_comparisons_says_nothing() -> None:
    assert measure(audited(100, 9, 0.5, 0.2), people=100, decided=200) is None


def test_where_people_contradict_each_other_as_often_as_the_judge_asking_them_gains_nothing() -> None:
    found = audited(300, 300, 0.6, 0.2)
    hard = Audited(found.top, found.wrong, np.where(found.top, 0.6, 0.2), found.expected, groups=found.groups)
    told = measure(hard, people=300, decided=1200)
    assert told is not None
    assert told.over_random is not None
    assert told.over_ai is not None
    assert not told.alike
    assert told.over_random.low < 0 < told.over_random.high
    assert told.over_ai.low < 0 < told.over_ai.high


def test_people_are_taken_to_err_alike_where_too_few_answered_twice() -> None:
    found = audited(300, 300, 0.6, 0.2)
    single = np.where(found.top, found.human_wrong, np.nan)
    told = measure(
        Audited(found.top, found.wrong, single, found.expected, found.groups), people=300, decided=1200
    )
    assert told is not None
    assert told.over_random is not None
    assert told.alike
    assert told.over_random.low > 0
