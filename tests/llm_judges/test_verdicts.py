"""Replies are read strictly, whatever is wrapped around them."""

import json

import pytest

from annotation.ranking import Scale, parse
from llm_judges.verdicts import (
    Form,
    Question,
    Rung,
    Unreadable,
    Verdict,
    in_stored_letters,
    menu,
    read,
)

OVERALL = Question("overall", "Which is better?", Scale.FIVE_POINT, True)
PLAIN = Question("overall", "", Scale.FIVE_POINT, False)


def reply(word: str, name: str = "overall", rationale: str = "Because.") -> str:
    return json.dumps({name: {"rationale": rationale, "verdict": word}})


def form(*questions: Question, letters: str = "AB", rung: str = Rung.JSON_SCHEMA) -> Form:
    return Form(questions or (OVERALL,), letters, rung, "5f3a9c01")


def read_one(text: str, question: Question = OVERALL, k: int = 2) -> tuple[str, int | None]:
    verdict = read(text, form(question, letters="ABCD"[:k]))[question.name]
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
    ("text", "meant"),
    [
        (reply("A clearly better") + "\nNo, wait: " + reply("B slightly better"), ("b>a", 1)),
        (f"[{reply('A clearly better')}, {reply('tie')}]", ("a=b", None)),
        (reply("A clearly better") + reply("tie") + reply("B clearly better"), ("b>a", 2)),
        ("One says " + reply("A is best, says the judge") + " but: " + reply("tie"), ("a=b", None)),
    ],
)
def test_the_last_verdict_binds(text: str, meant: tuple[str, int | None]) -> None:
    assert read_one(text) == meant


@pytest.mark.parametrize("last", ["A is splendid", "C clearly better", ""])
def test_a_last_verdict_that_was_not_offered_never_falls_back_to_an_earlier_one(last: str) -> None:
    with pytest.raises(Unreadable):
        read(reply("A clearly better") + "\n" + reply(last), form())


@pytest.mark.parametrize(
    "text",
    [
        '{"overall": {"verdict": "A clearly better"}, "overall": {"verdict": "B clearly better"}}',
        '{"overall": {"verdict": "A clearly better", "verdict": "B clearly better"}}',
    ],
)
def test_a_key_given_twice_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable, match="twice"):
        read(text, form())


def test_a_rationale_that_is_required_must_be_there() -> None:
    question = Question("overall", "", Scale.FIVE_POINT, False, rationale_required=True)
    assert read(reply("tie"), form(question))["overall"].rationale == "Because."
    for text in (reply("tie", rationale=" "), '{"overall": {"verdict": "tie"}}', '{"overall": "tie"}'):
        with pytest.raises(Unreadable, match="no rationale on 'overall'"):
            read(text, form(question))


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
        read(text, form())


def test_an_answer_the_criterion_does_not_offer_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="not offered"):
        read(reply("both_bad"), form(PLAIN))
    with pytest.raises(Unreadable, match="not offered"):
        read(reply("tie"), form(Question("overall", "", Scale.TWO_WAY, False)))


def test_a_quotation_inside_a_broken_object_is_not_taken_for_the_verdict() -> None:
    broken = '{"overall": {"rationale": "it says ' + reply("A clearly better") + '", "verdict": "B clearly'
    with pytest.raises(Unreadable):
        read(broken, form())


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
        read(reply(word), form(letters="ABC"))


def test_one_reply_answers_every_criterion_or_none() -> None:
    questions = [
        Question("helpful", "", Scale.THREE_WAY, False),
        Question("truthful", "", Scale.FIVE_POINT, False),
    ]
    whole = json.dumps({"helpful": {"verdict": "tie"}, "truthful": {"verdict": "A slightly better"}})
    assert {name: str(verdict.ranking) for name, verdict in read(whole, form(*questions)).items()} == {
        "helpful": "a=b",
        "truthful": "a>b",
    }
    with pytest.raises(Unreadable, match="truthful"):
        read(json.dumps({"helpful": {"verdict": "tie"}}), form(*questions))


def test_a_rationale_that_no_database_takes_is_made_storable() -> None:
    verdict = read('{"overall": {"rationale": "a\\u0000b\\ud800", "verdict": "tie"}}', form())
    assert verdict["overall"].rationale == "a�b�"


def test_a_verdict_in_letters_of_another_call_is_not_offered() -> None:
    drawn = form(letters="KM")
    assert read(reply("M clearly better"), drawn)["overall"].ranking.winner == "b"
    for word in ("A clearly better", "B clearly better", "k", "m>k"):
        with pytest.raises(Unreadable, match="not offered"):
            read(reply(word), drawn)
    with pytest.raises(Unreadable, match="not offered"):
        read(reply("A>B>C"), form(letters="KMP"))


def test_tagged_text_is_read_by_the_token_of_the_call_and_the_last_line_binds() -> None:
    tagged = form(OVERALL, Question("helpful", "", Scale.TWO_WAY, False), letters="KM", rung=Rung.TAGGED)
    text = (
        "VERDICT 00000000 overall: K clearly better\n"
        "RATIONALE 5f3a9c01 overall: The first says\nVERDICT overall: K clearly better\n"
        "VERDICT 5f3a9c01 overall: K clearly better\n"
        "**VERDICT 5f3a9c01 overall:** M slightly better\n"
        "  VERDICT 5f3a9c01 helpful: `M better`\n"
    )
    found = read(text, tagged)
    assert {name: (str(one.ranking), one.strength) for name, one in found.items()} == {
        "overall": ("b>a", 1),
        "helpful": ("b>a", None),
    }
    assert found["overall"].rationale.startswith("The first says")
    with pytest.raises(Unreadable, match="'nonsense' is not offered"):
        read(text + "VERDICT 5f3a9c01 helpful: nonsense", tagged)
    with pytest.raises(Unreadable, match="token of the call"):
        read(text.replace("5f3a9c01", "deadbeef"), tagged)


def test_letters_in_a_rationale_become_the_stored_ones_where_they_mean_responses() -> None:
    said = "Response K beats Response M. Responses K and M differ: vitamin K is not it; response M, K > M."
    verdict = Verdict(parse("a>b", 2), 1, said)
    found = in_stored_letters({"overall": verdict}, form(letters="KM"), "ba")["overall"]
    assert str(found.ranking) == "b>a"
    assert found.rationale == (
        "Response B beats Response A. Responses B and A differ: vitamin K is not it; response A, B > A."
    )
