"""The agreement, disputes and leaderboard pages in a real browser: axe, keys, widths, light and dark."""

import random
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation import reports
from annotation.models import Annotator, Pool, PoolMembership, Project, User
from tests.annotation.test_agreement_details import judge, people, say
from tests.browser.geometry import beyond, box
from tests.browser.sitting import SignIn
from tests.browser.test_accessibility import SCREENS, check
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ("agreement", "disputes", "leaderboard")
MODELS = ("ash", "oak", "a model with a name as long as anybody could wish for, and a little longer")
NAMES = ("Ada", "Someone of a family whose names take up a line", "Bo", "Chi")
WIDTHS = ((1440, 900), (1024, 768), (390, 844), (320, 640))


@pytest.fixture
def owner() -> User:
    """Owner of a project in which every figure has something to show."""
    project = make_project(scale="three-way", slug="trees", name="Trees")
    who = [*people(project, 4), judge(project), judge(project, "a judge with a longer name, version 2")]
    for person, name in zip(who, NAMES, strict=False):
        Annotator.objects.filter(pk=person.pk).update(name=name)
    pool = Pool.objects.create(project=project, name="botanists")
    PoolMembership.objects.bulk_create(PoolMembership(pool=pool, annotator=one) for one in who[:4])
    rng = random.Random(5)
    for number in range(66):
        comparison = make_comparison(
            project, prompt=f"Which tree is tall? {number // 3}", group=f"g{number // 3}", category="wood"
        )
        for position in (0, 1):
            model = MODELS[(number + position) % 3]
            comparison.responses.filter(position=position).update(model=model)
        for one in rng.sample(who, 5):
            say(
                one,
                comparison,
                rng.choice(["a>b", "a>b", "b>a", "a=b"]),
                rng.choice(["ab", "ba"]),
                "work",
                30,
            )
    reports.refresh_consensus(project)
    return signed(project)


def signed(project: Project) -> User:
    user = make_person(project, role="owner").user
    assert user is not None
    return user


def addresses(slug: str) -> list[str]:
    return [reverse(name, args=[slug]) for name in PAGES]


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_has_nothing_to_say(
    new_page: Callable[..., Page], owner: User, sign_in: SignIn, live_server: Any, screen: str
) -> None:
    page = new_page(**SCREENS[screen])
    sign_in(page, owner)
    for address in addresses("trees"):
        page.goto(live_server.url + address)
        for details in page.locator("details").all():
            details.evaluate("element => element.open = true")
        check(page, address)


def test_nothing_scrolls_sideways_and_the_whole_menu_is_in_sight(
    page: Page, owner: User, sign_in: SignIn, live_server: Any
) -> None:
    sign_in(page, owner)
    for address, (width, height) in product(addresses("trees"), WIDTHS):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(live_server.url + address)
        assert beyond(page) == [], address
        for entry in page.locator("header nav a").all():
            where = box(entry)
            assert where["x"] >= 0, address
            assert where["x"] + where["width"] <= width, address
            assert where["height"] >= 24, address


def test_figures_tables_and_files_are_reached_with_the_keyboard(
    page: Page, owner: User, sign_in: SignIn, live_server: Any
) -> None:
    sign_in(page, owner)
    page.goto(live_server.url + reverse("agreement", args=["trees"]))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skips to the content
    seen: list[str] = []
    while len(seen) < 200 and "Skip to the content" not in seen:  # once round
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 40)"))
        if seen[-1] == "Show the numbers" and seen.count(seen[-1]) == 1:
            page.keyboard.press("Enter")
    assert page.locator("details[open] table").first.is_visible()
    assert seen.count("Show the numbers") == page.locator("summary", has_text="Show the numbers").count()
    assert any(text.startswith("Download (CSV)") for text in seen)
    page.goto(live_server.url + reverse("disputes", args=["trees"]))
    page.get_by_label("Votes compared").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page).to_have_url(re.compile("between=human_judge"))
    expect(page.get_by_role("columnheader", name="Judges A")).to_be_visible()


@pytest.mark.parametrize("voters", [0, 1])
@pytest.mark.parametrize("screen", SCREENS)
def test_with_nobody_or_one_annotator_it_says_so(
    new_page: Callable[..., Page], sign_in: SignIn, live_server: Any, screen: str, voters: int
) -> None:
    project = make_project(scale="three-way", slug="young")
    for number in range(25 * voters):
        comparison = make_comparison(project)
        for person in list(project.annotators.all()) or people(project, 1):
            say(person, comparison, "a>b" if number % 3 else "b>a")
    page = new_page(**SCREENS[screen])
    sign_in(page, signed(project))
    for address in addresses("young"):
        page.goto(live_server.url + address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        text = page.locator("main").inner_text()
        assert not any(word in text.split() for word in ("nan", "None", "inf")), text
        assert beyond(page) == [], address
        check(page, address)
