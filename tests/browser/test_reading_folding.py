"""Long texts are folded, one is read at full width, and Enter stays with the answer."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.geometry import box
from tests.browser.reading import PARAGRAPH, SHORT, Read, answer, chapters, marked, response, tool, view

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_long_response_is_folded_until_all_of_it_is_asked_for(page: Page, read: Read) -> None:
    read(page, (chapters(12), "Short."))
    assert view(page)["layout"] == "stacked"
    long = page.locator(".response.folded")
    expect(long).to_have_count(1)
    height = box(long)["height"]
    assert 1200 < height < 2000
    button = page.get_by_role("button", name="Show all", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".response.folded")).to_have_count(0)
    expect(page.get_by_text("Chapter 12")).to_be_visible()
    less = page.get_by_role("button", name="Show less")
    expect(less).to_have_attribute("aria-expanded", "true")
    less.press("Enter")
    expect(page.locator(".response.folded")).to_have_count(1)
    expect(page.locator(".response.folded h2")).to_be_in_viewport()


def test_full_view_shows_one_response_and_the_verdict_stays_usable(page: Page, read: Read) -> None:
    read(page, SHORT, SHORT)
    page.keyboard.press("Shift+B")
    expect(response(page, "a")).to_be_hidden()
    assert box(response(page, "b"))["width"] > 1400
    expect(page.get_by_role("button", name="Full view of B")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+A")
    expect(response(page, "a")).to_be_visible()
    expect(response(page, "b")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(response(page, "b")).to_be_visible()
    page.get_by_role("button", name="Full view of A").click()
    expect(response(page, "b")).to_be_hidden()
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    page.keyboard.press("Shift+A")
    expect(response(page, "b")).to_be_visible()
    assert view(page)["full"] == ["a", "b"]
    answer(page)
    assert view(page)["full"] == []


def test_a_long_question_opens_and_closes_by_key(page: Page, read: Read) -> None:
    read(page, SHORT, prompt=PARAGRAPH * 12)
    asked = page.locator(".asked")
    folded = box(asked)["height"]
    page.keyboard.press("Shift+P")
    assert box(asked)["height"] > 1.5 * folded
    expect(page.locator(".scale")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    assert box(asked)["height"] == pytest.approx(folded, abs=1)


def test_a_click_on_a_tool_leaves_enter_to_the_answer(page: Page, read: Read) -> None:
    read(page, SHORT, SHORT)
    tool(page, "Differences").click()
    answer(page)
    assert marked(page) == []


def test_after_a_click_on_show_all_enter_submits(page: Page, read: Read) -> None:
    read(page, (chapters(12), "Short."), SHORT, prompt=PARAGRAPH * 12)
    for _ in range(2):
        page.get_by_role("button", name="Show all").first.click()
    expect(page.get_by_role("button", name="Show less")).to_have_count(2)
    answer(page)
    expect(page.get_by_text(SHORT[0])).to_be_visible()
