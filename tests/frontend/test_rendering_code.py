"""Code is coloured in common languages, and only as much of it as a text may cost."""

from html import unescape

import pytest
from django.utils.html import strip_tags

from annotation.models import Comparison
from frontend.rendering import content_of, to_html
from frontend.rendering.comparisons import COLOURED
from frontend.rendering.highlight import ALLOWANCE, LANGUAGES, LONGEST, Allowance, to_spans
from tests.factories import make_comparison, make_project


def fence(language: str, code: str) -> str:
    return f"~~~~~~{language}\n{code}\n~~~~~~\n\n"


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
