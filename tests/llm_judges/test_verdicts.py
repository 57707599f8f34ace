"""Replies are read strictly, whatever is wrapped around them."""

import json

import pytest

from annotation.ranking import Scale
from llm_judges.verdicts import Question, Unreadable, menu, read, schema

OVERALL = Question("overall", "Which is better?", Scale.FIVE_POINT, True)
PLAIN = Question("overall", "", Scale.FIVE_POINT, False)


def reply(word: str, name: str = "overall", rationale: str = "Because.") -> str:
    return json.dumps({name: {"rationale": rationale, "verdict": word}})


def read_one(text: str, question: Question = OVERALL, k: int = 2) -> tuple[str, int | None]:
    verdict = read(text, [question], k)[question.name]
    return str(verdict.ranking), verdict.strength


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        (Scale.TWO_WAY, ["A better", "B better"]),
        (Scale.THREE_WAY, ["A better", "tie", "B better"]),
        (Scale.RANKING, ["A better", "tie", "B better"]),
        (
            Scale.FIVE_POINT,
            ["A clearly better", "A slightly better", "tie", "B slightly better", "B clearly better"],
        ),
    ],
)
def test_a_pair_is_answered_in_the_words_of_its_scale(scale: Scale, words: list[str]) -> None:
    assert list(menu(scale, False)) == words
    assert list(menu(scale, True)) == [*words, "both_bad"]


def test_seven_points_have_three_strengths() -> None:
    strengths = [strength for _, strength in menu(Scale.SEVEN_POINT, False).values()]
    assert strengths == [3, 2, 1, None, 1, 2, 3]


def test_every_word_of_the_menu_means_one_answer() -> None:
    meant = {word: read_one(reply(word)) for word in menu(Scale.FIVE_POINT, True)}
    assert meant == {
        "A clearly better": ("a>b", 2),
        "A slightly better": ("a>b", 1),
        "tie": ("a=b", None),
        "B slightly better": ("b>a", 1),
        "B clearly better": ("b>a", 2),
        "both_bad": ("both_bad", None),
    }


def test_a_scale_without_grades_gives_no_strength() -> None:
    assert read_one(reply("B better"), Question("overall", "", Scale.THREE_WAY, False)) == ("b>a", None)


@pytest.mark.parametrize(
    "text",
    [
        "```json\n" + reply("B clearly better") + "\n```",
        "Sure! Here you are: " + reply("B clearly better") + " I hope {this} helps.",
        "<think>One says {\"x\": 'y'}, hm.</think>" + reply("B clearly better"),
        "\ufeff" + reply("B clearly better").replace(":", "\u200b:"),
        reply(" b CLEARLY  better "),
        reply("B\u200b clearly\u00a0better"),
        reply("\uff22 clearly better"),
        '{"rationale": "flat", "overall": "B clearly better"}',
    ],
    ids=["fence", "prose", "thoughts", "zero width", "case", "no-break", "full width", "flat"],
)
def test_wrapping_and_invisible_characters_do_not_matter(text: str) -> None:
    assert read_one(text) == ("b>a", 2)


def test_the_last_object_is_the_reply_and_may_repeat_or_follow_others() -> None:
    example = '{"overall": {"rationale": "…", "verdict": "…"}}'
    note = '{"length": {"A": 20, "B": 30}}'
    last = reply("B slightly better")
    for text in (note + last, example + last, reply("b slightly better", rationale="First.") + "\n" + last):
        assert read_one(text) == ("b>a", 1)


@pytest.mark.parametrize(
    "text",
    [
        reply("A clearly better") + "\nNo, wait: " + reply("B slightly better"),
        reply("B clearly better") + reply("B slightly better"),
        f"[{reply('A clearly better')}, {reply('tie')}]",
        reply("A clearly better") + reply("tie") + reply("A clearly better"),
        '{"overall": "tie", "rationale": "flat"}' + reply("A clearly better"),
    ],
)
def test_a_reply_that_contradicts_itself_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable, match="contradicts itself on 'overall'"):
        read(text, [OVERALL], 2)


@pytest.mark.parametrize(
    "text",
    [
        '{"overall": {"verdict": "A clearly better"}, "overall": {"verdict": "B clearly better"}}',
        '{"overall": {"verdict": "A clearly better", "verdict": "B clearly better"}}',
    ],
)
def test_a_key_given_twice_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable, match="twice"):
        read(text, [OVERALL], 2)


