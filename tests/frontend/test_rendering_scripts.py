"""Arabic, Hebrew, Chinese, Hindi and the rest read the right way round, and their words are counted right."""

import pytest

from frontend.rendering import to_html, word_count
from frontend.rendering.direction import direction_of

ARABIC, HEBREW = "مرحبا بكم", "שלום לכולם"


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Hello", "ltr"), (ARABIC, "rtl"), (HEBREW, "rtl"), ("1. — 25 % " + ARABIC, "rtl"), ("漢字", "ltr"),
        ("हिन्दी", "ltr"), ("\u200fA", "rtl"), ("\u200e" + ARABIC, "ltr"),
        ("ߒߞߏ", "rtl"), ("12 + 5 = …", None), ("", None),
    ],
)  # fmt: skip
def test_a_text_runs_the_way_of_its_first_letter(text: str, direction: str | None) -> None:
    assert direction_of(text) == direction


def test_lists_and_quotations_of_right_to_left_text_have_their_marks_on_the_right() -> None:
    """A list whose paragraphs each have a direction has none by itself: browsers pass over them."""
    for opening, source in {
        '<ul dir="rtl">': f"- {ARABIC}\n\n- {ARABIC}\n",
        '<ol dir="rtl">': f"1. {HEBREW}\n2. x\n",
        '<blockquote dir="rtl">': f"> {HEBREW}\n",
        '<li dir="rtl">': f"- {ARABIC}\n\n  {ARABIC}\n",
    }.items():
        assert opening in to_html(source), source


def test_a_table_runs_with_its_first_words() -> None:
    assert '<table dir="rtl">' in to_html(f"| {ARABIC} | b |\n| --- | --- |\n| 1 | 2 |")
    assert '<table dir="ltr">' in to_html(f"| b | {ARABIC} |\n| --- | --- |\n| 1 | 2 |")
    assert "<table>" in to_html("| 1 | 2 |\n| --- | --- |\n| 3 | 4 |")


def test_an_inner_list_may_run_the_other_way() -> None:
    html = to_html(f"- {ARABIC}\n  - English\n    - {HEBREW}\n- more\n\n> > {HEBREW}\n\nEnglish\n\n> English")
    assert html.count('<ul dir="rtl">') == 2
    assert html.count('<ul dir="ltr">') == 1
    assert html.count('<blockquote dir="rtl">') == 2
    assert html.count('<blockquote dir="ltr">') == 1


def test_code_and_formulas_do_not_decide_the_direction_and_keep_their_own() -> None:
    html = to_html(f"- `x = 1` {ARABIC}\n- $a+b$ {ARABIC}\n\n```\ncode\n```\n")
    assert '<ul dir="rtl">' in html
    assert '<code dir="ltr">x = 1</code>' in html
    assert '<pre dir="auto"><code dir="ltr">code</code></pre>' in html


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("**重点：**正文", "重点："), ("正文**重点。**正文", "重点。"), ("说**“引用”**吧", "“引用”"),
        ("これは**「強調」**です", "「強調」"),
        ("한국어**(강조)**입니다", "(강조)"), ("**100%**です", "100%"), ("文**`x`**文", None),
        ("**plain** words", "plain"),
    ],
)  # fmt: skip
def test_emphasis_needs_no_spaces_where_a_language_has_none(text: str, bold: str | None) -> None:
    html = to_html(text)
    assert html.count("<strong>") == html.count("</strong>") == 1
    assert "**" not in html
    assert bold is None or f"<strong>{bold}</strong>" in html


@pytest.mark.parametrize(
    "text", ["2 * 3 * 4", "a * b", "文 ** 文 ** 文", "snake_case_词_x", "**（", "** 文 **"]
)
def test_asterisks_that_stand_alone_stay(text: str) -> None:
    html = to_html(text)
    assert "<strong>" not in html
    assert "<em>" not in html


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Two words", 2), ("don't stop-gap", 2), ("漢字 かな", 4), ("日本語です。", 5),
        ("안녕하세요 여러분", 2),
        ("हिन्दी में लिखा है।", 4), ("שָׁלוֹם עוֹלָם", 2), ("مَرْحَبًا بِكُمْ", 2), ("cafe\u0301 x", 2), ("தமிழ் மொழி", 2),
        ("Hello世界", 3), ("x\u0301-漢", 2), ("𠮷野家", 3), ("3.5 %", 2), ("— … !", 0), ("สวัสดี", 1),
    ],
)  # fmt: skip
def test_words_are_counted_as_readers_of_each_script_would(text: str, number: int) -> None:
    assert word_count(text) == number
