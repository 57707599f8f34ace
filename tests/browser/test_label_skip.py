"""Skipping costs one or two keys, asks only about what would be lost, and is taken back with all of it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Assignment, Flag, Label
from tests.browser.ranking import make_rankings
from tests.browser.sitting import (
    SignIn,
    address,
    answer,
    make_pairs,
    recorded,
    shown_assignment,
    sit,
    told,
    wait_for,
)
from tests.factories import make_person

pytestmark = pytest.mark.django_db(transaction=True)

REASONS = {
    ("s", "1"): "not_my_field",
    ("s", "2"): "broken",
    ("s", "3"): "unsafe",
    ("s", "4"): "personal_data",
    ("s", "s"): "other",
    ("s", "Enter"): "other",
    ("Shift+Digit1",): "not_my_field",
    ("Shift+Digit2",): "broken",
    ("Shift+Digit3",): "unsafe",
    ("Shift+Digit4",): "personal_data",
}


def returned(page: Page, assignment: int) -> Assignment:
    """Waits until the comparison was given back."""
    given_back = Assignment.objects.filter(pk=assignment, state=Assignment.State.RETURNED)
    wait_for(page, given_back.exists)
    return given_back.get()


@pytest.mark.parametrize(("keys", "reason"), REASONS.items(), ids=["-".join(keys) for keys in REASONS])
def test_a_comparison_is_skipped_by_key(
    page: Page, sign_in: SignIn, live_server: Any, keys: tuple[str, ...], reason: str
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    first = shown_assignment(page)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.locator("#prompt")).to_be_focused()
    expect(page.locator("#saved")).to_have_text("Skipped")
    expect(told(page)).to_have_text("Skipped")
    assert returned(page, first).skip_reason == reason
    assert Label.objects.count() == 0
    expect(page.locator("#pace")).to_contain_text("0 of")


def test_while_the_reasons_are_open_digits_are_theirs_and_escape_closes_them(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    strip = page.get_by_role("region", name="Skip: why?")
    page.keyboard.press("s")
    expect(strip).to_be_visible()
    expect(strip.get_by_text("would be lost")).to_be_hidden()
    page.keyboard.press("5")
    page.keyboard.press("0")
    assert page.locator("#answer input:checked").count() == 0
    page.keyboard.press("Escape")
    expect(strip).to_be_hidden()
    page.keyboard.press("4")
    expect(page.get_by_role("radio", name="B slightly better")).to_be_checked()
    page.keyboard.press("s")
    expect(strip.get_by_text("What you have entered here would be lost.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="B slightly better")).to_be_checked()
    page.keyboard.press("s")
    verdict, reasons = page.locator(".dock").bounding_box(), strip.bounding_box()
    assert verdict
    assert reasons
    assert reasons["y"] + reasons["height"] <= verdict["y"] + 1, "it covers no part of the answer"


def test_a_skip_is_taken_back_with_what_was_begun(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    page.context.set_offline(True)
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#trouble")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Shift+Digit2")
    expect(page.get_by_text("What you have entered here would be lost.")).to_be_visible()
    expect(page.get_by_role("button", name="Broken")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    page.keyboard.press("z")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    page.keyboard.press("Enter")
    page.context.set_offline(False)
    assert recorded(page, 2) == [2, 1]
    assert not Assignment.objects.filter(state="returned").exists()
    page_problems.clear()


def test_a_skip_already_sent_is_taken_back_and_comes_again(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs(3))
    first = shown_assignment(page)
    page.keyboard.press("1")
    page.keyboard.press("s")
    page.keyboard.press("1")
    returned(page, first)
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_have_text("It comes back later")
    expect(page.locator("#prompt")).to_be_focused()
    answer(page, "3", "Prompt number 2?")
    answer(page, "3", "Prompt number 0?")
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    assert recorded(page, 3) == [None, None, 2]


def test_a_skip_without_connection_is_kept_and_sent_later(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    first = shown_assignment(page)
    page.context.set_offline(True)
    page.keyboard.press("Shift+Digit3")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.locator("#trouble")).to_contain_text("You are offline.")
    page.context.set_offline(False)
    assert returned(page, first).skip_reason == "unsafe"
    page_problems.clear()


def test_skipping_works_where_letters_and_digits_rank(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_rankings(4, 3)
    sit(page, sign_in, live_server, project)
    first = shown_assignment(page)
    page.keyboard.press("c")
    page.keyboard.press("s")
    page.keyboard.press("2")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert returned(page, first).skip_reason == "broken"


def test_skip_and_flag_are_reached_by_touch_on_a_phone(
    new_page: Callable[..., Page], sign_in: SignIn, live_server: Any
) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    project = make_pairs()
    person = make_person(project)
    sign_in(page, person.user)
    page.goto(address(live_server, project))
    first = shown_assignment(page)
    page.get_by_role("button", name="More").tap()
    page.get_by_role("button", name="Flag").tap()
    page.get_by_label("What is wrong here?").fill("Odd.")
    page.get_by_role("button", name="Send").tap()
    expect(page.get_by_label("What is wrong here?")).to_be_hidden()
    page.get_by_role("button", name="More").tap()
    page.get_by_role("button", name="Skip").tap()
    expect(page.get_by_role("region", name="Skip: why?")).to_be_visible()
    for choice in page.locator("#skipping button").all():
        box = choice.bounding_box()
        assert box
        assert box["height"] >= 44
    page.get_by_role("button", name="Not my field").tap()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert returned(page, first).skip_reason == "not_my_field"
    assert Flag.objects.get().note == "Odd."
    page.get_by_role("button", name="Undo").tap()
    expect(told(page)).to_have_text("It comes back later")


def test_at_a_middle_width_spare_tools_are_behind_more_and_their_keys_still_work(
    new_page: Callable[..., Page], sign_in: SignIn, live_server: Any
) -> None:
    page = new_page(viewport={"width": 1024, "height": 768})
    sit(page, sign_in, live_server, make_pairs())
    expect(page.get_by_role("button", name="Skip")).to_be_hidden()
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("button", name="Skip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Skip")).to_be_hidden()
    expect(page.get_by_role("button", name="More")).to_be_focused()
    page.keyboard.press("s")
    expect(page.get_by_role("region", name="Skip: why?")).to_be_visible()
