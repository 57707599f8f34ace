"""The label page where there is little room: on a phone, at 200 % and at 400 % zoom."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.geometry import box
from tests.browser.ranking import make_rankings
from tests.browser.reading import PARAGRAPH, SHORT, Read, chapters, make_reading
from tests.browser.sitting import SignIn, answer, four_questions, make_pairs, sit

pytestmark = pytest.mark.django_db(transaction=True)

# What stays where it is while the page scrolls, as far as it can be seen.
STAYING = """[...document.querySelectorAll("body *")].filter((element) => {
  const { position, visibility, clipPath } = getComputedStyle(element);
  return ["fixed", "sticky"].includes(position) && visibility === "visible" && clipPath === "none"
    && element.getClientRects().length;
}).map((element) => element.outerHTML.slice(0, 80))"""
AT = "([x, y]) => Boolean(document.elementFromPoint(x, y).closest('.response'))"


@pytest.mark.parametrize(("width", "height"), [(320, 225), (844, 390)], ids=["zoomed", "phone"])
@pytest.mark.parametrize("kind", ["one", "four", "ranking"])
def test_in_a_low_window_nothing_is_fixed_and_all_of_it_is_for_reading(
    new_page: Callable[..., Page],
    sign_in: SignIn,
    live_server: Any,
    width: int,
    height: int,
    kind: str,
) -> None:
    texts = (chapters(2), chapters(2))
    project = make_rankings(k=3) if kind == "ranking" else make_reading(texts, prompt=PARAGRAPH * 3)
    if kind == "four":
        four_questions(project)
    page = new_page(viewport={"width": width, "height": height})
    sit(page, sign_in, live_server, project)
    expect(page.locator("#desk[data-layout]")).to_be_visible()
    assert page.evaluate(STAYING) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if kind != "ranking":
        page.evaluate("window.scrollTo(0, document.querySelector('.response').offsetTop + 200)")
        assert page.evaluate(AT, [width / 2, 4])
        assert page.evaluate(AT, [width / 2, height - 4])
    page.locator("#submit").scroll_into_view_if_needed()
    expect(page.locator("#submit")).to_be_in_viewport(ratio=1)


def test_at_200_percent_the_responses_keep_room_of_their_own(
    new_page: Callable[..., Page], sign_in: SignIn, live_server: Any
) -> None:
    project = make_reading((chapters(2), chapters(2)), prompt=PARAGRAPH * 4)
    four_questions(project)
    page = new_page(viewport={"width": 960, "height": 470})
    sit(page, sign_in, live_server, project)
    assert box(page.locator(".pages"))["height"] >= 180
    page.locator("#submit").scroll_into_view_if_needed()
    expect(page.locator("#submit")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_the_bar_says_that_the_answer_is_saved(
    new_page: Callable[..., Page], sign_in: SignIn, live_server: Any, width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    sit(page, sign_in, live_server, make_pairs(3))
    answer(page, "1", "Prompt number 1?")
    saved = page.locator("#saved")
    expect(saved).to_have_text("Saved")
    expect(saved).to_be_in_viewport(ratio=1)
    undo = page.get_by_role("button", name="Undo")
    places = [box(part) for part in (saved, undo, page.locator("#pace"), page.locator(".bar .tools"))]
    for one, other in combinations(places, 2):
        apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        above = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        assert apart or above
    assert page.evaluate("document.documentElement.scrollWidth") == width
    undo.tap()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    expect(saved).to_have_text("Taken back")


def test_on_a_phone_the_verdict_bar_names_its_question_where_there_are_several(
    phone: Page, sign_in: SignIn, live_server: Any, read: Read
) -> None:
    project = make_pairs(1)
    four_questions(project)
    sit(phone, sign_in, live_server, project)
    expect(phone.locator(".major").get_by_text("Overall")).to_be_in_viewport(ratio=1)
    read(phone, SHORT)
    expect(phone.locator(".major").get_by_text("Overall")).to_be_hidden()
