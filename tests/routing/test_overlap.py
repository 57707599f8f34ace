"""Labels go where they are worth most: the first of one comparison, or the next of another."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.allocation import Limit, Limits
from routing.overlap import agreement, ladder, select_labels, spread
from routing.policy import PlanError

KEYS = [f"c{number}" for number in range(12)]
NONE = np.zeros(12, dtype=np.bool_)
scores_of = st.lists(st.floats(-0.3, 0.6), min_size=1, max_size=5).map(np.array)


def worth(scores: np.ndarray, labels: np.ndarray, human_error: float, most: int) -> float:
    adds = np.append(0.0, ladder(human_error, most).adds)
    return float((np.where(labels > 0, scores, 0.0) + adds[np.maximum(labels - 1, 0) + (labels > 0)]).sum())


def test_a_majority_is_met_as_often_as_everybodys_chance_says() -> None:
    right = 0.8
    found = agreement(2 * right * (1 - right), 3)
    three = right**3 + 3 * right**2 * (1 - right)
    assert found[0] == pytest.approx(right**2 + (1 - right) ** 2)
    assert found[1] == pytest.approx(found[0])  # two who differ are no majority
    assert found[2] == pytest.approx(three * right + (1 - three) * (1 - right))


@pytest.mark.parametrize("human_error", [0.0, 0.5, 0.7])
def test_where_people_never_differ_or_only_guess_more_of_them_add_nothing(human_error: float) -> None:
    scores = np.full(4, 0.1)
    labels, _ = spread(scores, np.arange(4.0), ladder(human_error, 5), 20)
    assert labels.tolist() == [1, 1, 1, 1]


@given(scores_of, st.floats(0.01, 0.49), st.integers(0, 16), st.sampled_from([1, 3, 5]))
def test_no_other_spreading_is_better_by_more_than_it_says(
    scores: np.ndarray, human_error: float, most: int, cap: int
) -> None:
    labels, gap = spread(scores, np.arange(float(len(scores))), ladder(human_error, cap), most)
    assert labels.sum() <= most
    choices = (np.array(one) for one in product(range(cap + 1), repeat=len(scores)))
    best = max(worth(scores, one, human_error, cap) for one in choices if one.sum() <= most)
    mine = worth(scores, labels, human_error, cap)
    assert mine >= best * (1 - gap) - 1e-9
    assert 0 <= gap <= 1
    if cap == 1:
        assert mine == pytest.approx(best)


def test_with_one_label_each_people_get_the_best_that_gain() -> None:
    scores = np.linspace(0.4, -0.15, 12)
    chosen = select_labels(scores, KEYS, ladder(0.3, 1), Limits(), NONE, each=1, top=10)
    assert chosen.human.tolist() == [True] * 8 + [False] * 4  # the others are better left to the judge


def test_further_labels_come_when_no_first_one_is_worth_more() -> None:
    scores = np.array([0.5, 0.3] + [0.001] * 10)
    few, many = (
        select_labels(scores, KEYS, ladder(0.3, 3), Limits(), NONE, each=1, top=top) for top in (2, 6)
    )
    assert few.labels is not None
    assert many.labels is not None
    assert few.labels[:2].tolist() == [1, 1]
    assert many.labels[:2].tolist() == [3, 3]
    assert many.why[3].startswith("3 labels: another person should agree with")


@given(st.integers(0, 40), st.floats(0, 1), st.integers(0, 3))
def test_slots_hold_the_audit_too_and_are_never_exceeded(slots: int, audit: float, seed: int) -> None:
    scores = np.linspace(0.4, 0.01, 12)
    chosen = select_labels(
        scores, KEYS, ladder(0.3, 3), Limits(), NONE, each=2, slots=slots, audit_share=audit, seed=seed
    )
    assert chosen.labels is not None
    assert chosen.labels.sum() <= slots
    assert (chosen.labels[chosen.audit] == 2).all()
    assert not (chosen.human & chosen.audit).any()


def test_order_in_the_file_changes_nothing() -> None:
    scores = np.array([0.2] * 6 + [0.05] * 6)
    order = np.random.default_rng(1).permutation(12)
    there = select_labels(scores, KEYS, ladder(0.3, 3), Limits(), NONE, each=1, top=9, seed=4)
    back = select_labels(
        scores[order], [KEYS[at] for at in order], ladder(0.3, 3), Limits(), NONE, each=1, top=9, seed=4
    )
    assert there.labels is not None
    assert back.labels is not None
    assert there.labels[order].tolist() == back.labels.tolist()


def test_minima_and_hours_are_kept() -> None:
    scores = np.linspace(0.5, -0.2, 12)
    categories = ["law" if number >= 10 else "" for number in range(12)]
    hours = Limit("hours of crowd", np.arange(1.0, 13.0), 40.0, labels=1)
    chosen = select_labels(
        scores, KEYS, ladder(0.3, 3), Limits([hours], categories, {"law": 1}), NONE, each=1, top=30
    )
    assert chosen.labels is not None
    assert chosen.labels[10] == 1
    assert (chosen.labels * hours.use).sum() <= 40
    with pytest.raises(PlanError, match="minima"):
        select_labels(scores, KEYS, ladder(0.3, 3), Limits([], categories, {"law": 2}), NONE, each=1, top=1)
