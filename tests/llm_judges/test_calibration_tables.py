"""An annotator against people's answers: whose answer counts, and what is computed from the table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.votes import Vote, Voter, Votes
from llm_judges.calibration.answers import (
    BOTH_BAD,
    TIE,
    UNKNOWN,
    A,
    Answers,
    B,
    Basis,
    answers_of,
    target,
    without,
)
from llm_judges.calibration.tables import Against, against, confusion, confusion_shown, turned

NOBODY = np.full(1, UNKNOWN)


def counts(*votes: int) -> np.ndarray:
    return np.bincount(np.array(votes, dtype=np.int64), minlength=4)[None]


@pytest.mark.parametrize(
    ("votes", "fewest", "said", "basis"),
    [
        ((A, A, B), 2, A, Basis.MAJORITY),
        ((A, B), 2, UNKNOWN, Basis.UNDECIDED),
        ((B,), 2, B, Basis.SINGLE),
        ((B,), 1, B, Basis.MAJORITY),
        ((), 2, UNKNOWN, Basis.NONE),
        ((TIE, BOTH_BAD, A), 2, TIE, Basis.MAJORITY),  # both bad counts as a tie
        ((BOTH_BAD, BOTH_BAD, TIE, A), 2, BOTH_BAD, Basis.MAJORITY),  # and is named where most of them say so
        ((A, A, B), 4, A, Basis.SINGLE),
    ],
)
def test_peoples_answer_is_the_unique_most_frequent_one_of_enough_people(
    votes: tuple[int, ...], fewest: int, said: int, basis: Basis
) -> None:
    found = target(counts(*votes), NOBODY, fewest)
    assert (found.said[0], found.basis[0]) == (said, basis)


def test_a_reference_goes_before_any_majority() -> None:
    found = target(counts(A, A, A), np.array([B]))
    assert (found.said[0], found.basis[0], found.known[0]) == (B, Basis.REFERENCE, True)


def test_a_person_is_held_against_the_others_alone() -> None:
    answers = Answers(np.zeros(3, dtype=np.int64), np.arange(3), np.array([A, A, B]), np.zeros(1, dtype=int))
    everybody = answers.counts(np.ones(3, dtype=bool))
    unit, others = without(answers, everybody, NOBODY, 2, fewest=2)
    assert (unit.tolist(), others.said.tolist(), others.known.tolist()) == ([0], [A], [True])
    # Whoever made the majority does not: the two that are left contradict each other.
    assert without(answers, everybody, NOBODY, 0, fewest=2)[1].basis.tolist() == [Basis.UNDECIDED]


def test_rankings_are_held_against_each_other_pair_by_pair() -> None:
    voters = {1: Voter(1, "human", ""), 2: Voter(2, "judge", "j")}
    votes = Votes.of([(7, 1, Vote("a>b>c", 3)), (7, 2, Vote("b>a=c", 3))], voters)
    found = answers_of(votes)
    assert found.units == 3
    assert found.of(0).tolist() == [A, A, A]  # a and b, a and c, b and c
    assert found.of(1).tolist() == [B, TIE, A]
    assert found.comparison.tolist() == [0, 0, 0]


def test_both_bad_is_told_apart_from_a_tie() -> None:
    voters = {1: Voter(1, "human", ""), 2: Voter(2, "human", "")}
    votes = Votes.of([(7, 1, Vote("both_bad", 2)), (7, 2, Vote("a=b", 2))], voters)
    assert [answers_of(votes).of(voter).tolist() for voter in (0, 1)] == [[BOTH_BAD], [TIE]]


def table(cells: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """(people's answers, the judge's) with these numbers, rows people's: a, tie, b."""
    rows = [(one, two) for one in range(3) for two in range(3) for _ in range(cells[one][two])]
    people, judge = np.array(rows).T
    return people, judge


def held(people: np.ndarray, judge: np.ndarray, group: np.ndarray | None = None) -> Against:
    each = np.arange(len(people))
    return against(people, judge, each, each if group is None else group)


