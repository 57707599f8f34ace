"""From the first visit to the work: consent, guidelines, a test, practice with feedback."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.instruments.known import make_gold
from annotation.instruments.setup import set_quality
from annotation.models import ConsentGiven, Project, QualificationTry
from tests.browser.sitting import SignIn, address, make_pairs, recorded, shown_assignment
from tests.factories import make_comparison, make_person

pytestmark = pytest.mark.django_db(transaction=True)

BETTER = "The finished one."


def known(project: Project, use: str, number: int) -> None:
    for index in range(number):
        comparison = make_comparison(project, BETTER, "Half of", prompt=f"Known for {use}, {index}?")
        make_gold(project, comparison, {"overall": "a>b"}, use, "The other one breaks off.")


def answer(page: Page, right: bool) -> None:
    """Chooses the finished response, or the other one, and waits for what comes next."""
    expect(page.locator("#desk:not(.waiting) #prompt")).to_contain_text("Known for")
    shown = shown_assignment(page)
    first = BETTER in page.locator("article").first.inner_text()
    page.keyboard.press("1" if first == right else "5")
    page.keyboard.press("Enter")
    expect(page.locator(f'#desk[data-assignment="{shown}"]')).to_have_count(0)


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_consent_then_a_test_then_training_then_the_work(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(3)
    known(project, "qualification", 4)
    known(project, "training", 1)
    test = {"comparisons": 2, "pass": 1, "retries": 1}
    set_quality(project, {"qualification": test, "training": 1}, consent="Taking part is *free*.")
    person = make_person(project, read=False)
    sign_in(page, person.user)
    page.goto(address(live_server, project))

    heading(page, "Before you begin")
    press(page, "I agree")
    heading(page, "Read this first")
    press(page, "Start")

    heading(page, "A short test first")
    press(page, "Begin")
    answer(page, True)
    answer(page, False)
    heading(page, "Not passed yet")
    press(page, "Try again")
    answer(page, True)
    answer(page, True)
    heading(page, "You passed")
    press(page, "Go on")

    heading(page, "A little practice")
    press(page, "Begin")
    answer(page, False)
    heading(page, "We expected something else")
    expect(page.locator("#main")).to_contain_text("The other one breaks off.")
    press(page, "Go on")

    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    assert ConsentGiven.objects.get().annotator == person
    assert [one.passed for one in QualificationTry.objects.order_by("number")] == [False, True]
    assert len(recorded(page, 5)) == 5
