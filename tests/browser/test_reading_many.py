"""Reading more than two responses: as a grid, two at a time, and the one that is picked up."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import SIX, Read, chapters, response, view

pytestmark = pytest.mark.django_db(transaction=True)


def visible(page: Page) -> list[str]:
    """The letters on show, from left to right."""
    letters: list[str] = page.evaluate(
        """[...document.querySelectorAll(".response")].filter((page) => page.getClientRects().length)
          .sort((one, other) => one.getBoundingClientRect().left - other.getBoundingClientRect().left)
          .map((page) => page.dataset.letter)"""
    )
    return letters


def test_more_than_four_are_read_two_at_a_time_and_four_as_a_grid(page: Page, read: Read) -> None:
    read(page, SIX)
    assert view(page)["layout"] == "two"
    assert visible(page) == ["a", "b"]
    page.keyboard.press("v")
    assert view(page)["layout"] == "grid"
    assert len(visible(page)) == 6
    page.reload()
    assert view(page)["layout"] == "grid"
    page.keyboard.press("t")
    assert visible(page) == ["a", "b"]
    expect(page.get_by_role("button", name="Differences")).to_have_count(0)


def test_every_response_comes_to_either_page_by_button(page: Page, read: Read) -> None:
    read(page, SIX)
    left, right = (page.get_by_role("group", name=f"{side} page") for side in ("Left", "Right"))
    right.get_by_role("button", name="Response F").click()
    assert visible(page) == ["a", "f"]
    left.get_by_role("button", name="Response C").focus()
    page.keyboard.press("Space")
    assert visible(page) == ["c", "f"]
    expect(left.get_by_role("button", name="Response C")).to_have_attribute("aria-pressed", "true")
    left.get_by_role("button", name="Response F").click()
    assert visible(page) == ["f", "c"], "from the other page, the two change places"


def test_a_response_that_is_picked_up_comes_into_view(page: Page, read: Read) -> None:
    read(page, SIX)
    page.keyboard.press("e")
    assert visible(page) == ["e", "b"]
    page.keyboard.press("f")
    assert visible(page) == ["e", "f"], "the page that was not turned last"
    page.keyboard.press("Shift+A")
    assert visible(page) == ["a"], "full view also of one that is on neither page"
    page.keyboard.press("d")
    assert visible(page) == ["d"]
    expect(page.locator(".rank :focus")).to_have_attribute("data-key", "d")
    page.keyboard.press("Escape")  # puts it down
    page.keyboard.press("Escape")
    assert visible(page) == ["e", "f"]


def test_a_response_far_down_in_the_grid_is_scrolled_to_when_picked_up(page: Page, read: Read) -> None:
    read(page, tuple(f"{name}\n\n{chapters(3)}" for name in ("One", "Two", "Three", "Four")))
    expect(response(page, "d")).not_to_be_in_viewport()
    page.keyboard.press("d")
    expect(response(page, "d").get_by_role("heading", name="Response D")).to_be_in_viewport()
