"""Code is coloured in common languages, and hostile code costs no more than any other text."""

import time
from html import unescape

import pytest
from django.utils.html import strip_tags

from annotation.models import Comparison
from frontend.rendering import content_of, to_html
from frontend.rendering.comparisons import COLOURED
from frontend.rendering.highlight import ALLOWANCE, LANGUAGES, LONGEST, Allowance, to_spans
from frontend.rendering.markdown import LONGEST as LONGEST_TEXT
from tests.factories import make_comparison, make_project

BEGINNINGS = ("", '"', "{", "a ")
INSIDE = {"html": ("<script>", "<style>a{"), "php": ("<?php ", "<script>")}
PATTERNS = (
    "\n", "a\n", " \n", "\n\n\n\na", "\n " * 40 + "a", " " * 99 + "a", "a b ", "a.a.", "a::", "a:",
    "a(", "a<", "a a(", "[", "({[", "[]", "{", '"', '\\"', "'''", "\\", "\\\n", "`", "/", "//", "/*", "#",
    "#\n", "-- ", "==", "~", "|\n", "$a", "${", "@a ", "&", "&a", "<", "<a b=", "<!--", "1_", "_", "0x", "**",
    "é", "f'{", "R\"(", "- ",
)  # fmt: skip


def fence(language: str, code: str) -> str:
    return f"~~~~~~{language}\n{code}\n~~~~~~\n\n"


def block(beginning: str, pattern: str) -> str:
    return (beginning + pattern * LONGEST)[:LONGEST]


def work(language: str, code: str) -> float:
    started = time.process_time()
    to_spans(code, language, Allowance())
    return time.process_time() - started


@pytest.mark.parametrize("language", sorted(set(LANGUAGES.values()) & set(LANGUAGES) | {"php"}))
def test_the_worst_code_in_any_language_is_coloured_in_no_time(language: str) -> None:
    """Bounds are for a busy machine; on an idle one the worst block takes about a twentieth of a second."""
    took = {
        (beginning, pattern): work(language, block(beginning, pattern))
        for beginning in (*BEGINNINGS, *INSIDE.get(language, ()))
        for pattern in PATTERNS
    }
    worst = max(took, key=lambda key: took[key])
    assert took[worst] < 0.5, worst
    text = fence(language, block(*worst)) * 3 + block(*worst) * 40
    started = time.process_time()
    assert to_html(text[:LONGEST_TEXT])
    assert time.process_time() - started < 2


def test_ten_thousand_small_blocks_cost_no_more_than_their_markdown() -> None:
    started = time.process_time()
    to_html((fence("c++", "a") * LONGEST_TEXT)[:LONGEST_TEXT])
    assert time.process_time() - started < 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_known_by_its_names_and_keeps_the_code_as_it_is(language: str) -> None:
    code = '\n<a>  "text" # 1 // x\n'
    html = to_spans(code, language.upper(), Allowance())
    assert "<a>" not in html
    assert unescape(strip_tags(html)) == code


def test_code_longer_than_people_read_in_colour_is_plain() -> None:
    line = "x = 1\n"
    assert "<span" in to_html(fence("python", line * (LONGEST // len(line))))
    assert "<span" not in to_html(fence("python", line * (LONGEST // len(line) + 1)))


def test_colour_ends_where_the_allowance_of_a_text_does() -> None:
    code = "pass\n" * 200
    html = to_html(fence("python", code) * 10)
    assert html.count("<pre ") == 10
    assert html.count("pass") == 2000
    assert html.count('<span class="word">') == 200 * (ALLOWANCE // len(code.rstrip()))


@pytest.mark.django_db
def test_every_response_of_a_comparison_has_the_same_allowance() -> None:
    code = "pass\n" * 100
    texts = [fence("python", code) * number for number in (30, 29, 28)]
    comparison = make_comparison(make_project(), *texts, prompt=texts[0])
    content = content_of(Comparison.objects.get(pk=comparison.pk))
    html = [content["prompt"][0]["html"], *(side["turns"][0]["html"] for side in content["responses"])]
    coloured = {one.count('<span class="word">') for one in html}
    assert coloured == {100 * (COLOURED // 4 // len(code.rstrip()))}


@pytest.mark.django_db
def test_the_allowance_of_a_response_is_shared_by_its_messages() -> None:
    comparison = make_comparison(make_project())
    message = {"role": "assistant", "content": fence("python", "pass\n" * 100)}
    comparison.responses.update(messages=[message] * 50, context=[message] * 50)
    for side in content_of(comparison)["responses"]:
        turns = side["turns"] + side["context"]
        assert sum(turn["html"].count("<span") for turn in turns) * len("pass\n") <= COLOURED // 3
