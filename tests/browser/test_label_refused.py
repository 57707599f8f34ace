"""An answer that the server does not accept waits for its person, and never comes in between."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Assignment, Label, Project
from annotation.projects import touch
from tests.browser.sitting import Held, SignIn, answer, make_pairs, notice, recorded, sit
from tests.browser.sitting import shown_assignment as shown

pytestmark = pytest.mark.django_db(transaction=True)


def ask_for_more(project: Project) -> None:
    """The owner changes the questions while somebody is answering them."""
    project.criteria.update(confidence=True)
    touch(project)


def test_an_answer_the_server_does_not_accept_comes_back_when_it_is_asked_for(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs()
    project.criteria.update(rationale="optional")
    touch(project)
    sit(page, sign_in, live_server, project)
    sending = Held(page, f"**/p/{project.slug}/label/")
    answer(page, "2", "Prompt number 1?")
    page.keyboard.press("5")
    page.keyboard.press("n")
    page.keyboard.type("Half a sen")
    ask_for_more(project)
    sending.let_go()
    expect(notice(page)).to_contain_text("An earlier answer was not accepted.")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    page.keyboard.type("tence")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    expect(notice(page)).to_contain_text("Your answer is kept here; complete what is marked.")
    expect(page.get_by_role("button", name="Show it")).to_be_hidden()
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    expect(page.locator("#pace")).to_contain_text("0 of 4")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.get_by_role("radio", name="B clearly better")).to_be_checked()
    expect(page.get_by_role("textbox", name="Say why")).to_have_value("Half a sentence")
    assert recorded(page, 1) == [1]
    assert Label.objects.get().confidence == "not"
    assert all("422" in problem for problem in page_problems)
    page_problems.clear()


def test_a_refused_answer_comes_next_by_itself_and_survives_a_reload(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs()
    sit(page, sign_in, live_server, project)
    ask_for_more(project)
    answer(page, "2", "Prompt number 1?")
    expect(page.get_by_role("button", name="Show it")).to_be_visible()
    page.keyboard.press("s")
    page.keyboard.press("1")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    page.reload()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    page_problems.clear()


def test_a_refused_answer_is_shown_at_once_where_nothing_else_is(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs(1)
    sit(page, sign_in, live_server, project)
    ask_for_more(project)
    answer(page, "2")
    expect(notice(page)).to_contain_text("Your answer is kept here; complete what is marked.")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    assert recorded(page, 1) == [1]
    page_problems.clear()


def test_an_answer_that_cannot_be_saved_is_named(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    Assignment.objects.filter(pk=shown(page)).delete()
    answer(page, "2", "Prompt number 1?")
    expect(notice(page)).to_contain_text("no longer yours, so this answer was not saved")
    expect(page.locator("#pace")).to_contain_text("0 of 4")
    notice(page).get_by_role("button", name="Close").click()
    expect(notice(page)).to_be_hidden()
    answer(page, "2", "Prompt number 2?")
    assert recorded(page, 1) == [1]
    page_problems.clear()
