"""Reasons in words: counted as the server counts, never cut, and named after their question."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.models import Label, Project
from annotation.projects import touch
from tests.browser.sitting import SignIn, answer, four_questions, make_pairs, recorded, sit

pytestmark = pytest.mark.django_db(transaction=True)


def noting(**fields: Any) -> Project:
    project = make_pairs()
    project.criteria.update(**({"rationale": "optional"} | fields))
    touch(project)
    return project


def note(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Say why")


def test_a_long_text_is_not_cut_but_counted_and_named(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, noting())
    page.keyboard.press("2")
    note(page).fill("x" * 8999)
    expect(page.get_by_text("of 10,000 characters")).to_be_hidden()
    note(page).fill("x" * 10_004)
    expect(page.get_by_text("10,004 of 10,000 characters")).to_be_visible()
    expect(page.locator("#open")).to_have_text("Too many characters: 4")
    note(page).press("Control+Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    expect(note(page)).to_be_focused()
    note(page).fill("🙂" * 10_000)
    note(page).press("Control+Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    recorded(page, 1)
    assert Label.objects.get().rationale.text == "🙂" * 10_000


def test_characters_are_counted_as_the_server_counts_them(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, noting(rationale_min=10))
    page.keyboard.press("2")
    note(page).fill("🙂" * 6)
    expect(page.locator("#open")).to_have_text("Write at least 10 characters")
    note(page).fill("🙂" * 10)
    expect(page.locator("#open")).to_have_text("Ready")
    page.keyboard.press("Escape")
    answer(page, "2", "Prompt number 1?")
    assert recorded(page, 1) == [1]


def test_a_note_is_named_after_its_question(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_pairs()
    four_questions(project)
    project.criteria.update(rationale="optional")
    project.criteria.filter(name="harmless").update(rationale="required")
    touch(project)
    sit(page, sign_in, live_server, project)
    for name in ("Overall", "Helpful", "Truthful"):
        expect(page.get_by_label(f"Say why, if you like: {name}")).to_have_count(1)
    expect(page.get_by_label("Say why: Harmless")).to_have_count(1)
