"""The untouched text: fetched once and ahead, on until it is switched off, never preceded by another."""

import pytest
from django.http import Http404
from playwright.sync_api import Page, expect

from annotation.models import Assignment
from frontend.views import plain
from tests.browser.reading import SHORT, Read, answer, tool, view
from tests.browser.sitting import Held, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def test_plain_text_shows_what_was_written_and_is_fetched_once(page: Page, read: Read) -> None:
    read(page, ("This is **bold**.", "<b>tags</b> & *stars*"), SHORT, prompt="Why **bold**?")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/plain/" in request.url else None)
    for _ in range(2):
        page.keyboard.press("x")
        expect(page.locator("#prompt")).to_contain_text("Why **bold**?")
        expect(page.get_by_text("This is **bold**.", exact=True)).to_be_visible()
        expect(page.get_by_text("<b>tags</b> & *stars*", exact=True)).to_be_visible()
        assert view(page)["plain"] is True
        page.keyboard.press("x")
        expect(page.get_by_text("This is bold.", exact=True)).to_be_visible()
        expect(page.locator("#prompt")).not_to_contain_text("**", use_inner_text=True)
        assert view(page)["plain"] is False
    assert len(asked) == len(set(asked))


def test_plain_text_stays_on_until_it_is_switched_off(page: Page, read: Read) -> None:
    read(page, ("A **b**.", "C *d*."), ("E **f**.", "G *h*."))
    page.keyboard.press("x")
    expect(page.get_by_text("A **b**.")).to_be_visible()
    answer(page)
    expect(page.get_by_text("E **f**.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("E **f**.")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_text("E f.")).to_be_visible()


def test_plain_text_that_does_not_arrive_is_said_and_can_be_tried_again(
    page: Page, read: Read, page_problems: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_now(assignment: Assignment) -> str:
        raise Http404

    read(page, ("A **b**.", "C *d*."))
    monkeypatch.setattr(plain, "plain_parts", not_now)
    page.keyboard.press("x")
    expect(page.get_by_text("The plain text did not arrive. Try again.")).to_be_visible()
    expect(tool(page, "Plain text")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text("A b.")).to_be_visible()
    monkeypatch.undo()
    page.keyboard.press("x")
    expect(page.get_by_text("A **b**.")).to_be_visible()
    expect(page.get_by_text("did not arrive")).to_have_count(0)
    page_problems.clear()


def test_plain_text_of_the_next_comparison_is_there_before_it_is_shown(page: Page, read: Read) -> None:
    read(page, ("A **b**.", "C *d*."), ("E **f**.", "G *h*."))
    come: set[str] = set()
    page.on("requestfinished", lambda one: come.add(one.url) if one.url.endswith("/plain/") else None)
    page.keyboard.press("x")
    expect(page.get_by_text("A **b**.")).to_be_visible()
    wait_for(page, lambda: len(come) == 2)
    page.route("**/plain/", lambda route: route.abort())
    answer(page)
    expect(page.get_by_text("E **f**.")).to_be_visible()


def test_what_is_rendered_is_not_seen_while_the_plain_text_is_on_its_way(page: Page, read: Read) -> None:
    read(page, ("A **b**.", "C *d*."))
    page.keyboard.press("x")
    expect(page.get_by_text("A **b**.")).to_be_visible()
    asking = Held(page, "**/plain/", method="GET")
    page.reload()
    expect(page.locator(".overdue")).to_have_count(1)
    expect(page.get_by_text("A b.")).to_be_hidden()
    asking.wait()
    asking.let_go()
    expect(page.get_by_text("A **b**.")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_text("A b.")).to_be_visible()
