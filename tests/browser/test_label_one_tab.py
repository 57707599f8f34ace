"""One tab works at a time, and whatever is pressed twice counts once."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Annotation
from tests.browser.sitting import SignIn, address, answer, make_pairs, recorded, sit

pytestmark = pytest.mark.django_db(transaction=True)

SLOW_LOCKS = """{
    const request = LockManager.prototype.request;
    LockManager.prototype.request = async function (...given) {
        await new Promise((resolve) => setTimeout(resolve, 900));
        return request.apply(this, given);
    };
    window.elsewhere = 0;
    document.addEventListener("tandem:card", ({ detail }) => {
        if (detail.card.dataset.end === "elsewhere") window.elsewhere += 1;
    });
}"""


def test_enter_twice_or_held_and_a_double_click_record_once(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs(6))
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    page.keyboard.press("1")
    page.keyboard.down("Enter")
    for _ in range(5):
        page.keyboard.down("Enter")  # held down: it repeats
    page.keyboard.up("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    page.keyboard.press("1")
    page.get_by_role("button", name="Submit").dblclick()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    assert recorded(page, 3) == [2, 2, 2]
    assert Annotation.objects.count() == 3


def test_a_second_tab_waits_and_takes_over_with_the_draft(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(5)
    sit(page, sign_in, live_server, project)
    answer(page, "1", "Prompt number 1?")
    page.keyboard.press("4")
    other = page.context.new_page()
    other.goto(address(live_server, project))
    notice = other.get_by_role("heading", name="Your work is open in another tab")
    expect(notice).to_be_visible()
    other.get_by_role("button", name="Work here instead").click()
    expect(other.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(other.get_by_role("radio", name="B slightly better")).to_be_checked()
    expect(page.get_by_role("heading", name="Your work is open in another tab")).to_be_visible()
    page.keyboard.press("Enter")
    other.keyboard.press("Enter")
    expect(other.locator("#prompt")).to_contain_text("Prompt number 2?")
    assert recorded(page, 2) == [2, 1]
    other.close()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    answer(page, "3", "Prompt number 3?")
    assert recorded(page, 3) == [2, 1, None]


def test_a_double_click_on_submit_leaves_what_was_taken_back_before_alone(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    answer(page, "1", "Prompt number 1?")
    answer(page, "2", "Prompt number 2?")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.keyboard.press("z")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    page.keyboard.press("z")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    page.keyboard.press("3")
    page.get_by_role("button", name="Submit").dblclick()
    expect(page.locator("#saved")).to_have_text("Saved")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    assert recorded(page, 2) == [1, None]
    assert Annotation.objects.count() == 3


def test_the_only_tab_is_never_told_of_another_one_however_busy_the_computer_is(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    page.add_init_script(SLOW_LOCKS)
    sit(page, sign_in, live_server, make_pairs())
    answer(page, "1", "Prompt number 1?")
    assert recorded(page, 1) == [2]
    assert page.evaluate("window.elsewhere") == 0
