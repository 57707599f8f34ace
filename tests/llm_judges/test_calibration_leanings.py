"""What a judge leans to, found again in answers that were made to lean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from llm_judges.calibration.answers import TIE, UNKNOWN, A, B
from llm_judges.calibration.families import family_of
from llm_judges.calibration.leanings import (
    Leaning,
    SelfPreference,
    balance,
    length,
    log_ratio,
    markup,
    self_preference,
)
from llm_judges.calibration.position import Position, Replies, position
from llm_judges.calibration.regression import SEPARATED, Fitted, logistic
from llm_judges.calibration.texts import FEATURES, counts, text_of

NUMBER = 3000


def simulated(seed: int = 1, slope: float = 0.7, of_people: float = 1.5) -> tuple[np.ndarray, ...]:
    """(the judge's choices, people's, characters): the judge follows people, and length by `slope`."""
    rng = np.random.default_rng(seed)
    characters = np.exp(rng.normal(6, 0.7, (NUMBER, 2)))
    people = rng.choice([A, TIE, B], NUMBER, p=[0.4, 0.2, 0.4])
    z = of_people * np.array([1, 0, -1])[people] + slope * log_ratio(characters)
    return np.where(rng.random(NUMBER) < expit(z), A, B), people, characters


def test_the_pull_of_length_is_found_with_peoples_choice_held_fixed() -> None:
    judge, people, characters = simulated(slope=0.7)
    found = length(judge, people, characters, np.arange(NUMBER) // 3)
    assert found.slope.ci95 is not None
    assert found.slope.ci95[0] < 0.7 < found.slope.ci95[1]
    assert found.prefers_more.value is not None
    assert found.people_prefer_more.value == pytest.approx(0.5, abs=0.03)
    assert found.prefers_more.value > 0.6


def test_a_judge_that_likes_long_answers_only_where_people_do_has_no_slope() -> None:
    rng = np.random.default_rng(2)
    characters = np.exp(rng.normal(6, 0.7, (NUMBER, 2)))
    people = np.where(rng.random(NUMBER) < expit(1.5 * log_ratio(characters)), A, B)
    judge = np.where(rng.random(NUMBER) < 0.85, people, 2 - people)
    found = length(judge, people, characters, np.arange(NUMBER))
    assert found.slope.ci95 is not None
    assert found.slope.ci95[0] < 0 < found.slope.ci95[1]
    assert found.prefers_more.value is not None
    assert found.prefers_more.value > 0.6


def test_a_pull_of_lists_is_not_taken_for_one_of_length() -> None:
    rng = np.random.default_rng(3)
    lists = rng.poisson(2, (NUMBER, 2)).astype(float)
    features = np.zeros((NUMBER, 2, len(FEATURES)))
    features[:, :, 0] = np.exp(rng.normal(5, 0.3, (NUMBER, 2))) * (1 + lists)  # lists make it long
    features[:, :, 1] = lists
    people = rng.choice([A, B], NUMBER)
    z = np.array([1.0, 0.0, -1.0])[people] + 1.2 * balance(lists)
    judge = np.where(rng.random(NUMBER) < expit(z), A, B)
    found = markup(judge, people, features, np.arange(NUMBER))
    for name, true in (("length", 0.0), ("lists", 1.2)):
        assert found[name].slope.ci95 is not None
        low, high = found[name].slope.ci95
        assert low < true < high
    assert found["code"].slope.value is None
    assert (
        length(judge, people, features[:, :, 0], np.arange(NUMBER)).slope.value > 0.2
    )  # alone it seems to be


@given(st.integers(0, 1000))
def test_swapping_the_sides_changes_no_leaning(seed: int) -> None:
    judge, people, characters = (part[:300] for part in simulated(seed))
    features = np.repeat(characters[:, :, None], len(FEATURES), axis=2)
    features[:, :, 1:] = np.floor(features[:, :, 1:] / [200, 150, 90, 400])
    group = np.arange(300) // 2
    swapped = markup(2 - judge, 2 - people, features[:, ::-1], group)
    for name, found in markup(judge, people, features, group).items():
        assert_same(swapped[name], found)


def assert_same(one: Leaning, two: Leaning) -> None:
    for first, second in zip(one, two, strict=True):
        assert first.value == pytest.approx(second.value, abs=1e-6)
        assert (first.n, first.reason) == (second.n, second.reason)


def test_errors_know_that_comparisons_of_one_group_are_alike() -> None:
    judge, people, characters = (part[:300] for part in simulated())
    x = np.stack([log_ratio(characters), np.array([1.0, 0.0, -1.0])[people]], axis=1)
    chosen = (judge == A).astype(np.int64)
    once = logistic(x, chosen, np.arange(300))
    thrice = logistic(np.tile(x, (3, 1)), np.tile(chosen, 3), np.tile(np.arange(300), 3))
    assert isinstance(once, Fitted)
    assert isinstance(thrice, Fitted)
    assert thrice.slope == pytest.approx(once.slope)
    assert thrice.error == pytest.approx(once.error, rel=1e-3)


def test_what_cannot_be_fitted_says_why() -> None:
    x = np.linspace(-1, 1, 100)[:, None]
    assert logistic(x, (x[:, 0] > 0).astype(np.int64), np.arange(100)) == SEPARATED
    assert "too few" in str(logistic(x[:40], np.arange(40) % 2, np.arange(40)))
    assert "never occur" in str(logistic(0 * x, np.arange(100) % 2, np.arange(100)))


def test_self_preference_is_what_exceeds_peoples_own_choice() -> None:
    # On 200 comparisons people take the family's response in 100 and the judge in those and in 40 others.
    own = np.where(np.arange(200) % 2, 1, -1)
    for_own, for_other = np.where(own > 0, A, B), np.where(own > 0, B, A)
    people = np.where(np.arange(200) < 100, for_own, for_other)
    judge = np.where(np.arange(200) < 140, for_own, for_other)
    found = self_preference(judge, people, own, np.arange(200))
    figures = (found.own, found.people_own, found.difference, found.gap)
    assert [figure.value for figure in figures] == pytest.approx([0.7, 0.5, 0.2, 1.0 - 0.6])
    assert found.difference.ci95 is not None
    assert found.difference.ci95[0] > 0.1
    mirrored = self_preference(2 - judge, 2 - people, -own, np.arange(200))
    assert [figure.value for figure in mirrored[:4]] == pytest.approx([figure.value for figure in figures])


def test_a_tie_is_half_a_choice_of_the_family() -> None:
    own = np.ones(40, dtype=np.int64)
    found: SelfPreference = self_preference(
        np.full(40, TIE), np.where(np.arange(40) % 2, A, B), own, np.arange(40)
    )
    assert (found.own.value, found.people_own.value) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4o-2024-08-06", "openai"),
        ("openai/o3-mini", "openai"),
        ("claude-v1", "anthropic"),
        ("llmbar:PaLM2/Metrics_Reference", "google"),
        ("meta-llama/Llama-3.1-8B-Instruct", "meta"),
        ("vicuna-13b-v1.2", None),
        ("gpt4all-13b-snoozy", None),
        ("gpt-j-6b", None),
        ("house-model-7b", None),
    ],
)
def test_families_are_declared_and_never_guessed(model: str, family: str | None) -> None:
    assert family_of(model) == family


def asked(first: list[int], second: list[int]) -> Position:
    """From the signs of what was said in stored order and with the sides swapped, a comparison each."""
    size = len(first)
    replies = Replies(
        np.tile(np.arange(size), 2), np.repeat([False, True], size), np.array([*first, *second])
    )
    return position(replies, np.arange(size))


def test_always_taking_what_is_shown_first_is_seen_for_what_it_is() -> None:
    found = asked([1] * 30, [-1] * 30)
    assert (found.first_shown.value, found.consistency.value, found.to_first.value) == (1.0, 0.0, 1.0)
    assert (found.in_order, found.swapped) == (30, 30)
    assert found.consistency.ci95 is not None
    assert found.consistency.ci95[1] > 0.05


def test_a_judge_that_looks_at_the_answers_alone_has_no_position() -> None:
    said = [1, -1, 0] * 20
    found = asked(said, said)
    assert (found.first_shown.value, found.consistency.value) == (0.5, 1.0)
    assert found.first_shown.n == 80  # ties take no side
    assert found.to_first.value is None


def test_one_order_alone_says_nothing_of_position() -> None:
    replies = Replies(np.arange(40), np.zeros(40, dtype=bool), np.ones(40, dtype=np.int64))
    found = position(replies, np.arange(40))
    assert found.first_shown.value is None
    assert "one order only" in (found.first_shown.reason or "")
    assert found.consistency.value is None


def test_where_only_the_verdict_on_both_orders_was_kept_consistency_is_known() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    known = np.where(np.arange(50) < 40, 1, 0)
    found = position(Replies(nothing, nothing.astype(bool), nothing), np.arange(50), known)
    assert found.consistency.value == pytest.approx(0.8)
    assert found.first_shown.reason == "no reply in a known order"


def test_markdown_is_counted_and_what_stands_in_code_is_not() -> None:
    text = (
        "# Steps\n\n1. mix\n2. bake\n\n* serve **hot** and __soon__\n\n```sh\n# no heading\n- no item\n```\n"
    )
    assert counts(text) == (len(text), 3, 1, 2, 1)
    assert counts("2 + 2 = 4, a * b * c; #hashtag") == (30, 0, 0, 0, 0)
    assert counts("```\nnever closed\n- item")[1:] == (0, 0, 0, 1)


def test_pictures_have_no_length() -> None:
    parts = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "media:1"}}]
    assert text_of([{"role": "assistant", "content": parts}, {"content": "Done."}]) == "Look:\n\nDone."


def test_comparisons_that_people_did_not_answer_are_left_out() -> None:
    judge, people, characters = simulated()
    people = np.where(np.arange(NUMBER) < 1000, people, UNKNOWN)
    found = length(judge, people, characters, np.arange(NUMBER))
    assert found.slope.n == 1000
