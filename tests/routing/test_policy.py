"""What each policy says a comparison is worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.answers import Vote, contradicted, seen, summary, unsure
from routing.policies import POLICIES
from routing.policies.judges import disagreement, low_confidence, tie_first
from routing.policy import Problem, draws, policy
from tests.routing.problems import problem_of

SHARE = st.sampled_from([0.0, 1 / 3, 0.5, 1.0])
ROWS = st.lists(st.tuples(st.integers(0, 5), SHARE, SHARE, SHARE), min_size=1, max_size=30)


def test_the_policies_of_this_version_are_registered():
    assert set(POLICIES) == {
        "all_human",
        "all_ai",
        "random",
        "disagreement",
        "tie_first",
        "low_confidence",
        "error_model",
        "combined",
        "hyper",
    }
    assert all(one.about.endswith(".") for one in POLICIES.values())


def test_a_policy_cannot_take_the_name_of_another():
    with pytest.raises(ValueError, match="already a policy"):
        policy("random", "2")(lambda problem, seed: None)


@given(ROWS, st.integers(0, 5))
@pytest.mark.parametrize("name", POLICIES)
def test_every_score_is_finite_and_has_a_reason(name, rows, seed):
    scored = POLICIES[name].score(problem_of(rows), seed)
    assert np.isfinite(scored.values).all()
    assert scored.values.shape == (len(rows),)
    assert all(scored.reasons)
    assert len(scored.reasons) == len(rows)


@given(ROWS, st.integers(0, 5), st.data())
@pytest.mark.parametrize("name", POLICIES)
def test_a_score_does_not_depend_on_the_batch_or_its_order(name, rows, seed, data):
    whole = problem_of(rows)
    places = data.draw(st.lists(st.sampled_from(range(len(rows))), min_size=1, unique=True))
    of_part = Problem(whole.open.at(np.array(places)), whole.labelled)
    whole, part = (POLICIES[name].score(problem, seed) for problem in (whole, of_part))
    assert (whole.values[places] == part.values).all()
    assert [whole.reasons[place] for place in places] == list(part.reasons)


@given(ROWS, st.integers(0, 5))
def test_no_score_has_more_than_two_hundred_letters_of_reason(rows, seed):
    assert all(len(reason) <= 200 for reason in disagreement(problem_of(rows), seed).reasons)


def test_judges_that_disagree_come_before_flipped_orders_before_ties_before_agreement():
    rows = [(2, 1.0, 0.0, 0.0), (2, 0.0, 1.0, 0.0), (2, 0.0, 0.0, 1.0), (2, 0.0, 0.0, 0.0)]
    scored = disagreement(problem_of(rows), 0)
    assert (np.diff(scored.values) < 0).all()
    assert list(scored.reasons) == [
        "the judges disagree",
        "the answer changed with the order of the responses",
        "no winner is named",
        "the judges agree",
    ]


def test_an_unjudged_comparison_stands_between_agreement_and_disagreement():
    rows = [(2, 1.0, 0.0, 0.0), (0, 0.0, 0.0, 0.0), (2, 0.0, 0.0, 0.0)]
    scored = disagreement(problem_of(rows), 0)
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


def test_ties_come_first_and_among_them_those_that_the_order_made():
    rows = [
        (1, 0.0, 1.0, 1.0),
        (1, 0.0, 0.0, 1.0),
        (0, 0.0, 0.0, 0.0),
        (2, 1.0, 0.0, 0.0),
        (1, 0.0, 0.0, 0.0),
    ]
    scored = tie_first(problem_of(rows), 0)
    assert (np.diff(scored.values) < 0).all()
    assert scored.reasons[0] == "a tie because the judge's answer changed with the order of the responses"


def test_what_the_judge_says_of_its_certainty_counts_before_what_its_answers_show():
    problem = problem_of([(1, 0.0, 0.0, 0.0), (1, 0.0, 1.0, 1.0)])
    shown = low_confidence(problem, 0).values
    assert shown[0] < shown[1]
    problem.open.judging[0, 2], problem.open.judging[1, 2] = 0.9, 0.1
    said = low_confidence(problem, 0)
    assert said.values.tolist() == [0.9, 0.1]
    assert said.reasons[0] == "the judge is 10% certain"


def votes_of(*labels: tuple[int, str, bool]) -> tuple[Vote, ...]:
    """(criterion, ranking, flipped) of judges; the first label on a criterion is the one that stands."""
    first: set[int] = set()
    votes = []
    for criterion, ranking, flipped in labels:
        votes.append((criterion, criterion not in first, ranking, flipped, None))
        first.add(criterion)
    return tuple(votes)


@pytest.mark.parametrize(
    ("votes", "k", "expected"),
    [
        (votes_of((1, "a>b", False)), 2, (1, 0.0, 0.0, 0.0)),
        (votes_of((1, "a>b", False), (1, "a>b", False)), 2, (2, 0.0, 0.0, 0.0)),
        (votes_of((1, "a>b", False), (1, "b>a", False)), 2, (2, 1.0, 0.0, 0.0)),
        (votes_of((1, "a=b", True), (1, "a>b", False), (1, "a>b", False)), 2, (3, 2 / 3, 1 / 3, 1 / 3)),
        # Two rankings of three that differ on one implied pair of three.
        (votes_of((1, "a>b>c", False), (1, "a>c>b", False)), 3, (2, 1 / 3, 0.0, 0.0)),
        # Two criteria count alike: full agreement on one, none on the other.
        (
            votes_of((1, "a>b", False), (1, "a>b", False), (2, "a>b", False), (2, "b>a", False)),
            2,
            (2, 0.5, 0.0, 0.0),
        ),
        (votes_of((1, "a=b", False), (1, "both_bad", False)), 2, (2, 0.0, 0.0, 1.0)),
    ],
)
def test_votes_are_summed_up_by_pairs_of_judges(votes, k, expected):
    assert summary(votes, k) == pytest.approx(expected)


def test_other_judges_are_seen_from_the_one_whose_label_stands():
    votes = votes_of((1, "a>b", True), (1, "b>a", False), (1, "a=b", False))
    tied, flipped, unsure, differ, contradict, others_tied, others_flipped, alone = seen(votes, 2)
    assert (tied, flipped, differ, contradict) == (0.0, 1.0, 1.0, 0.5)
    assert np.isnan(unsure)
    assert (others_tied, others_flipped, alone) == (0.5, 0.0, 0.0)
    assert seen(votes_of((1, "a>b", False)), 2)[-1] == 1.0


@pytest.mark.parametrize(
    ("ranking", "k", "chances", "word", "expected"),
    [
        ("a>b", 2, {"a": 0.904, "tie": 0.05, "b": 0.046}, "", 0.1),
        ("b>a", 2, {"a": 0.9, "tie": 0.05, "b": 0.05}, "", 0.95),
        ("a=b", 2, {"a": 0.2, "tie": 0.5, "b": 0.2, "both_bad": 0.1}, "", 0.4),
        ("both_bad", 2, {"a": 0.2, "tie": 0.5, "b": 0.2, "both_bad": 0.1}, "", 0.4),
        ("b>a>c", 3, {"a": 0.25, "b": 0.75, "c": 0.0}, "", 0.25),
        ("a=b>c", 3, {"a": 0.5, "b": 0.25, "c": 0.25}, "", 0.25),
        ("a>b", 2, None, "somewhat", pytest.approx(2 / 3)),
        ("a>b", 2, None, "", None),
    ],
)
def test_a_judge_is_as_unsure_as_its_soft_label_or_its_word_says(ranking, k, chances, word, expected):
    assert unsure(ranking, k, chances, word) == expected


def test_a_person_contradicts_the_judge_and_other_people_by_pairs():
    votes = [(1, True, "a>b", 2), (1, False, "a>b", 2), (1, False, "b>a", 2), (1, False, "a=b", 2)]
    assert contradicted(votes) == pytest.approx((2 / 3, 1.0))
    wrong, human_wrong = contradicted(votes[:2])
    assert wrong == 0
    assert np.isnan(human_wrong)
    assert contradicted([(1, False, "a>b", 2)]) is None
    # One of the three implied pairs differs.
    assert contradicted([(1, True, "a>b>c", 3), (1, False, "a>c>b", 3)])[0] == pytest.approx(1 / 3)
