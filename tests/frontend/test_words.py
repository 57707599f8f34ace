"""A person's answers, moments and times in words."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.utils import translation

from annotation.models import Criterion
from frontend.judge_words import shown_order
from frontend.templatetags.humanise import act_name, breakable, money, number, percent, unit, when
from frontend.templatetags.pay import roughly, took
from frontend.templatetags.release_words import option_name
from frontend.words import opening, said


@pytest.mark.parametrize(
    ("ranking", "shown", "task", "words"),
    [
        ("c>a=d>b", "abcd", "full", "C, then A = D, then B"),
        ("c>a=d>b", "dcba", "full", "B, then A = D, then C"),
        ("a=b=c", "cab", "full", "A = B = C"),
        ("b>c~d>a", "abcd", "best-worst", "B best, A worst"),
        ("b>c>a", "abc", "best-worst", "B best, A worst"),
        ("d>a>b~c", "abcd", "top-2", "D, then A, then the rest"),
        ("both_bad", "bca", "full", "All bad"),
    ],
)
def test_a_ranking_is_said_in_the_letters_shown(ranking: str, shown: str, task: str, words: str) -> None:
    assert said(ranking, None, Criterion(scale="five-point", ranking=task), shown) == words


@pytest.mark.parametrize(
    ("ranking", "strength", "shown", "scale", "words"),
    [
        ("a>b", 2, "ab", "five-point", "A clearly better"),
        ("a>b", 2, "ba", "five-point", "B clearly better"),
        ("a>b", 2, "ba", "seven-point", "B better"),
        ("b>a", None, "ba", "two-way", "A better"),
        ("a=b", None, "ba", "three-way", "Tie"),
        ("both_bad", None, "ba", "five-point", "Both bad"),
    ],
)
def test_a_pair_is_said_as_its_scale_says_it(
    ranking: str, strength: int | None, shown: str, scale: str, words: str
) -> None:
    assert said(ranking, strength, Criterion(scale=scale), shown) == words


def test_the_opening_is_the_last_thing_asked() -> None:
    chat = [{"role": "user", "content": "Hello"}, {"role": "user", "content": "Which\n\n one?"}]
    assert opening(chat) == "Which one?"
    assert opening([{"role": "user", "content": [{"type": "text", "text": "See this."}]}]) == "See this."
    assert opening([]) == ""


def test_figures_are_rounded_and_grouped() -> None:
    assert (percent(0.9996), percent(0.476)) == ("100\N{NO-BREAK SPACE}%", "48\N{NO-BREAK SPACE}%")
    column = unit("EUR", 120, None, rows=[SimpleNamespace(spent=0.0031)], of="spent")
    assert (money(120, column), money(0.0031, column)) == ("€120.0000", "€0.0031"), "as many in all of it"
    assert money(0, unit("EUR", 120)) == "€0.00"
    assert (money(0.129), money(1234.567), money(0.01239)) == ("$0.13", "$1,234.57", "$0.0124")
    assert (number(1482), number(0), number(None)) == ("1,482", "0", "")


def test_a_long_name_may_be_broken_between_its_parts_and_nothing_of_it_is_markup() -> None:
    assert breakable("lab:big/no_rules") == "lab:<wbr>big/<wbr>no_<wbr>rules"
    assert breakable("<b>/x") == "&lt;b&gt;/<wbr>x"


def test_a_call_that_shows_no_responses_has_no_first_letter() -> None:
    assert [shown_order(order) for order in ("ab", "bca", "tags", "embed")] == [
        "A first, then B", "B first, then C, A", "tags", "embeddings",
    ]  # fmt: skip


def test_what_owners_do_and_choose_is_said_in_words() -> None:
    assert (act_name("judge-try"), act_name("settle-flag")) == ("Tried the judge", "Settled a flag on")
    assert (option_name("min_probability"), option_name("other")) == ("Least probability", "other")


REFERENCE = f"media:{'0af1' * 16}"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([{"type": "image_url", "image_url": {"url": REFERENCE}}], "Picture"),
        (
            [{"type": "text", "text": "What is it?"}, {"type": "image", "image": REFERENCE}],
            "What is it? Picture",
        ),
        ([{"type": "input_audio", "input_audio": {"data": "UklGRg" * 999}}], "Sound"),
        ([{"type": "video_url", "video_url": {"url": "https://x.example/a.mp4"}}], "Film"),
        ([{"type": "image_url", "image_url": {"url": REFERENCE}, "alt": "A red barn"}], "A red barn"),
        (f'Here: ![]({REFERENCE}) and ![a barn]({REFERENCE} "Title").', "Here: Picture and a barn."),
        (f"See {REFERENCE}", "See Picture"),
        ("![" * 50_000, "![" * 100),
        ("A list: [one](https://x.example).", "A list: [one](https://x.example)."),
        (None, ""),
    ],
)
def test_media_in_the_opening_are_words_and_no_address(content: Any, words: str) -> None:
    assert opening([{"role": "user", "content": content}]) == words


def test_a_moment_is_named_as_near_as_it_is() -> None:
    now = datetime(2031, 5, 14, 15, 30, tzinfo=UTC)  # a Wednesday
    with time_machine.travel(now):
        assert when(now - timedelta(hours=1)) == "14:30"
        assert when(now - timedelta(days=1)) == "Yesterday, 15:30"
        assert when(now - timedelta(days=3)) == "Sunday, 15:30"
        assert when(now - timedelta(days=9)) == "5 May 2031"
        with translation.override("de"):
            assert when(now - timedelta(days=3)) == "Sonntag, 15:30"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(None, ""), (0.4, "less than 1 min"), (12.2, "12 min"), (84, "1 h 24 min"), (1571, "26 h")],
)
def test_an_estimate_is_no_finer_than_it_can_be(minutes: float | None, words: str) -> None:
    assert roughly(minutes) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (89, "1 min 29 s"), (725, "12 min")],
)
def test_a_measured_time_is_said_to_the_second_where_seconds_matter(
    seconds: float | None, words: str
) -> None:
    assert took(seconds) == words
