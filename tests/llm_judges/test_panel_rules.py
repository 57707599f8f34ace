"""One answer from several judges: by majority, by the mean, by what is known of each."""

import pytest

from annotation.ranking import RankingTask, Scale, parse
from llm_judges.panels.rules import MAJORITY, MEAN, WEIGHTED, Voice, together
from llm_judges.reconcile import Settled
from llm_judges.verdicts import Question

FIVE = Question("overall", "", Scale.FIVE_POINT, True)
TWO = Question("overall", "", Scale.TWO_WAY, False)


def voice(ranking: str, strength: int | None = None, k: int = 2, **more: object) -> Voice:
    return Voice(parse(ranking, k), strength, **more)  # type: ignore[arg-type]


def ask(
    *voices: Voice, rule: str = MAJORITY, question: Question = FIVE, k: int = 2, drop: bool = False
) -> Settled:
    return together(voices, question, k, rule, "drop" if drop else "tie", asked=len(voices))


def test_what_more_than_half_say_counts_with_the_middle_of_their_strengths() -> None:
    found = ask(voice("b>a", 2), voice("a>b", 1), voice("b>a", 1))
    assert (str(found.ranking), found.strength, found.source, found.votes) == ("b>a", 1, "panel", 3)
    assert found.probabilities == pytest.approx({"a": 1.5 / 5, "tie": 0.1, "b": 0.5, "both_bad": 0.1})


@pytest.mark.parametrize("answers", [("a>b", "b>a"), ("a>b", "b>a", "a=b"), ("a>b", "a>b", "b>a", "a=b")])
def test_without_a_majority_it_is_a_tie_or_nothing_as_the_owner_chose(answers: tuple[str, ...]) -> None:
    voices = [voice(answer) for answer in answers]
    assert str(ask(*voices).ranking) == "a=b"
    found = ask(*voices, drop=True)
    assert (found.ranking, found.why) == (None, "no majority")


def test_a_tie_that_the_scale_lacks_is_no_answer() -> None:
    found = ask(voice("a>b"), voice("b>a"), question=TWO)
    assert found.ranking is None
    assert "a tie is not offered" in found.why


def test_both_bad_wins_like_any_other_answer() -> None:
    assert str(ask(voice("both_bad"), voice("both_bad"), voice("a>b", 1)).ranking) == "both_bad"


def test_the_mean_hears_how_sure_each_is() -> None:
    sure = voice("a>b", 2, probabilities={"a": 0.95, "tie": 0.05, "b": 0.0})
    torn = voice("b>a", 1, probabilities={"a": 0.45, "tie": 0.0, "b": 0.55})
    found = ask(sure, torn, torn, rule=MEAN)
    assert str(found.ranking) == "a>b"
    assert found.probabilities["a"] == pytest.approx((0.95 + 0.45 + 0.45) / 3)
    assert found.strength == 2
    assert str(ask(sure, torn, torn).ranking) == "b>a"  # heads counted alone


def test_equal_means_are_no_majority() -> None:
    half = (
        voice("a>b", 1, probabilities={"a": 0.6, "b": 0.4}),
        voice("b>a", 1, probabilities={"a": 0.4, "b": 0.6}),
    )
    assert str(ask(*half, rule=MEAN).ranking) == "a=b"


def test_one_that_knows_outweighs_two_that_guess() -> None:
    even = {"a": 0.4, "tie": 0.2, "b": 0.4}
    expert = voice("a>b", 1, competence=0.95, strategy=even)
    guesser = voice("b>a", 1, competence=0.1, strategy=even)
    found = ask(expert, guesser, guesser, rule=WEIGHTED)
    assert str(found.ranking) == "a>b"
    assert found.probabilities["a"] > 0.7
    unknown = [voice("a>b", 1), voice("b>a", 1), voice("b>a", 1)]
    assert str(ask(*unknown, rule=WEIGHTED).ranking) == "b>a"  # nothing known: all alike


def test_more_than_two_are_ranked_by_mean_place() -> None:
    voices = [voice("a>b>c", k=3), voice("b>a>c", k=3), voice("a>c>b", k=3)]
    found = ask(*voices, k=3)
    assert (str(found.ranking), found.strength) == ("a>b>c", None)
    assert found.probabilities["a"] == pytest.approx(2.5 / 4.5)
    expert = voice("c>b>a", k=3, competence=0.9), voice("a>b>c", k=3, competence=0.2)
    assert str(ask(*expert, k=3, rule=WEIGHTED).ranking) == "c>b>a"


def test_a_place_that_the_task_wants_and_nobody_has_is_no_answer() -> None:
    top = Question("overall", "", Scale.RANKING, False, task=RankingTask.parse("top-1"))
    found = ask(voice("a>b>c", k=3), voice("b>a>c", k=3), k=3, question=top)
    assert found.ranking is None
    assert "top-1" in found.why


def test_the_rationale_is_of_a_member_that_said_the_same() -> None:
    found = ask(voice("b>a", 1, rationale="no"), voice("a>b", 1, rationale="yes"), voice("a>b", 2))
    assert found.rationale == "yes"


@pytest.mark.parametrize(
    ("orders", "consistent"), [([True, None], True), ([True, False], False), ([None], None)]
)
def test_it_is_consistent_where_all_members_were(orders: list[bool | None], consistent: bool | None) -> None:
    assert ask(*(voice("a>b", 1, consistent=one) for one in orders)).consistent is consistent