def test_figures_of_a_published_table() -> None:
    # Cohen 1968, table 1, as numbers of 200: agreement .70, kappa .492.
    people, judge = table([[88, 10, 2], [14, 40, 6], [18, 10, 12]])
    found = held(people, judge)
    assert found.comparisons == found.groups == 200
    assert found.accuracy.value == pytest.approx(0.70)
    assert found.kappa.value == pytest.approx(0.492, abs=5e-4)
    assert found.accuracy_without_ties.value == pytest.approx(100 / 120)
    assert found.accuracy_without_ties.n == 120
    # Of two coders without gaps alpha is 1 - (1 - pi)(1 - 1/n), n values and Scott's pi.
    margins = (np.bincount(people) + np.bincount(judge)) / 400
    pi = (0.70 - (margins**2).sum()) / (1 - (margins**2).sum())
    assert found.alpha.value == pytest.approx(1 - (1 - pi) * (1 - 1 / 400))
    for figure in (found.accuracy, found.kappa, found.alpha):
        assert figure.ci95 is not None
        assert figure.value is not None
        assert figure.ci95[0] < figure.value < figure.ci95[1]


def test_too_few_comparisons_make_no_figure_but_a_reason() -> None:
    found = held(*table([[10, 0, 0], [0, 0, 0], [0, 0, 9]]))
    assert found.accuracy.value is None
    assert found.accuracy.reason == "too few: 19 comparisons, a figure needs 20"
    nothing = held(np.array([UNKNOWN]), np.array([A]))
    assert nothing.kappa.reason == "not computable: there is nothing to compare"


def test_a_judge_that_is_always_right_is_not_said_to_be_certain() -> None:
    found = held(*table([[20, 0, 0], [0, 0, 0], [0, 0, 10]]))
    assert found.accuracy.value == 1.0
    assert found.accuracy.ci95 is not None
    assert found.accuracy.ci95[0] < 0.95


def test_where_everything_is_one_answer_kappa_and_alpha_are_not_defined() -> None:
    found = held(*table([[30, 0, 0], [0, 0, 0], [0, 0, 0]]))
    assert (found.kappa.value, found.alpha.value) == (None, None)
    assert found.kappa.reason == "not defined: all answers are the same"


def test_comparisons_of_one_group_are_not_independent_of_each_other() -> None:
    people, judge = table([[300, 0, 100], [0, 0, 0], [100, 0, 300]])
    alone = held(people, judge).accuracy.ci95
    together = held(people, judge, np.arange(800) // 10).accuracy.ci95  # groups are all right or all wrong
    assert alone is not None
    assert together is not None
    assert together[1] - together[0] > 2.5 * (alone[1] - alone[0])


def test_the_table_has_peoples_answers_in_rows() -> None:
    people, judge = np.array([A, A, B, TIE, UNKNOWN]), np.array([A, B, B, BOTH_BAD, A])
    assert confusion(people, judge) == [[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_the_table_as_shown_turns_answers_to_the_order_shown() -> None:
    said, swapped = np.array([A, A, TIE, BOTH_BAD, UNKNOWN]), np.array([False, True, True, False, True])
    assert turned(said, swapped).tolist() == [0, 2, 1, 1, UNKNOWN]
    assert confusion_shown(turned(said, swapped), np.array([0, 0, 1, 1, 0])) == [
        [1, 0, 0],
        [0, 2, 0],
        [1, 0, 0],
    ]


pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 9)), min_size=25, max_size=80)


@given(pairs, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_names_of_sides_change_a_figure(rows: list, random: object) -> None:
    people, judge, group = np.array(rows).T
    found = held(people, judge, group)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two, third = np.array(shuffled).T
    assert_same(held(one, two, third), found)
    other_side = np.array([B, TIE, A, BOTH_BAD])
    assert_same(held(other_side[people], other_side[judge], group), found)


def assert_same(one: Against, two: Against) -> None:
    for name in ("accuracy", "accuracy_without_ties", "kappa", "alpha"):
        first, second = getattr(one, name), getattr(two, name)
        assert (first.n, first.reason) == (second.n, second.reason)
        assert first.value == pytest.approx(second.value, nan_ok=True)
        if name != "kappa":  # resampled groups come in another order when sides change names
            assert (first.ci95 is None) == (second.ci95 is None)
