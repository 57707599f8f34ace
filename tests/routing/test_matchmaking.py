"""Matchmaking, the pure part: skills from answers, and which comparisons should come next."""

from collections.abc import Sequence

import numpy as np
import pytest

from routing.matchmaking import AHEAD, Floats, Ints, Skills, learn, priorities, weight, worths

Pair = tuple[int, int, float]


def skills_of(models: int, pairs: Sequence[Pair], k: int = 2) -> Skills:
    first, second, score = np.array(pairs, dtype=float).reshape(-1, 3).T
    return learn(models, ints(first), ints(second), score, np.full(len(pairs), k))


def ints(values: object) -> Ints:
    return np.asarray(values, dtype=np.int64)


def lots(n: int) -> Floats:
    return np.random.default_rng(1).random(n)


SOME: list[Pair] = (
    [(0, 1, 1.0)] * 5 + [(1, 0, 1.0)] * 2 + [(1, 2, 0.5)] * 3 + [(2, 3, 1.0)] * 4 + [(0, 3, 0.0)]
)


def test_who_wins_is_better_and_a_tie_moves_nobody() -> None:
    won = skills_of(2, [(0, 1, 1.0)])
    assert won.mean[0] == pytest.approx(-won.mean[1])
    assert won.mean[0] > 0.3
    assert skills_of(2, [(0, 1, 0.5)]).mean == pytest.approx([0, 0])


def test_a_tie_with_a_better_model_is_a_good_sign() -> None:
    before = [(0, 1, 1.0)] * 6
    assert skills_of(3, [*before, (2, 0, 0.5)]).mean[2] > skills_of(3, [*before, (2, 1, 0.5)]).mean[2]


def test_every_answer_makes_skills_surer() -> None:
    errors = [skills_of(4, SOME[:n]).error.sum() for n in (0, 1, 5, 10, len(SOME))]
    assert errors == sorted(errors, reverse=True)


def test_neither_the_order_of_answers_nor_the_names_of_models_matter() -> None:
    found = skills_of(4, SOME)
    again = skills_of(4, SOME[::-1])
    assert again.mean == pytest.approx(found.mean)
    names = [2, 0, 3, 1]
    renamed = skills_of(4, [(names[other], names[one], 1 - score) for one, other, score in SOME])
    assert renamed.mean[names] == pytest.approx(found.mean)
    assert renamed.error[names] == pytest.approx(found.error)
    sets = [(0, 1), (1, 2, 3), (0, 3)]
    swapped = [tuple(names[one] for one in models) for models in sets]
    assert worths(swapped, renamed) == pytest.approx(worths(sets, found))


def test_the_pairs_of_a_ranking_count_less_than_pairs_by_themselves() -> None:
    assert weight(2) == 1
    ranked: list[Pair] = [(0, 1, 1.0), (0, 2, 1.0), (1, 2, 1.0)]
    assert (skills_of(3, ranked, k=3).error > skills_of(3, ranked).error).all()
    # A longer ranking tells more altogether, and less by each of its pairs.
    alone = np.array([weight(k) for k in range(2, 27)])
    whole = alone * [k * (k - 1) / 2 for k in range(2, 27)]
    assert (np.diff(alone) < 0).all()
    assert (np.diff(whole) > 0).all()


def test_intervals_contain_the_truth_as_often_as_they_say() -> None:
    draw = np.random.default_rng(5)
    inside = []
    for _ in range(20):
        true = draw.normal(size=8)
        first, other = draw.integers(0, 8, 300), draw.integers(1, 8, 300)
        second = (first + other) % 8
        score = (draw.random(300) < 1 / (1 + np.exp(true[second] - true[first]))).astype(float)
        found = learn(8, first, second, score, np.full(300, 2))
        inside.append(np.abs(found.mean - true + true.mean()) < 1.96 * found.error)
    assert 0.88 <= np.mean(inside) <= 1


def test_close_and_unknown_models_come_before_what_is_settled() -> None:
    known: list[Pair] = [(0, 1, 1.0)] * 30 + [(0, 2, 1.0)] * 30 + [(1, 2, 1.0), (2, 1, 1.0)] * 3
    worth = worths([(0, 1), (1, 2), (2, 3)], skills_of(4, known))
    assert worth[2] > worth[1] > worth[0]


def test_a_settled_pair_stays_behind_even_if_it_rarely_met() -> None:
    known: list[Pair] = [(0, 1, 1.0), (1, 0, 1.0)] * 300 + [(0, 2, 1.0), (1, 2, 1.0)] * 100
    worth = worths([(0, 1), (0, 2)], skills_of(3, known))
    assert worth[0] > worth[1]


def test_what_comes_first_is_spread_over_the_models() -> None:
    sets = [(one, other) for one in range(6) for other in range(one + 1, 6)]
    of = ints(np.repeat(np.arange(15), 20))
    first = np.argsort(-priorities(sets, of, lots(300), skills_of(6, [])))[:15]
    met = np.bincount(ints([sets[of[at]] for at in first]).ravel(), minlength=6)
    assert met.min() >= 4
    assert met.max() <= 6


def test_the_same_lots_give_the_same_order_whatever_the_order_of_comparisons() -> None:
    sets, of, ties = [(0, 1), (2, 3), (0, 1, 2, 3)], ints([0, 1, 2, 0, 1, 2, 0]), lots(7)
    found = priorities(sets, of, ties, skills_of(4, SOME))
    turned = priorities(sets, of[::-1], ties[::-1], skills_of(4, SOME))
    assert found == pytest.approx(turned[::-1])
    assert len(np.unique(found)) == 7
    same_set = np.flatnonzero(of == 0)
    assert np.argsort(-found[same_set]).tolist() == np.argsort(ties[same_set]).tolist()


def test_beyond_what_is_ordered_one_by_one_comparisons_follow_by_worth() -> None:
    of = ints(np.zeros(AHEAD + 10))
    found = priorities([(0, 1)], of, lots(len(of)), skills_of(2, []))
    assert np.isfinite(found).all()
    assert len(np.unique(found)) == len(found)
    assert priorities([], ints([]), lots(0), skills_of(2, [])).size == 0
