"""Whatever a response says, the prompt keeps its structure."""

import re
from dataclasses import replace

import pytest

from annotation.ranking import Scale
from llm_judges.prompts import (
    Material,
    TemplateError,
    Unshowable,
    Words,
    built_in,
    built_in_text,
    parse,
    shortened,
)
from llm_judges.prompts import render as render_parsed
from llm_judges.verdicts import Form, Question, Rung
from tests.llm_judges.attacks import ATTACKS

QUESTIONS = (Question("overall", "Which is better?", Scale.FIVE_POINT, True),)
BOUNDARY = "0123456789abcdef"
MARK = re.compile(r"⟦(BEGIN|END) ([^⟧]*) ([0-9a-f]{16})⟧")
STRUCTURE = [
    ("BEGIN", "PROMPT"),
    ("END", "PROMPT"),
    ("BEGIN", "RESPONSE A"),
    ("END", "RESPONSE A"),
    ("BEGIN", "RESPONSE B"),
    ("END", "RESPONSE B"),
]


def message(text: str, role: str = "user") -> dict[str, str]:
    return {"role": role, "content": text}


def material(*responses: str, prompt: str = "Name a use for a paper clip.") -> Material:
    return Material(
        [message(prompt)], [[] for _ in responses], [[message(text, "assistant")] for text in responses]
    )


def render(
    template: str, what: Material, guidelines: str = "", rung: str = Rung.JSON_SCHEMA, rubric: str = ""
) -> list[dict[str, str]]:
    """With letters A, B … and the boundary of these tests."""
    letters = "ABCDEF"[: len(what.responses)]
    taken = parse(built_in_text(template))
    form = Form(QUESTIONS, letters, rung, BOUNDARY[:8], taken.own_answer)
    return render_parsed(taken, what, Words(guidelines, rubric), form, BOUNDARY)


def marks(text: str) -> list[tuple[str, str]]:
    return [(kind, title) for kind, title, _ in MARK.findall(text)]


@pytest.mark.parametrize("rung", Rung.ALL)
@pytest.mark.parametrize("template", built_in())
def test_templates_use_known_variables_and_have_two_parts(template: str, rung: str) -> None:
    system, user = render(template, material("one", "two"), "Be fair.", rung)
    assert (system["role"], user["role"]) == ("system", "user")
    assert "Be fair." in system["content"]
    assert not re.search(r"\{[a-z_]+\}", system["content"] + user["content"])


def test_an_unknown_template_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'../secret'.*known: multipref, own-answer, pairwise"):
        built_in_text("../secret")


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_response_cannot_change_the_structure(attack: str) -> None:
    user = render("pairwise", material(attack, "honest"))[1]["content"]
    assert marks(user) == STRUCTURE
    inside = user.split(f"⟦BEGIN RESPONSE A {BOUNDARY}⟧\n")[1].split(f"\n⟦END RESPONSE A {BOUNDARY}⟧")[0]
    assert inside.translate(str.maketrans({"⟦": "[[", "⟧": "]]"})) == inside
    assert inside == attack.translate(str.maketrans({"⟦": "[[", "〚": "[[", "⟧": "]]", "〛": "]]"}))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_prompt_or_guideline_cannot_either(attack: str) -> None:
    system, user = render("pairwise", material("one", "two", prompt=attack), f"Be fair. {attack}")
    assert marks(user["content"]) == STRUCTURE
    assert marks(system["content"])[-2:] == [("BEGIN", "GUIDELINES"), ("END", "GUIDELINES")]


def test_a_conversation_and_what_came_before_each_response_are_shown() -> None:
    chat = Material(
        prompt=[message("Hi"), message("Hello!", "assistant"), message("Sing.")],
        contexts=[[message("first turn A")], [message("first turn B", "Assistant⟧")]],
        responses=[[message("la", "assistant")], [message("lala", "assistant")]],
    )
    user = render("pairwise", chat)[1]["content"]
    assert [title for kind, title in marks(user) if kind == "BEGIN"] == [
        "PROMPT, MESSAGE 1 (user)",
        "PROMPT, MESSAGE 2 (assistant)",
        "PROMPT, MESSAGE 3 (user)",
        "BEFORE RESPONSE A, MESSAGE 1 (user)",
        "RESPONSE A",
        "BEFORE RESPONSE B, MESSAGE 1 (assistant)",
        "RESPONSE B",
    ]


def test_more_than_two_are_ranked_by_letter() -> None:
    system, user = render("ranking", material("x", "y", "z", "w"))
    assert "You rank 4 responses" in system["content"]
    assert "all letters A, B, C and D, best first, such as B>A>C=D" in system["content"]
    assert "Rank Responses A, B, C and D" in user["content"]


@pytest.mark.parametrize(
    "bad",
    [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]},
        {"role": "assistant", "content": None},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]},
        {"role": "user", "content": [3]},
    ],
)
def test_what_is_not_text_is_not_shown_in_part(bad: dict[str, object]) -> None:
    with pytest.raises(Unshowable):
        render("pairwise", Material([bad], [[], []], [[message("a")], [message("b")]]))


def test_a_rubric_and_a_reference_are_shown_and_what_is_missing_leaves_no_hole() -> None:
    with_both = replace(material("one", "two"), reference="Forty-two.")
    system, user = render("rubric", with_both, rubric="- It must name the number.")
    assert "It must name the number." in system["content"]
    assert ("BEGIN", "REFERENCE ANSWER") in marks(user["content"])
    for part in render("rubric", material("one", "two")):
        assert "\n\n\n" not in part["content"]
        assert "REFERENCE" not in part["content"]


def test_a_reference_cannot_change_the_structure_either() -> None:
    for attack in ATTACKS:
        user = render("pairwise", replace(material("one", "two"), reference=attack))[1]["content"]
        assert marks(user) == [
            *STRUCTURE[:2],
            ("BEGIN", "REFERENCE ANSWER"),
            ("END", "REFERENCE ANSWER"),
            *STRUCTURE[2:],
        ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{prompt}\n=== user ===\n{responses}{questions}{answer}{password}", "unknown variable 'password'"),
        ("{prompt}{responses}{questions}{answer}", "needs one line '=== user ==='"),
        ("{prompt}\n=== user ===\n{responses}{questions}", "does not use {answer}"),
        (
            "for: cats\n=== system ===\n{prompt}\n=== user ===\n{responses}",
            "'for' in its head must be one of",
        ),
        ("colour: red\n=== system ===\n{prompt}\n=== user ===\n{responses}", "unknown line 'colour: red'"),
        ("{x.__class__}{prompt}\n=== user ===\n{responses}", "does not use"),
    ],
)
def test_a_template_that_could_not_be_rendered_is_refused(text: str, says: str) -> None:
    with pytest.raises(TemplateError) as error:
        parse(text)
    assert says in str(error.value)


def test_shortening_leaves_short_texts_alone_and_cuts_the_others_to_the_same_length() -> None:
    long_one, longer, short = "a" * 3000, "b" * 9000, "c" * 50
    what, left_out = shortened(material(long_one, longer, prompt=short), 2050)
    texts = [what.prompt[0]["content"], *(response[0]["content"] for response in what.responses)]
    assert texts[0] == short
    assert [text.count(letter * 100) for text, letter in zip(texts[1:], "ab", strict=True)] == [10, 10]
    assert "[… 2,000 characters left out here …]" in texts[1]
    assert left_out == 2000 + 8000


def test_what_fits_is_not_shortened() -> None:
    what, left_out = shortened(material("one", "two"), 10_000)
    assert (what.responses, left_out) == (material("one", "two").responses, 0)
