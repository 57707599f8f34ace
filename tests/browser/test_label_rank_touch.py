"""Ranking on a phone: by touch, with targets for thumbs and the order under the eye."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.geometry import box
from tests.browser.ranking import arrived, make_rankings, order, place, row, sit, stored
from tests.browser.sitting import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


def touch_drag(page: Page, source: Locator, target: Locator, lands: bool = True) -> None:
    """One finger from the middle of one element to the middle of another, as the browser's own input."""
    cdp = page.context.new_cdp_session(page)
    start = box(source)
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 13):
        end = box(target)
        there = (end["x"] + end["width"] / 2, end["y"] + end["height"] / 2)
        point = {"x": x + (there[0] - x) * step / 12, "y": y + (there[1] - y) * step / 12}
        cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(20)
    # As a person does, it lets go when the row has come to stand where it is wanted.
    stood = 0
    for nudge in range(40 if lands else 0):
        stood = stood + 1 if target.locator(".landing").count() else 0
        if stood == 3:
            break
        end = box(target)
        point = {"x": end["x"] + end["width"] / 2, "y": end["y"] + end["height"] / 2 + nudge % 2}
        cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(100)
    page.wait_for_timeout(150)
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    cdp.detach()


def test_responses_are_ranked_by_dragging_with_a_finger(
    phone: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(phone, sign_in, live_server, make_rankings())
    assert phone.evaluate("scrollY") == 0, "the page begins at the question"
    expect(phone.locator(".order")).to_contain_text("Nothing placed yet")
    phone.get_by_role("link", name="Rank").tap()
    for letter, number in (("c", 1), ("a", 2), ("d", 2), ("b", 4)):
        touch_drag(phone, row(phone, letter).locator(".dots"), place(phone, number))
    assert order(phone) == "1:c 2:ad 4:b"
    expect(phone.locator(".order")).to_contain_text("C then A = D then B")
    phone.get_by_role("button", name="Submit").tap()
    expect(phone.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert phone.evaluate("scrollY") == 0
    (label,) = arrived(assignment)
    assert label.ranking == stored("c>a=d>b", assignment)


def test_a_tap_picks_up_and_a_tap_places(phone: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(phone, sign_in, live_server, make_rankings(k=3))
    phone.get_by_role("link", name="Rank").tap()
    for letter, number in (("a", 2), ("b", 1), ("c", 2)):
        row(phone, letter).get_by_role("button").tap()
        phone.locator(f'[data-tier="{number}"] .spot').tap()
    expect(phone.locator(".order")).to_contain_text("B then A = C")
    phone.get_by_role("button", name="Submit").tap()
    (label,) = arrived(assignment)
    assert label.ranking == stored("b>a=c", assignment)


def test_a_finger_beside_the_dots_scrolls_the_page(phone: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(phone, sign_in, live_server, make_rankings(k=9))
    phone.get_by_role("link", name="Rank").tap()
    phone.wait_for_timeout(200)
    before = phone.evaluate("scrollY")
    touch_drag(phone, row(phone, "c").locator(".opening"), phone.locator(".order"), lands=False)
    assert order(phone) == "-:abcdefghi"
    assert phone.evaluate("scrollY") != before


@pytest.mark.parametrize("task", ["full", "top-2", "best-worst"])
def test_everything_is_large_enough_for_a_thumb_and_fits_the_screen(
    phone: Page, sign_in: SignIn, live_server: Any, task: str
) -> None:
    sit(phone, sign_in, live_server, make_rankings(k=9, ranking=task))
    for target in phone.locator(".ordering.open :is(.grip, .dots, .spot, .apart), .order .button").all():
        size = box(target)
        assert min(size["width"], size["height"]) >= 44, target.evaluate("(element) => element.outerHTML")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