def test_a_rationale_that_is_required_must_be_there() -> None:
    question = Question("overall", "", Scale.FIVE_POINT, False, rationale_required=True)
    assert read(reply("tie"), [question], 2)["overall"].rationale == "Because."
    for text in (reply("tie", rationale=" "), '{"overall": {"verdict": "tie"}}', '{"overall": "tie"}'):
        with pytest.raises(Unreadable, match="no rationale on 'overall'"):
            read(text, [question], 2)


def test_a_verdict_quoted_in_the_rationale_is_not_the_verdict() -> None:
    quoted = reply("B clearly better", rationale="It says " + reply("A clearly better"))
    assert read_one(quoted) == ("b>a", 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tie",
        "Response B is clearly better.",
        "[]",
        "{}",
        '"B clearly better"',
        reply("B is much, much better"),
        reply("A"),
        reply(""),
        reply("both bad or tie"),
        reply("А clearly better"),  # Cyrillic
        reply("B clearly better", name="helpful"),
        '{"overall": null}',
        '{"overall": ["B clearly better"]}',
        '{"overall": {"rationale": "no verdict"}}',
        '{"overall": {"verdict": 2}}',
        reply("B clearly better")[:-1],
        reply("B clearly better") + '{"overall": {"verdict": "A clea',
        '{"a":' * 100_000,
        '{"overall": ' + "[" * 100_000,
        reply("B clearly better") + "{}",
        reply("tie") + reply("splendid"),
    ],
)
def test_anything_else_is_unreadable_and_never_a_tie(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text, [OVERALL], 2)


def test_an_answer_the_criterion_does_not_offer_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="not offered"):
        read(reply("both_bad"), [PLAIN], 2)
    with pytest.raises(Unreadable, match="not offered"):
        read(reply("tie"), [Question("overall", "", Scale.TWO_WAY, False)], 2)


def test_a_quotation_inside_a_broken_object_is_not_taken_for_the_verdict() -> None:
    broken = '{"overall": {"rationale": "it says ' + reply("A clearly better") + '", "verdict": "B clearly'
    with pytest.raises(Unreadable):
        read(broken, [OVERALL], 2)


@pytest.mark.parametrize(
    ("word", "ranking"),
    [
        ("B>A=C", "b>a=c"),
        ("b > c > a", "b>c>a"),
        ("A=B=C", "a=b=c"),
        ("C\uff1eB\uff1eA", "c>b>a"),
        ("both_bad", "both_bad"),
    ],
)
def test_more_than_two_are_ranked_with_ties(word: str, ranking: str) -> None:
    assert read_one(reply(word), k=3) == (ranking, None)


@pytest.mark.parametrize("word", ["", "B", "B>A", "B>A>D", "A>A>B>C", "A>B~C", "C is best", ">" * 50_000])
def test_a_ranking_that_does_not_name_every_letter_once_is_unreadable(word: str) -> None:
    with pytest.raises(Unreadable):
        read(reply(word), [OVERALL], 3)


def test_one_reply_answers_every_criterion_or_none() -> None:
    questions = [
        Question("helpful", "", Scale.THREE_WAY, False),
        Question("truthful", "", Scale.FIVE_POINT, False),
    ]
    whole = json.dumps({"helpful": {"verdict": "tie"}, "truthful": {"verdict": "A slightly better"}})
    assert {name: str(verdict.ranking) for name, verdict in read(whole, questions, 2).items()} == {
        "helpful": "a=b",
        "truthful": "a>b",
    }
    with pytest.raises(Unreadable, match="truthful"):
        read(json.dumps({"helpful": {"verdict": "tie"}}), questions, 2)


def test_the_schema_asks_for_the_rationale_before_the_verdict() -> None:
    form = schema([OVERALL], 2)["schema"]
    overall = form["properties"]["overall"]
    assert list(overall["properties"]) == overall["required"] == ["rationale", "verdict"]
    assert overall["properties"]["verdict"]["enum"] == list(menu(Scale.FIVE_POINT, True))
    assert not form["additionalProperties"]
    assert not overall["additionalProperties"]


def test_a_rationale_that_no_database_takes_is_made_storable() -> None:
    verdict = read('{"overall": {"rationale": "a\\u0000b\\ud800", "verdict": "tie"}}', [OVERALL], 2)
    assert verdict["overall"].rationale == "a�b�"
