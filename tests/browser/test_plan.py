"""The plan page in a real browser: the slider by keyboard, approval, people's work in order of value, axe."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F, Sum
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation import labels, leases
from annotation.models import Decision, Demand, Project
from routing import drafting, quality
from routing.drafting import Budget
from tests.browser.geometry import beyond
from tests.browser.sitting import SignIn
from tests.browser.test_accessibility import SCREENS, check
from tests.factories import make_person, make_project
from tests.routing.learned import labelled_project

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def few_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "REFITS", 5)


@pytest.fixture
def project() -> Project:
    return labelled_project(labelled=60, open_ones=30, audit_share=0.1, human_label_price=Decimal("0.5"))


def visit(page: Page, sign_in: SignIn, live_server: Any, project: Project) -> None:
    sign_in(page, make_person(project, role="owner").user)
    page.goto(live_server.url + reverse("plan", args=[project.slug]))


def wanted_of_people(project: Project) -> int:
    rows = Demand.objects.filter(comparison__project=project, judge=None)
    return rows.aggregate(open=Sum(F("wanted") - F("live") - F("done")))["open"]


def test_plan_move_the_slider_by_key_approve_and_people_get_the_most_valuable_first(
    page: Page, sign_in: SignIn, live_server: Any, project: Project
) -> None:
    visit(page, sign_in, live_server, project)
    page.get_by_label("People may get").fill("20")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_text("6 of 30")).to_be_visible()
    before = wanted_of_people(project)

    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("9 of 30")).to_be_visible()
    expect(slider).to_be_focused()
    assert "9 to people" in (slider.get_attribute("aria-valuetext") or "")
    page.keyboard.press("Home")
    expect(page.get_by_text("0 of 30")).to_be_visible()
    page.keyboard.press("End")
    expect(page.get_by_text("30 of 30")).to_be_visible()
    for _ in range(25):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("5 of 30")).to_be_visible()
    page.get_by_role("button", name="Approve plan").click()
    expect(page.get_by_text("5 to people, 25 to the judge")).to_be_visible()
    expect(page.get_by_role("button", name="Approve plan")).to_have_count(0)

    after = wanted_of_people(project)
    assert after < before
    scores = dict(Decision.objects.filter(destination="human").values_list("comparison_id", "score"))
    person, got = make_person(project), []
    while lent := leases.claim(person, project):
        got.append(lent[0].comparison_id)
        answer = labels.Submission(lent[0].pk, {"overall": labels.Answer("a>b")})
        labels.submit_many(person, project, [answer])
    assert len(got) == after
    asked = [scores[pk] for pk in got if pk in scores]
    assert len(asked) == 5
    assert asked == sorted(asked, reverse=True)


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_to_complain_of_at_any_width(
    new_page: Callable[..., Page], sign_in: SignIn, live_server: Any, project: Project, screen: str
) -> None:
    page = new_page(**SCREENS[screen])
    drafting.ask(project, "combined", Budget.of("money", "6"))
    visit(page, sign_in, live_server, project)
    expect(page.get_by_role("slider")).to_be_visible()
    for details in page.locator("details").all():
        details.evaluate("element => element.open = true")
    check(page, "a plan")
    assert beyond(page) == []
    empty = make_project()
    drafting.ask(empty, "combined", Budget.of("share", "0.5"))
    visit(page, sign_in, live_server, empty)
    check(page, "an empty plan")
    assert beyond(page) == []
