"""The one representation of every answer."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.ranking import (
    Ranking,
    RankingError,
    Scale,
    from_preference,
    from_tiers,
    letters,
    pairs,
    parse,
    reconcile,
    relabel,
    signed,
)


@st.composite
def rankings(draw: st.DrawFn, k: int | None = None) -> Ranking:
    size = k or draw(st.integers(2, 6))
    places = draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))
    return from_tiers(
        [letter for letter, p in zip(letters(size), places, strict=True) if p == place]
        for place in sorted(set(places))
    )


def size(ranking: Ranking) -> int:
    return sum(map(len, ranking.tiers))


@given(rankings())
def test_text_and_ranking_say_the_same(ranking: Ranking) -> None:
    assert parse(str(ranking), size(ranking)) == ranking


@given(rankings(), st.randoms())
def test_mapping_to_the_order_shown_and_back_changes_nothing(ranking: Ranking, random) -> None:  # type: ignore[no-untyped-def]
    stored = letters(size(ranking))
    shown = list(stored)
    random.shuffle(shown)
    there = relabel(ranking, "".join(shown))
    inverse = "".join(stored[shown.index(letter)] for letter in stored)
    assert relabel(there, inverse) == ranking


@given(rankings())
def test_every_pair_is_implied_once(ranking: Ranking) -> None:
    k = size(ranking)
    implied = list(pairs(ranking, k))
    assert len(implied) == k * (k - 1) // 2
    assert all((ranking.place(x) < ranking.place(y)) == (sign == 1) for x, y, sign in implied)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("B > A", "b>a"), ("b=a", "a=b"), ("both_bad", "both_bad"), (" A=B ", "a=b")],
)
def test_near_canonical_text_is_read(text: str, canonical: str) -> None:
    assert str(parse(text, 2)) == canonical


def test_responses_that_were_not_compared_imply_nothing() -> None:
    best_worst = parse("d>b~c>a", 4)
    assert str(best_worst) == "d>b~c>a"
    assert ("b", "c") not in [(x, y) for x, y, _ in pairs(best_worst, 4)]


@pytest.mark.parametrize("text", ["", "a", "a>a", "a>b>c", "a>>b", "a=b~c", "x>y", "a,b"])
def test_what_is_not_a_ranking_of_these_responses_is_refused(text: str) -> None:
    with pytest.raises(RankingError):
        parse(text, 3 if "~" in text else 2)


@pytest.mark.parametrize(
    ("scale", "preferences"),
    [
        (Scale.TWO_WAY, [1, -1]),
        (Scale.THREE_WAY, [1, 0, -1]),
        (Scale.FIVE_POINT, [2, 1, 0, -1, -2]),
        (Scale.SEVEN_POINT, [3, 2, 1, 0, -1, -2, -3]),
    ],
)
def test_scales_offer_signed_preferences(scale: Scale, preferences: list[int]) -> None:
    assert scale.preferences() == preferences
    for preference in preferences:
        assert signed(from_preference(preference), abs(preference) or None) == preference


def test_orders_that_agree_keep_the_weakest_strength() -> None:
    answer = reconcile([(parse("a>b", 2), 2), (parse("a>b", 2), 1)])
    assert answer == (parse("a>b", 2), 1, True)


def test_orders_that_differ_are_a_tie_and_said_to_be_inconsistent() -> None:
    for first, second in permutations(["a>b", "b>a", "a=b", "both_bad"], 2):
        ranking, strength, consistent = reconcile([(parse(first, 2), None), (parse(second, 2), None)])
        assert (str(ranking), strength, consistent) == ("a=b", None, False)


def test_rankings_that_differ_are_joined_by_mean_place() -> None:
    ranking, _, consistent = reconcile([(parse("a>b>c", 3), None), (parse("b>a>c", 3), None)])
    assert (str(ranking), consistent) == ("a=b>c", False)
