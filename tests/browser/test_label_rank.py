"""Ranking three and more responses in a real browser, by keyboard, mouse and touch."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Assignment, Criterion, Label, Project
from annotation.projects import touch
from annotation.ranking import parse, relabel
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[Page, Any], None]
TEXTS = [f"{name} speaks." for name in ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta")]


def make_rankings(k: int = 4, number: int = 3, **fields: Any) -> Project:
    project = make_project(scale="ranking", both_bad=True)
    project.criteria.update(**fields)
    touch(project)
    for index in range(number):
        make_comparison(project, *TEXTS[:k], prompt=f"Prompt number {index}?")
    return project


def sit(page: Page, sign_in: SignIn, live_server: Any, project: Project) -> None:
    sign_in(page, make_person(project).user)
    page.goto(live_server.url + reverse("label", args=[project.slug]))


def stored(shown_ranking: str, assignment: Assignment) -> str:
    """A ranking over the letters on the page, in stored letters."""
    return str(relabel(parse(shown_ranking, len(assignment.shown)), assignment.shown))


def test_letters_pick_and_digits_place_without_a_mouse(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_rankings())
    assignment = Assignment.objects.get()
    order = page.locator(".so-far")
    expect(order).to_have_text("Nothing placed yet")
    page.keyboard.press("c")
    page.keyboard.press("1")
    expect(order).to_have_text("C · A, B, D not placed")
    page.keyboard.press("a")
    page.keyboard.press("2")
    expect(page.get_by_text("B, D still need a place")).to_be_visible()
    page.keyboard.press("2")  # b, the next open one, is marked by itself
    page.keyboard.press("4")
    expect(order).to_have_text("C then A = B then D")
    page.keyboard.press("ArrowUp")  # from d to c
    page.keyboard.press("3")
    expect(order).to_have_text("A = B then C then D")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.locator("#prompt")).to_be_focused()
    assert Label.objects.get().ranking == stored("a=b>c>d", assignment)


def test_digits_alone_place_the_responses_one_after_the_other(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_rankings())
    assignment = Assignment.objects.get()
    for key in ("2", "1", "4", "3", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert Label.objects.get().ranking == stored("b>a>d>c", assignment)


def test_all_bad_takes_back_the_places(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_rankings())
    page.keyboard.press("1")
    page.keyboard.press("0")
    expect(page.get_by_role("checkbox", name="All bad")).to_be_checked()
    assert page.locator(".place input:checked").count() == 0
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert Label.objects.get().ranking == "both_bad"


def test_two_questions_are_ranked_one_after_the_other(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_rankings(k=3, reasons=["correct"], rationale="required")
    Criterion.objects.create(project=project, name="kind", scale="ranking", position=1)
    touch(project)
    sit(page, sign_in, live_server, project)
    for key in "123":
        page.keyboard.press(key)
    expect(page.get_by_text("Why is A best?")).to_be_visible()
    page.keyboard.press("q")
    page.keyboard.press("n")
    page.keyboard.type("It is right.")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A, B, C still need a place")).to_be_visible()
    for key in "111":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    overall, kind = Label.objects.order_by("criterion__position")
    assert overall.rationale.reasons == ["correct"]
    assert overall.rationale.text == "It is right."
    assert kind.ranking == "a=b=c"


def test_with_seven_responses_g_picks_the_seventh(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_rankings(k=7))
    page.keyboard.press("g")
    expect(page.locator(".drawer")).to_be_hidden()
    page.keyboard.press("7")
    seventh = page.get_by_role("radiogroup", name="Place of response G")
    expect(seventh.get_by_role("radio", name="7")).to_be_checked()


def test_responses_are_ranked_by_mouse(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_rankings(k=3))
    assignment = Assignment.objects.get()
    for letter, place in (("A", "3"), ("B", "1"), ("C", "2")):
        group = page.get_by_role("radiogroup", name=f"Place of response {letter}")
        group.get_by_role("radio", name=place).check()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert Label.objects.get().ranking == stored("b>c>a", assignment)


def test_responses_are_ranked_by_touch_on_a_phone(
    new_page: Callable[..., Page], sign_in: SignIn, live_server: Any
) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    sit(page, sign_in, live_server, make_rankings(k=3))
    assert page.evaluate("scrollY") == 0, "the page begins at the question"
    page.get_by_role("link", name="Rank").tap()
    for row, place in ((0, 1), (1, 0), (2, 1)):
        cell = page.locator(".place").nth(row).locator(".cells label").nth(place)
        box = cell.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
        cell.tap()
    expect(page.locator(".order")).to_contain_text("B then A = C")
    page.get_by_role("button", name="Submit").tap()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert page.evaluate("scrollY") == 0
    assert Label.objects.count() == 1
