"""How the texts lie on the page: side by side or stacked, and the reader's place in them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.geometry import box
from tests.browser.reading import SHORT, Read, answer, chapters, response, settle, tool, view

pytestmark = pytest.mark.django_db(transaction=True)


def test_short_responses_lie_side_by_side_and_long_ones_are_stacked(page: Page, read: Read) -> None:
    read(page, SHORT, (chapters(9), chapters(3)))
    assert view(page)["layout"] == "side"
    expect(tool(page, "Side by side")).to_have_attribute("aria-pressed", "true")
    answer(page)
    assert view(page)["layout"] == "stacked"
    expect(tool(page, "Side by side")).to_have_attribute("aria-pressed", "false")
    for part in ("#prompt", ".scale", "#submit"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)


def test_the_layout_chosen_by_key_is_remembered_for_pairs_and_for_more_apart(page: Page, read: Read) -> None:
    read(page, SHORT, SHORT)
    page.keyboard.press("v")
    assert view(page)["layout"] == "stacked"
    first, second = (box(response(page, letter)) for letter in "ab")
    assert first["y"] + first["height"] <= second["y"]
    answer(page)
    assert view(page)["layout"] == "stacked", "also for the next one"
    page.reload()
    assert view(page)["layout"] == "stacked", "also after a reload"
    page.keyboard.press("v")
    assert view(page)["layout"] == "side"
    read(page, ("One.", "Two.", "Three."))
    assert view(page)["layout"] == "grid"


def test_what_is_being_read_stays_in_place_when_the_layout_changes(page: Page, read: Read) -> None:
    read(page, (chapters(6), chapters(6)))
    page.keyboard.press("v" if view(page)["layout"] == "stacked" else "y")
    tool(page, "Scroll together").click()
    response(page, "b").evaluate("(page) => { page.scrollTop = 700 }")
    settle(page)
    before = page.evaluate(
        "[...document.querySelectorAll('[data-letter=b] h3')].map((h) => h.getBoundingClientRect().top)"
    )
    shown = next(index for index, top in enumerate(before) if top > 200)
    page.keyboard.press("Shift+B")
    settle(page)
    after = box(response(page, "b").locator("h3").nth(shown))["y"]
    assert abs(after - before[shown]) < 250, "a paragraph above may be shorter now, no more"
    page.keyboard.press("Escape")
    settle(page)
    back = box(response(page, "b").locator("h3").nth(shown))["y"]
    assert back == pytest.approx(before[shown], abs=30)


def test_page_down_turns_the_pages_from_the_question_and_from_a_verdict(page: Page, read: Read) -> None:
    read(page, (chapters(6), chapters(6)))
    page.locator("#prompt").focus()
    page.keyboard.press("PageDown")
    moved = "[...document.querySelectorAll('.pages, .response')].map((box) => box.scrollTop)"
    assert max(page.evaluate(moved)) > 200
    page.get_by_role("radio", name="Tie").focus()
    page.keyboard.press("PageUp")
    assert max(page.evaluate(moved)) == 0


def test_scrolling_boxes_are_named_and_reachable(page: Page, read: Read) -> None:
    wide = "| " + " | ".join(f"a long column name {number}" for number in range(14)) + " |\n"
    table = wide + "|---" * 14 + "|\n" + wide
    code = "```\n" + "x" * 300 + "\n```"
    read(page, (f"{table}\n\n{code}", "Short."))
    for name in ("Table", "Code"):
        box = page.get_by_role("group", name=name)
        expect(box).to_have_attribute("tabindex", "0")
    expect(page.locator(".response").first).to_have_attribute("tabindex", "0")


def test_marking_text_with_shift_and_arrows_chooses_nothing(page: Page, read: Read) -> None:
    read(page, SHORT)
    for place in ("#prompt", ".response"):
        page.locator(place).first.focus()
        for key in ("Shift+ArrowDown", "Shift+ArrowUp"):
            page.keyboard.press(key)
            expect(page.locator(place).first).to_be_focused()
    page.keyboard.press("1")
    page.locator("#prompt").focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
