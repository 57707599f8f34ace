"""A new version of the guidelines is read before anything new is lent."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.guidelines import acknowledge
from annotation.projects import touch
from tests.browser.sitting import Held, SignIn, answer, make_pairs, recorded, sit

pytestmark = pytest.mark.django_db(transaction=True)


def test_new_guidelines_are_read_before_anything_new_is_lent(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(6)
    person = sit(page, sign_in, live_server, project)
    newest = project.guidelines_versions.create(version=2, text="Read both responses twice.")
    touch(project)
    answer(page, "1", "Prompt number 1?")
    answer(page, "1", "Prompt number 2?")
    answer(page, "1")
    expect(page.get_by_role("heading", name="The guidelines have changed")).to_be_visible()
    expect(page.get_by_role("heading", name="The guidelines have changed")).to_be_focused()
    page.get_by_role("button", name="Understood, go on").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    assert person.acknowledgements.filter(guidelines=newest).exists()
    page.keyboard.press("g")
    expect(page.get_by_role("complementary", name="Guidelines")).to_contain_text("twice")
    assert recorded(page, 3) == [2, 2, 2]


def test_guidelines_are_asked_for_once_though_answers_are_still_on_their_way(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(6)
    sit(page, sign_in, live_server, project)
    project.guidelines_versions.create(version=2, text="Read both responses twice.")
    touch(project)
    sending = Held(page, f"**/p/{project.slug}/label/")
    answer(page, "1", "Prompt number 1?")
    answer(page, "1", "Prompt number 2?")
    answer(page, "1")
    sending.wait()
    sending.let_go()
    page.get_by_role("button", name="Understood, go on").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    assert recorded(page, 3) == [2, 2, 2]


def test_guidelines_read_elsewhere_make_room_for_comparisons(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(2)
    person = sit(page, sign_in, live_server, project)
    newest = project.guidelines_versions.create(version=2, text="Read both responses twice.")
    touch(project)
    page.reload()
    expect(page.get_by_role("heading", name="The guidelines have changed")).to_be_visible()
    acknowledge(person, newest)
    page.evaluate("tandem.courier.fetch('next')")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
