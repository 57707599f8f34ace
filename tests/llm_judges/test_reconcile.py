"""One answer from all orders and samples; that they disagree is a fact, its meaning the project's choice."""

import pytest

from annotation.ranking import RankingTask, Scale, parse
from llm_judges.reconcile import Said, Settled, settle
from llm_judges.verdicts import Question, Reading

FIVE = Question("overall", "", Scale.FIVE_POINT, False)
TWO = Question("overall", "", Scale.TWO_WAY, False)


def said(order: str, ranking: str, strength: int | None = None, p: dict[str, float] | None = None) -> Said:
    k = len(order)
    return Said(order, Reading(parse(ranking, k), strength, f"why {order}", p, 0.95 if p else None))


def pair(*answers: Said, question: Question = FIVE, inconsistent: str = "tie") -> Settled:
    return settle(answers, question, 2, inconsistent)


def test_orders_that_agree_give_the_weaker_strength() -> None:
    found = pair(said("ab", "a>b", 2), said("ba", "a>b", 1))
    assert (str(found.ranking), found.strength, found.consistent, found.why) == ("a>b", 1, True, "")
    assert found.probabilities == {"a": 2.5 / 3.5, "tie": 0.5 / 3.5, "b": 0.5 / 3.5}  # Jeffreys
    assert (found.source, found.votes, found.shift) == ("votes", 2, 0.0)


@pytest.mark.parametrize(
    ("inconsistent", "ranking", "probabilities"),
    [
        ("tie", "a=b", {"a": 0.0, "tie": 1.0, "b": 0.0}),
        ("half", "a=b", {"a": 0.5, "tie": 0.0, "b": 0.5}),
        ("drop", "None", {"a": 0.0, "tie": 1.0, "b": 0.0}),
    ],
)
def test_what_orders_mean_that_disagree_is_the_projects_choice(
    inconsistent: str, ranking: str, probabilities: dict[str, float]
) -> None:
    found = pair(said("ab", "a>b", 1), said("ba", "b>a", 1), inconsistent=inconsistent)
    assert (str(found.ranking), found.strength, found.consistent) == (ranking, None, False)
    assert (found.probabilities, found.source) == (probabilities, "policy")
    assert found.shift == 1.0  # it took whatever came first, both times
    assert bool(found.why) == (inconsistent == "drop")


def test_half_keeps_each_orders_half_of_the_token_probability() -> None:
    one, other = {"a": 0.9, "tie": 0.1, "b": 0.0}, {"a": 0.4, "tie": 0.0, "b": 0.6}
    found = pair(said("ab", "a>b", 1, one), said("ba", "b>a", 1, other), inconsistent="half")
    assert found.probabilities == pytest.approx({"a": 0.65, "tie": 0.05, "b": 0.3})
    assert found.shift == pytest.approx(0.5)


def test_token_probabilities_are_the_mean_over_the_orders_if_every_call_has_them() -> None:
    p, q = {"a": 0.9, "tie": 0.1, "b": 0.0}, {"a": 0.7, "tie": 0.3, "b": 0.0}
    found = pair(said("ab", "a>b", 1, p), said("ba", "a>b", 1, q))
    assert found.probabilities == pytest.approx({"a": 0.8, "tie": 0.2, "b": 0.0})
    assert (found.source, found.mass, found.shift) == ("logprobs", 0.95, pytest.approx(0.2))
    mixed = pair(said("ab", "a>b", 1, p), said("ba", "a>b", 1))
    assert (mixed.source, mixed.mass) == ("votes", None)


def test_samples_are_counted_within_their_order_first() -> None:
    mostly_a = [said("ab", "a>b", 2), said("ab", "a>b", 1), said("ab", "b>a", 1)]
    found = pair(*mostly_a, said("ba", "a>b", 2), said("ba", "a>b", 2), said("ba", "a>b", 2))
    assert (str(found.ranking), found.strength, found.consistent, found.votes) == ("a>b", 1, True, 6)
    assert found.probabilities["a"] == pytest.approx(5.5 / 7.5)
    split = pair(said("ab", "a>b", 1), said("ab", "b>a", 1), said("ba", "a>b", 1), said("ba", "a>b", 1))
    assert (str(split.ranking), split.consistent) == ("a=b", False)


def test_one_order_is_neither_consistent_nor_not() -> None:
    found = pair(said("ba", "b>a", 2))
    assert (str(found.ranking), found.consistent, found.shift) == ("b>a", None, None)


def test_a_scale_without_a_tie_is_left_undecided_and_says_why() -> None:
    found = pair(said("ab", "a>b"), said("ba", "b>a"), question=TWO)
    assert found.ranking is None
    assert "a tie is not offered" in found.why
    assert sorted(found.probabilities) == ["a", "b", "tie"]


def test_both_bad_is_an_answer_of_its_own() -> None:
    question = Question("overall", "", Scale.THREE_WAY, True)
    found = pair(said("ab", "both_bad"), said("ba", "both_bad"), question=question)
    assert (str(found.ranking), found.consistent) == ("both_bad", True)
    assert found.probabilities["both_bad"] == max(found.probabilities.values())


def test_rankings_are_reconciled_by_mean_place() -> None:
    shifts = [said("abc", "a>b>c"), said("bca", "a>c>b"), said("cab", "a>b=c")]
    found = settle(shifts, FIVE, 3, "tie")
    assert (str(found.ranking), found.consistent, found.shift) == ("a>b=c", False, None)
    assert found.probabilities["a"] == pytest.approx(3.5 / 4.5)


@pytest.mark.parametrize(
    ("task", "ranking"), [("full", "a=c>b>d"), ("top-2", "None"), ("best-worst", "None")]
)
def test_a_reconciled_tie_where_the_task_wants_one_is_undecided(task: str, ranking: str) -> None:
    question = Question("overall", "", Scale.RANKING, False, task=RankingTask.parse(task))
    found = settle([said("abcd", "a>c>b>d"), said("dcba", "c>a>b>d")], question, 4, "tie")
    assert str(found.ranking) == ranking
    assert bool(found.why) == (ranking == "None")


def test_the_rationale_is_of_a_call_that_said_the_same() -> None:
    found = pair(said("ab", "a=b"), said("ba", "a=b"))
    assert found.rationale == "why ab"
    samples = [said("ab", "b>a", 1), said("ab", "a>b", 1), said("ab", "a>b", 1)]
    assert pair(*samples, said("ba", "a>b", 1)).rationale == "why ab"
