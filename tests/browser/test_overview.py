"""The overview follows the work while it is looked at, and a comparison is found and decided by keyboard."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation import summaries
from annotation.models import Annotation, Demand, Label, Pool
from tests.annotation.voting import answer
from tests.browser.geometry import beyond
from tests.browser.sitting import SignIn, all_asked
from tests.browser.test_accessibility import check
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_overview_follows_the_work_without_a_reload_and_draws_its_charts(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_project()
    first, second = (make_comparison(project) for _ in range(2))
    person = make_person(project)
    answer(person, first, "a>b", 1)
    Annotation.objects.update(active_seconds=20)
    sign_in(page, make_person(project, role="owner").user)
    page.goto(live_server.url + reverse("overview", args=[project.slug]))
    expect(page.get_by_text("1 of 2 comparisons are labelled")).to_be_visible()
    expect(page.locator("figure[data-drawn] canvas")).to_have_count(3)
    check(page, "an overview")
    assert beyond(page) == []

    answer(person, second, "b>a", 1)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("htmx.trigger('[data-live]', 'wake')")
    all_asked(page)
    assert all("healthz" in url for url in asked), "nobody looks, so nothing is asked"
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("2 of 2 comparisons are labelled")).to_be_visible()
    expect(page.locator(".share i").first).to_have_attribute("style", "width: 100%;")

    page.get_by_text("Show the numbers").first.click()
    expect(page.locator("figure table").first).to_be_visible()
    before = page.locator("figure canvas").first.evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("button", name="Theme").click()
    page.wait_for_function(
        "before => document.querySelector('figure canvas').toDataURL() !== before", arg=before
    )


def test_a_disputed_comparison_is_found_and_decided_by_keyboard(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_project()
    make_comparison(project, external_id="agreed", prompt="How long do eggs boil?")
    disputed = make_comparison(project, external_id="disputed", prompt="How long does rice boil?", wanted=2)
    for said in ("a>b", "b>a"):
        answer(make_person(project), disputed, said, 1)
    pool = Pool.objects.create(project=project, name="experts", adjudicates=True)
    Demand.objects.create(comparison=disputed, pool=pool, wanted=1)
    summaries.catch_up(project)
    expert = make_person(project, role="reviewer")
    sign_in(page, expert.user)
    page.goto(live_server.url + reverse("comparisons", args=[project.slug]))
    page.get_by_label("Words of the prompt").fill("boil")
    page.get_by_label("Disagreement").select_option("people")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Find").press("Enter")
    expect(page.get_by_role("link", name="disputed")).to_be_visible()
    expect(page.get_by_role("link", name="agreed")).to_have_count(0)
    check(page, "a list that was searched")

    page.get_by_role("link", name="disputed").press("Enter")
    expect(page.get_by_text("Waits for an adjudicator")).to_be_visible()
    page.get_by_role("button", name="Decide", exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Choose an answer here.")
    page_problems.clear()  # the browser notes the 422
    page.get_by_role("radio", name="A clearly better").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text("decided as an adjudicator")).to_be_visible()
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    check(page, "a decided comparison")
    label = Label.objects.get(annotator=expert)
    assert (label.ranking, label.strength, label.independent) == ("a>b", 1, False)
