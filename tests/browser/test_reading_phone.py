"""Reading on a small screen, by touch and at 200 % zoom."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.geometry import box
from tests.browser.reading import PARAGRAPH, SIX, Read, chapters, marked, view

pytestmark = pytest.mark.django_db(transaction=True)


def in_reach(page: Page, button: Any) -> None:
    place = box(button)
    assert place["height"] >= 44
    assert place["x"] + place["width"] <= page.viewport_size["width"]  # type: ignore[index]


def test_pages_stack_and_question_and_verdict_stay_in_view(phone: Page, read: Read) -> None:
    read(phone, (chapters(3), chapters(2)), prompt=PARAGRAPH * 3)
    assert view(phone)["layout"] == "stacked"
    phone.evaluate("window.scrollTo(0, 900)")
    expect(phone.locator("#prompt")).to_be_in_viewport(ratio=1)
    expect(phone.locator(".scale").first).to_be_in_viewport(ratio=1)
    assert box(phone.locator(".asked"))["height"] < 60, "two lines"
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("Side by side", "Scroll together", "Full view of A"):
        expect(phone.get_by_role("button", name=name)).to_have_count(0)


def test_the_question_unfolds_and_folds_by_touch(phone: Page, read: Read) -> None:
    read(phone, ("One.", "Two."), prompt=PARAGRAPH * 3)
    phone.get_by_role("button", name="Show all").tap()
    less = phone.get_by_role("button", name="Show less")
    expect(less).to_be_visible()
    assert box(phone.locator(".asked"))["height"] > 150
    less.tap()
    expect(less).to_have_count(0)
    assert box(phone.locator(".asked"))["height"] < 60


def test_differences_and_plain_text_by_touch(phone: Page, read: Read) -> None:
    read(phone, ("The **old** kettle.", "The new kettle."))
    differences = phone.get_by_role("button", name="Differences")
    plain = phone.get_by_role("button", name="Plain text")
    in_reach(phone, differences)
    in_reach(phone, plain)
    before = box(phone.locator(".response").first)
    differences.tap()
    expect(phone.get_by_text("1 only here")).to_have_count(2)
    assert marked(phone) == ["new", "old"]
    assert box(phone.locator(".response").first)["y"] == before["y"], "nothing jumps"
    plain.tap()
    expect(phone.get_by_text("The **old** kettle.")).to_be_visible()


def test_a_long_response_is_folded_so_that_the_next_one_is_near(phone: Page, read: Read) -> None:
    read(phone, (chapters(6), chapters(6)))
    expect(phone.locator(".response.folded")).to_have_count(2)
    more = phone.get_by_role("button", name="Show all", exact=True).first
    more.scroll_into_view_if_needed()
    in_reach(phone, more)
    place = phone.evaluate("scrollY")
    more.tap()
    expect(phone.locator(".response.folded")).to_have_count(1)
    assert phone.evaluate("scrollY") == place
    less = phone.get_by_role("button", name="Show less", exact=True)
    less.scroll_into_view_if_needed()
    less.tap()
    expect(phone.locator(".response.folded")).to_have_count(2)
    heading = phone.locator(".response").first.get_by_role("heading", level=2)
    expect(heading).to_be_in_viewport()
    prompt = box(phone.locator("#prompt"))
    assert box(heading)["y"] >= prompt["y"] + prompt["height"], "not under the question"


def test_picking_up_a_response_does_not_pull_the_list_away(phone: Page, read: Read) -> None:
    read(phone, SIX)
    assert view(phone)["layout"] == "stacked"
    phone.evaluate("window.scrollTo(0, 9999)")
    place = phone.evaluate("scrollY")
    phone.evaluate("document.dispatchEvent(new CustomEvent('tandem:picked', { detail: { letter: 'a' } }))")
    assert phone.evaluate("scrollY") == place


def test_turning_to_a_small_window_and_back_keeps_the_layout(page: Page, read: Read) -> None:
    read(page, ("One.", "Two."))
    assert view(page)["layout"] == "side"
    page.set_viewport_size({"width": 720, "height": 450})  # 200 % zoom of 1440 x 900
    expect(page.locator("#desk")).to_have_attribute("data-layout", "stacked")
    expect(page.locator("#prompt")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 720
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator("#desk")).to_have_attribute("data-layout", "side")
