"""Flags reach the owner, and a note that was begun is never lost by accident."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.models import Flag
from tests.browser.sitting import Held, SignIn, answer, make_pairs, recorded, sit

pytestmark = pytest.mark.django_db(transaction=True)


def flag_note(page: Page) -> Locator:
    return page.get_by_label("What is wrong here?")


def test_a_flag_goes_to_the_owner_and_the_comparison_stays(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    person = sit(page, sign_in, live_server, make_pairs())
    page.keyboard.press("2")
    page.keyboard.press("f")
    note = page.get_by_label("What is wrong here?")
    expect(note).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(note).to_be_focused()
    assert note.evaluate("element => element.validationMessage") == "Say in a few words what is wrong."
    page.keyboard.type("Both texts are cut off, see 1 and 2.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#saved")).to_have_text("Sent to the project's owner")
    expect(note).to_be_hidden()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    flag = Flag.objects.get()
    assert (flag.annotator, flag.note) == (person, "Both texts are cut off, see 1 and 2.")
    page.keyboard.press("f")
    expect(note).to_have_value("")


def test_a_flag_half_written_survives_a_reload_and_one_without_connection_is_kept(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    page.keyboard.press("f")
    page.keyboard.type("The prompt is")
    page.reload()
    page.get_by_role("button", name="Flag").click()
    page.keyboard.press("End")
    page.keyboard.type(" empty.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#saved")).to_have_text("Waiting to send")
    page.context.set_offline(False)
    expect(page.locator("#saved")).to_have_text("Sent to the project's owner")
    assert Flag.objects.get().note == "The prompt is empty."
    page_problems.clear()


def test_an_answer_waits_once_for_a_note_that_was_not_sent(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    reminder = page.locator("#flagging").get_by_text("This note is not sent yet.")
    page.keyboard.press("f")
    page.keyboard.type("The second text is cut off.")
    expect(reminder).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(reminder).to_be_visible()
    expect(flag_note(page)).to_be_focused()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#saved")).to_have_text("Sent to the project's owner")
    assert Flag.objects.get().note == "The second text is cut off."
    answer(page, "2", "Prompt number 1?")
    page.keyboard.press("f")
    page.keyboard.type("Never mind")
    page.get_by_role("radio", name="A slightly better").check(force=True)
    page.get_by_role("button", name="Submit").click()
    expect(reminder).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    assert recorded(page, 2) == [1, 1]
    page.keyboard.press("z")
    page.keyboard.press("f")
    expect(flag_note(page)).to_have_value("Never mind")


def test_skipping_asks_before_a_note_is_lost(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_pairs())
    page.keyboard.press("f")
    page.keyboard.type("The second text")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Digit1")
    expect(page.get_by_text("What you have entered here would be lost.")).to_be_visible()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")


def test_nothing_can_be_flagged_while_there_is_no_comparison(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(2)
    sit(page, sign_in, live_server, project)
    sending = Held(page, f"**/p/{project.slug}/label/")
    answer(page, "1", "Prompt number 1?")
    answer(page, "1")
    expect(page.locator("#desk.waiting")).to_have_count(1)
    page.evaluate("document.querySelector('.spare [data-flag]').click()")
    expect(flag_note(page)).to_be_hidden()
    sending.let_go()
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()


def test_escape_while_a_word_is_being_composed_closes_nothing(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    page.keyboard.press("f")
    page.evaluate("""() => document.activeElement.dispatchEvent(new KeyboardEvent(
        "keydown", { key: "Escape", isComposing: true, bubbles: true, cancelable: true }))""")
    expect(flag_note(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(flag_note(page)).to_be_hidden()


def test_a_note_that_is_too_long_is_not_cut_but_named(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_pairs())
    page.keyboard.press("f")
    flag_note(page).fill("x" * 2003)
    expect(page.get_by_text("2,003 of 2,000 characters")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    message = flag_note(page).evaluate("element => element.validationMessage")
    assert message == "Too many characters: 3"
    flag_note(page).fill("x" * 2000)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#saved")).to_have_text("Sent to the project's owner")
    assert len(Flag.objects.get().note) == 2000
