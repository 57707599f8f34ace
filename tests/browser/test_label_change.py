"""Changing an earlier answer: begun, cancelled, sent, and what happens when somebody else was faster."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotation
from tests.browser.sitting import (
    SignIn,
    address,
    answer,
    banner,
    make_pairs,
    notice,
    recorded,
    shown_assignment,
    sit,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("way", ["Escape", "Cancel"])
def test_a_change_can_be_cancelled_and_begun_again(
    page: Page, sign_in: SignIn, live_server: Any, way: str
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.keyboard.press("z")
    expect(page.locator("#desk[data-editing]")).to_have_count(1)
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.keyboard.press("4")
        page.get_by_role("button", name="Cancel the change").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert page.locator("#answer input:checked").count() == 0
    assert recorded(page, 1) == [2]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    answer(page, "5", "Prompt number 1?")
    expect(page.locator("#saved")).to_have_text("Saved")
    assert recorded(page, 1) == [2]
    assert Annotation.objects.count() == 2


def test_escape_closes_what_is_open_first_and_asks_before_it_drops_a_change(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    sit(page, sign_in, live_server, make_pairs())
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.keyboard.press("z")
    change = page.locator("#desk[data-editing]")
    expect(change).to_have_count(1)
    page.get_by_role("button", name="More").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More")).to_have_attribute("aria-expanded", "false")
    expect(change).to_have_count(1)
    page.keyboard.press("4")
    page.keyboard.press("Escape")
    expect(page.locator("#open")).to_have_text("Your change would be lost. Press Esc again to drop it.")
    expect(page.get_by_role("radio", name="B slightly")).to_be_checked()
    page.keyboard.press("5")
    page.keyboard.press("Escape")
    expect(change).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert recorded(page, 1) == [2]


def test_an_answer_is_changed_from_the_list_of_ones_own(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs()
    sit(page, sign_in, live_server, project)
    first = shown_assignment(page)
    answer(page, "1", "Prompt number 1?")
    recorded(page, 1)
    page.get_by_role("link", name="My work").click()
    page.get_by_role("link", name="Prompt number 0?").click()
    page.wait_for_url("**" + reverse("label-one", args=[project.slug, first]))
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    answer(page, "4")
    expect(page.get_by_role("heading", name="My work")).to_be_visible()
    assert recorded(page, 1) == [1]
    page.get_by_role("link", name="Prompt number 0?").click()
    expect(page.get_by_role("radio", name="B slightly better")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="My work")).to_be_visible()


def open_first(page: Page, sign_in: SignIn, live_server: Any) -> tuple[Any, int]:
    """The person's first answer, opened from My work; gives the person and its assignment."""
    project = make_pairs()
    person = sit(page, sign_in, live_server, project)
    first = shown_assignment(page)
    answer(page, "1", "Prompt number 1?")
    recorded(page, 1)
    page.get_by_role("link", name="My work").click()
    page.get_by_role("link", name="Prompt number 0?").click()
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    return person, first


def test_an_earlier_answer_is_called_that_and_not_a_question_with_a_number(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    open_first(page, sign_in, live_server)
    expect(page.locator("#main h1")).to_have_text("Your earlier answer")
    assert page.title().startswith("Your earlier answer, ")


def test_a_change_that_came_too_late_is_told_at_my_work(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    person, first = open_first(page, sign_in, live_server)
    submit_many(person, person.project, [Submission(first, {"overall": Answer("a=b")}, revision=1)])
    answer(page, "4")
    expect(page.get_by_role("heading", name="My work")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("You had already answered this one otherwise.")
    assert recorded(page, 1) == [None]
    page.reload()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_change_sent_later_takes_nobody_away_from_their_work(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    person, _ = open_first(page, sign_in, live_server)
    page.route(
        "**/label/", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    answer(page, "4")
    expect(banner(page)).to_be_visible()
    page.goto(address(live_server, person.project))
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    page.keyboard.press("2")
    page.unroute_all()
    page.evaluate("window.same = true")
    expect(page.locator("#saved")).to_have_text("Saved")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    assert recorded(page, 1) == [1]
    assert page.evaluate("window.same")
    expect(notice(page)).to_be_hidden()
    page_problems.clear()
