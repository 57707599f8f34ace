"""Two pages that scroll together by their landmarks."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.geometry import box
from tests.browser.reading import SHORT, Read, chapters, response, settle, tool, view

pytestmark = pytest.mark.django_db(transaction=True)


def side_by_side(page: Page, read: Read, *texts: str) -> None:
    read(page, texts)
    if view(page)["layout"] != "side":
        page.keyboard.press("v")


def scroll(page: Page, letter: str, to: float) -> float:
    """Scrolls one page as a wheel would and gives where the other one is then."""
    other = "b" if letter == "a" else "a"
    response(page, letter).evaluate("(page, to) => { page.scrollTop = to }", to)
    settle(page)
    return float(response(page, other).evaluate("(page) => page.scrollTop"))


def top_of(page: Page, letter: str, text: str) -> float:
    """How far a text's top is from the top of the window."""
    return box(response(page, letter).get_by_text(text, exact=True).first)["y"]


def test_paired_headings_meet_though_one_side_says_more(page: Page, read: Read) -> None:
    side_by_side(page, read, chapters(5, paragraphs=1), chapters(5, paragraphs=4))
    expect(tool(page, "Scroll together")).to_have_attribute("aria-pressed", "true")
    line = page.evaluate(
        "(() => { const box = document.querySelector('.response').getBoundingClientRect();"
        " return box.top + box.height * 0.2 })()"
    )
    for letter in "ab":
        scroll(page, letter, 0)
        here = top_of(page, letter, "Chapter 3")
        scroll(page, letter, here - line)
        assert top_of(page, "a", "Chapter 3") == pytest.approx(top_of(page, "b", "Chapter 3"), abs=2)


def test_both_pages_reach_both_ends_whichever_is_scrolled(page: Page, read: Read) -> None:
    side_by_side(page, read, chapters(3), chapters(7))
    for letter, other in ("ab", "ba"):
        scroll(page, letter, 99_999)
        rest = "(page) => page.scrollHeight - page.clientHeight - page.scrollTop"
        assert response(page, letter).evaluate(rest) < 2
        assert response(page, other).evaluate(rest) < 2
        assert scroll(page, letter, 0) == 0


def test_scrolling_by_wheel_neither_loops_nor_jitters(page: Page, read: Read) -> None:
    side_by_side(page, read, chapters(5), chapters(7))
    page.evaluate(
        """() => {
          window.seen = { a: [], b: [] };
          for (const page of document.querySelectorAll(".response")) {
            page.addEventListener("scroll", () => window.seen[page.dataset.letter].push(page.scrollTop));
          }
        }"""
    )
    response(page, "a").hover()
    for _ in range(12):
        page.mouse.wheel(0, 60)
        settle(page)
    page.wait_for_function("window.seen.a.at(-1) >= 719")
    settle(page)
    seen = page.evaluate("window.seen")
    assert len(seen["a"]) >= 3
    for positions in seen.values():
        assert positions == sorted(positions), "no page ever moves back"
    assert seen["a"][-1] == pytest.approx(720, abs=1), "nor is the wheel's way changed"


def test_scrolling_together_is_switched_off_by_key_and_stays_off(page: Page, read: Read) -> None:
    side_by_side(page, read, chapters(3), chapters(3))
    page.keyboard.press("y")
    expect(tool(page, "Scroll together")).to_have_attribute("aria-pressed", "false")
    assert scroll(page, "a", 300) == 0
    page.reload()
    assert scroll(page, "a", 200) == 0
    page.keyboard.press("y")
    assert scroll(page, "a", 250) > 100


def test_a_page_that_does_not_overflow_leaves_the_other_alone(page: Page, read: Read) -> None:
    side_by_side(page, read, "Short.", chapters(3))
    long = page.locator(".response", has_text="Chapter 1")
    long.focus()
    page.keyboard.press("End")
    expect(page.get_by_text("stove").last).to_be_in_viewport()


def test_where_pages_cannot_scroll_together_the_button_says_why(page: Page, read: Read) -> None:
    read(page, SHORT)
    page.keyboard.press("v")
    expect(tool(page, "Scroll together")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("y")
    expect(page.get_by_text("Only side by side")).to_be_visible()
    page.keyboard.press("v")
    expect(page.get_by_text("Only side by side")).to_have_count(0)
    expect(tool(page, "Scroll together")).to_have_attribute("aria-disabled", "false")
