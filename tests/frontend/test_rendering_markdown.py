"""Chat answers look as their writers meant them to."""

import pytest

from frontend.rendering import to_html, word_count


def test_headings_begin_below_those_of_the_page_whatever_level_the_text_uses() -> None:
    assert "<h3" in to_html("# One")
    assert "<h3" in to_html("#### One")
    html = to_html("## One\n\n#### Two\n\n## Three")
    assert html.count("<h3") == 2
    assert html.count("<h4") == 1


def test_line_breaks_of_the_text_are_kept() -> None:
    assert "first<br>" in to_html("first\nsecond")


def test_code_is_coloured_in_a_language_that_is_known_and_plain_in_any_other() -> None:
    assert '<span class="word">def</span>' in to_html("```python\ndef f(): pass\n```")
    assert "<span" not in to_html("```no-such-language\ndef f(): pass\n```")


def test_code_keeps_its_characters_and_spaces() -> None:
    assert "a  &lt; b\n  c" in to_html("```\na  < b\n  c\n```")


def test_a_table_scrolls_in_its_own_box_and_keeps_its_alignment() -> None:
    html = to_html("| a | b |\n| --- | ---: |\n| 1 | 2 |")
    assert '<div class="wide"><table dir="ltr">' in html
    assert '<td class="n" dir="auto">2</td>' in html


@pytest.mark.parametrize(
    "text", ["$a^2$", r"\(a^2\)", "$$a^2$$", r"\[a^2\]", "\\[\na^2\n\\]", "so $$a^2$$ it is"]
)
def test_a_formula_in_any_common_notation_becomes_mathml(text: str) -> None:
    html = to_html(text)
    assert "<msup><mi>a</mi><mn>2</mn></msup>" in html
    assert "$" not in html


def test_prices_are_not_formulas() -> None:
    assert "<math" not in to_html("It costs $5 and then $10, so $5-$10 or US$7 a day.")


def test_a_formula_that_cannot_be_read_is_shown_as_it_was_written() -> None:
    assert r'<code dir="ltr">\frac{1}{</code>' in to_html(r"$\frac{1}{$")


def test_every_block_finds_its_own_direction() -> None:
    assert to_html("سلام\n\nhello").count('<p dir="auto">') == 2


def test_tildes_strike_and_links_open_elsewhere() -> None:
    assert "<s>gone</s>" in to_html("~~gone~~")
    assert 'href="https://example.org/?a=1&amp;b=2"' in to_html("[x](https://example.org/?a=1&b=2)")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("one two  three\nfour", 4),
        ("It's a well-known fact.", 4),
        ("守株待兔", 4),
        ("ひらがな abc", 5),
        ("안녕 하세요", 2),
        ("**bold** and `code`", 3),
        ("€ 5 -- !", 1),
    ],
)
def test_words_are_counted_as_a_reader_would(text: str, number: int) -> None:
    assert word_count(text) == number
