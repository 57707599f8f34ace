"""Words that only one response has: marked in every language, and off for the next pair."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import SHORT, Read, answer, marked, tool, view

pytestmark = pytest.mark.django_db(transaction=True)


def test_differences_mark_the_words_of_one_side_and_are_off_for_the_next_one(page: Page, read: Read) -> None:
    read(page, ("The **old** kettle boils.", "The new kettle boils."), SHORT)
    body = page.locator(".pages").inner_html()
    assert view(page)["diff"] is False
    page.keyboard.press("d")
    assert marked(page) == ["new", "old"]
    expect(page.get_by_role("status").filter(has_text="Words only here: 1 in A, 1 in B")).to_be_visible()
    expect(tool(page, "Differences")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("d")
    assert marked(page) == []
    assert page.locator(".pages .said").first.inner_html() in body, "the text was not touched"
    assert view(page)["diff"] is True, "that it was used is recorded"
    page.keyboard.press("d")
    answer(page)
    assert marked(page) == []
    assert view(page)["diff"] is False
    expect(tool(page, "Differences")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize(
    ("texts", "different"),
    [
        (("今天天气很好。", "今天天气不好。"), ["不", "很"]),
        (("Take `a + b` here.", "Take `a - b` here!"), ["+", "-"]),
        (("النسخ مهم جدا", "النسخ ضروري جدا"), ["ضروري", "مهم"]),
        (("- one\n- two", "one two"), []),
        (("One red and blue pen.", "One green pen."), ["green", "red and blue"]),
    ],
    ids=["chinese", "code", "arabic", "only layout", "neighbours"],
)
def test_words_are_those_of_the_language(
    page: Page, read: Read, texts: tuple[str, str], different: list[str]
) -> None:
    read(page, texts)
    page.keyboard.press("d")
    assert marked(page) == different
    if not different:
        expect(page.get_by_text("Both say the same words")).to_be_visible()


def test_differences_follow_the_plain_text(page: Page, read: Read) -> None:
    read(page, ("One [pen](https://example.org/pen).", "One pen."))
    page.keyboard.press("d")
    assert marked(page) == []
    page.keyboard.press("x")
    expect(page.get_by_text("(https://example.org/pen)")).to_be_visible()
    assert "https" in " ".join(marked(page))


def test_differences_of_two_times_three_thousand_words_are_marked_and_more_is_refused(
    page: Page, read: Read
) -> None:
    """How long it takes is bounded by what is refused; see MOST in diff.js."""

    def words(number: int, step: int) -> str:
        return " ".join(f"word{index * step % 997}" for index in range(number))

    read(page, (words(3000, 7), words(3000, 11)), (words(9000, 7), words(9000, 11)))
    page.keyboard.press("d")
    assert len(marked(page)) > 0
    answer(page)
    page.keyboard.press("d")
    expect(page.get_by_text("Too long to compare word by word")).to_be_visible()
    expect(tool(page, "Differences")).to_have_attribute("aria-pressed", "false")
