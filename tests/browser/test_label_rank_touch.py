"""Ranking on a phone: by touch, with targets for thumbs and the order under the eye."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.geometry import box
from tests.browser.ranking import (
    arrived,
    expect_order,
    lead,
    make_rankings,
    order,
    place,
    row,
    sit,
    stored,
)
from tests.browser.reading import settle
from tests.browser.sitting import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


def moved(x: float, y: float) -> dict[str, Any]:
    return {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]}


def to_the_list(phone: Page) -> None:
    """Taps what leads to the list, and waits until the page has come to stand there."""
    phone.get_by_role("link", name="Rank").tap()
    phone.wait_for_url("**#answer")
    settle(phone)


def touch_drag(page: Page, source: Locator, target: Locator, lands: bool = True) -> None:
    """One finger from the middle of one element to the middle of another, as the browser's own input."""
    cdp = page.context.new_cdp_session(page)
    source.scroll_into_view_if_needed()  # once it stands still
    start = box(source)
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 13):
        end = box(target)
        there = (end["x"] + end["width"] / 2, end["y"] + end["height"] / 2)
        point = moved(x + (there[0] - x) * step / 12, y + (there[1] - y) * step / 12)
        cdp.send("Input.dispatchTouchEvent", point)
        page.wait_for_timeout(20)
    if lands:
        lead(page, target, lambda x, y: cdp.send("Input.dispatchTouchEvent", moved(x, y)))
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    cdp.detach()


def test_responses_are_ranked_by_dragging_with_a_finger(
    phone: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(phone, sign_in, live_server, make_rankings())
    assert phone.evaluate("scrollY") == 0, "the page begins at the question"
    expect(phone.locator(".order")).to_contain_text("Nothing placed yet")
    to_the_list(phone)
    for letter, number in (("c", 1), ("a", 2), ("d", 2), ("b", 4)):
        touch_drag(phone, row(phone, letter).locator(".dots"), place(phone, number))
        expect(place(phone, number).locator(f'[data-letter="{letter}"]:not(.landing)')).to_be_visible()
    expect_order(phone, "1:c 2:ad 4:b")
    expect(phone.locator(".order")).to_contain_text("C then A = D then B")
    phone.get_by_role("button", name="Submit").tap()
    expect(phone.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert phone.evaluate("scrollY") == 0
    (label,) = arrived(phone, assignment)
    assert label.ranking == stored("c>a=d>b", assignment)


def test_a_tap_picks_up_and_a_tap_places(phone: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(phone, sign_in, live_server, make_rankings(k=3))
    to_the_list(phone)
    for letter, number in (("a", 2), ("b", 1), ("c", 2)):
        grip = row(phone, letter).get_by_role("button")
        grip.tap()
        expect(grip).to_have_attribute("aria-pressed", "true")
        phone.locator(f'[data-tier="{number}"] .spot').tap()
        expect(place(phone, number).locator(f'[data-letter="{letter}"]')).to_be_visible()
    expect(phone.locator(".order")).to_contain_text("B then A = C")
    phone.get_by_role("button", name="Submit").tap()
    (label,) = arrived(phone, assignment)
    assert label.ranking == stored("b>a=c", assignment)


def test_a_finger_beside_the_dots_scrolls_the_page(phone: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(phone, sign_in, live_server, make_rankings(k=9))
    to_the_list(phone)
    before = phone.evaluate("scrollY")
    touch_drag(phone, row(phone, "c").locator(".opening"), phone.locator(".order"), lands=False)
    phone.wait_for_function("before => scrollY !== before", arg=before)
    assert order(phone) == "-:abcdefghi"


@pytest.mark.parametrize("task", ["full", "top-2", "best-worst"])
def test_everything_is_large_enough_for_a_thumb_and_fits_the_screen(
    phone: Page, sign_in: SignIn, live_server: Any, task: str
) -> None:
    sit(phone, sign_in, live_server, make_rankings(k=9, ranking=task))
    for target in phone.locator(".ordering.open :is(.grip, .dots, .spot, .apart), .order .button").all():
        size = box(target)
        assert min(size["width"], size["height"]) >= 44, target.evaluate("(element) => element.outerHTML")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
