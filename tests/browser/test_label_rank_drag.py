"""Ranking by mouse: rows are dragged, or clicked and put down."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.geometry import box
from tests.browser.ranking import arrived, expect_order, lead, make_rankings, place, row, sit, stored
from tests.browser.sitting import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


def drag(page: Page, source: Locator, target: Locator, at: float = 0.6) -> None:
    """Drags with the mouse: from the middle of one element to `at` of another one's height."""
    source.hover()  # once it stands still
    start = box(source)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2 - 10, steps=3)
    lead(page, target, lambda x, y: page.mouse.move(x, y, steps=4), at)
    page.mouse.up()


def test_responses_are_ranked_by_dragging_with_the_mouse(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    drag(page, row(page, "c"), place(page, 1))
    expect(page.locator("#announce")).to_have_text("C: 1st.")
    drag(page, row(page, "a"), place(page, 2))
    expect_order(page, "1:c 2:a -:bd")
    drag(page, row(page, "d"), place(page, 2), at=0.9)
    expect_order(page, "1:c 2:ad -:b")
    drag(page, row(page, "b"), place(page, 4))
    expect_order(page, "1:c 2:ad 4:b")
    drag(page, row(page, "b"), page.locator('.gap[data-before="2"]'))
    expect_order(page, "1:c 2:b 3:ad")
    drag(page, row(page, "c"), place(page, 0))
    expect_order(page, "2:b 3:ad -:c")
    drag(page, row(page, "c"), place(page, 1))
    expect_order(page, "1:c 2:b 3:ad")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("c>b>a=d", assignment)


def test_a_click_picks_up_and_another_one_places(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(k=3))
    for letter, number in (("c", 1), ("a", 3)):
        row(page, letter).click()
        expect(row(page, letter).get_by_role("button")).to_have_attribute("aria-pressed", "true")
        page.locator(f'.tier[data-tier="{number}"]').click()
    page.get_by_role("button", name="Put it here: 2nd").click()  # nothing is picked up: the next one
    expect_order(page, "1:c 2:b 3:a")
    page.get_by_role("button", name="Submit").click()
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("c>b>a", assignment)


def test_best_and_worst_are_dragged_too(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(k=3, ranking="best-worst"))
    drag(page, row(page, "b"), place(page, 1))
    drag(page, row(page, "a"), place(page, 2))
    drag(page, row(page, "c"), place(page, 1))
    expect_order(page, "1:c 2:a -:b")
    page.get_by_role("button", name="Submit").click()
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("c>b>a", assignment)
