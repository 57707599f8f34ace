"""What was placed is not lost: over a reload, over a press of `0`, and without scripts at all."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.ranking import arrived, make_rankings, order, press, sit, stored
from tests.browser.sitting import SignIn, shown_assignment

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_that_is_filled_in_again_is_shown_in_the_list(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_rankings())
    page.evaluate("""() => {
      const choose = (letter, place) => document.querySelector(
        `input[data-letter="${letter}"][data-place="${place}"]`).checked = true;
      choose("b", 1); choose("c", 2); choose("d", 2);
      document.dispatchEvent(new CustomEvent("tandem:restored"));
    }""")
    assert order(page) == "1:b 2:cd -:a"
    expect(page.get_by_text("A still needs a place")).to_be_visible()


def test_what_was_placed_is_there_after_a_reload(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(ranking="best-worst"))
    press(page, "c 1 a 2")
    page.reload()
    assert shown_assignment(page) == assignment
    assert order(page) == "1:c 2:a -:bd"
    page.keyboard.press("Enter")
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("c>b~d>a", assignment)


@pytest.mark.parametrize(
    ("task", "choices", "ranking"),
    [
        ("full", {"A": "2", "B": "1", "C": "2", "D": "4"}, "b>a=c>d"),
        ("top-2", {"D": "1", "A": "2", "B": "not placed"}, "d>a>b~c"),
        ("best-worst", {"Best": "D", "Worst": "A"}, "d>b~c>a"),
    ],
)
def test_responses_are_ranked_without_scripts(
    new_page: Callable[..., Page],
    sign_in: SignIn,
    live_server: Any,
    task: str,
    choices: dict[str, str],
    ranking: str,
) -> None:
    page = new_page(java_script_enabled=False)
    assignment = sit(page, sign_in, live_server, make_rankings(ranking=task))
    for name, choice in choices.items():
        title = name if task == "best-worst" else f"Place of response {name}"
        page.get_by_role("radiogroup", name=title).get_by_role("radio", name=choice, exact=True).check()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(page, assignment)
    assert label.ranking == stored(ranking, assignment)


def test_all_bad_taken_back_gives_the_places_back(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    all_bad = page.get_by_role("checkbox", name="All bad")
    press(page, "c 1 a 2 d = 0")
    expect(all_bad).to_be_checked()
    expect(page.locator("#announce")).to_have_text("All bad")
    expect(page.locator("#open")).to_have_text("Ready")
    page.reload()
    expect(all_bad).to_be_checked()
    page.keyboard.press("0")
    expect(all_bad).not_to_be_checked()
    expect(page.locator("#announce")).to_contain_text("C then A = D")
    expect(page.get_by_text("B still needs a place")).to_be_visible()
    press(page, "0 b 4")
    expect(all_bad).not_to_be_checked()
    assert order(page) == "1:c 2:ad 4:b"
    page.keyboard.press("Enter")
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("c>a=d>b", assignment)


@pytest.mark.parametrize("ranking", ["full", "top-2", "best-worst"])
def test_all_bad_is_the_answer_though_something_was_placed(
    page: Page, sign_in: SignIn, live_server: Any, ranking: str
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(ranking=ranking))
    press(page, "a 1 b 2 0 Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(page, assignment)
    assert label.ranking == "both_bad"
