"""Keys of any keyboard: digits count by their place, letters by what they say; and the list of them."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.projects import touch
from tests.browser.ranking import make_rankings
from tests.browser.sitting import (
    Held,
    SignIn,
    address,
    four_questions,
    make_pairs,
    press_on,
    recorded,
    sit,
)
from tests.factories import make_person

pytestmark = pytest.mark.django_db(transaction=True)

# The G key, and what it writes.
ELSEWHERE = {"cyrillic": "п", "greek": "γ", "hebrew": "ע", "capital": "П"}


def test_where_digits_need_shift_they_choose_with_it_and_without(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    press_on(page, "1", "Digit1", shift=True)
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    press_on(page, "é", "Digit2")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")


def test_keys_pressed_before_the_scripts_have_come_are_not_lost(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs()
    sign_in(page, make_person(project).user)
    coming = Held(page, "**/giving.js", method="GET")
    page.goto(address(live_server, project), wait_until="commit")
    expect(page.locator("#submit")).to_be_visible()
    coming.wait()
    for key in ("2", "Enter", "5"):
        page.keyboard.press(key)
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    coming.let_go()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.get_by_role("radio", name="B clearly better")).to_be_checked()
    assert recorded(page, 1) == [1]


@pytest.mark.parametrize("layout", ELSEWHERE)
def test_letters_of_other_scripts_count_by_their_place(
    page: Page, sign_in: SignIn, live_server: Any, layout: str
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    press_on(page, ELSEWHERE[layout], "KeyG")
    expect(page.get_by_role("complementary", name="Guidelines")).to_be_visible()


def test_signs_on_letter_keys_count_by_their_place_where_the_letters_are_foreign(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs()
    project.criteria.update(reasons=["Fewer errors", "Clearer"])
    touch(project)
    sit(page, sign_in, live_server, project)
    page.keyboard.press("1")
    press_on(page, "'", "KeyW")  # as on an American keyboard in another order: it is no letter there
    expect(page.get_by_role("checkbox", name="Clearer")).not_to_be_checked()
    press_on(page, "ר", "KeyR")
    press_on(page, "'", "KeyW")  # as on a Hebrew one
    expect(page.get_by_role("checkbox", name="Clearer")).to_be_checked()


def test_a_question_mark_opens_the_list_wherever_it_is(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_pairs())
    press_on(page, "?", "Digit7", shift=True)
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def listed(page: Page) -> dict[str, str]:
    """What the list of keys says, by what the keys do."""
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    found: dict[str, str] = page.evaluate("""() => Object.fromEntries(
        [...document.querySelectorAll("#keys dt")].filter((term) => !term.hidden)
            .map((term) => [term.nextElementSibling.textContent, term.textContent.trim()]))""")
    page.keyboard.press("Escape")
    return found


ALWAYS = {
    "undo the last answer or skip": "Z",
    "skip; the next key says why": "S",
    "skip at once: not my field, broken, unsafe, personal data": "⇧1 to ⇧4",
    "go to what is still open, then submit": "Enter",
    "layout of the responses": "V",
    "plain text": "X",
    "this list": "?",
}


def test_the_list_of_keys_has_those_that_do_something_for_a_pair(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    assert listed(page) == ALWAYS | {
        "choose in the marked row": "1 to 5",
        "both bad": "0",
        "tell the project's owner what is wrong": "F",
        "guidelines": "G",
        "scroll together": "Y",
        "differences": "D",
        "full view of that response": "⇧A to ⇧B",
    }


def test_the_list_of_keys_knows_the_questions(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_pairs()
    four_questions(project)
    project.criteria.filter(name="truthful").update(rationale="optional")
    touch(project)
    sit(page, sign_in, live_server, project)
    found = listed(page)
    assert found["row above or below"] == "↑ ↓"
    assert found["reasons"] == "Q W"
    assert found["how sure you are"] == "J K L M"
    assert found["write; Esc leaves the field"] == "N"


def test_the_list_of_keys_leaves_out_letters_that_pick_up_a_response(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_rankings(4, reasons=["Fewer errors", "Clearer", "Shorter"])
    sit(page, sign_in, live_server, project)
    assert listed(page) == ALWAYS | {
        "pick up a response": "A to D",
        "put it in that place": "1 to 4",
        "move what is picked up, or go to the next row": "↑ ↓",
        "equal with the one above": "=",
        "take it out": "Del",
        "all bad": "0",
        "reasons": "Q W E",
        "tell the project's owner what is wrong": "F",
        "guidelines": "G",
        "two at a time": "T",
        "scroll together": "Y",
        "full view of that response": "⇧A to ⇧D",
    }


def test_the_list_of_keys_of_a_best_and_worst_of_nine(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_rankings(9, ranking="best-worst", reasons=["Fewer errors", "Clearer", "Shorter"])
    sit(page, sign_in, live_server, project)
    found = listed(page)
    assert found["pick up a response"] == "A to I"
    assert found["put it in that place"] == "1 to 2"
    assert found["reasons"] == "Q W R"
    for does in ("equal with the one above", "tell the project's owner what is wrong", "guidelines"):
        assert does not in found
