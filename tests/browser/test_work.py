"""My work in a real browser: it fits every width, a row is a link, More loads in place, skips come back."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation import leases
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotator, Assignment, Criterion
from annotation.projects import touch
from tests.browser.geometry import beyond
from tests.browser.sitting import SignIn
from tests.factories import make_comparison, make_person, make_project
from tests.waiting import wait_for_a_long_day

pytestmark = pytest.mark.django_db(transaction=True)

PROMPTS = (
    "Name a use for a paper clip.",
    "اشرح الفرق بين الذاكرة والتخزين بكلمات بسيطة لمن يسأل عنه للمرة الأولى في حياته",
    "Explain " + "supercalifragilistic" * 8 + " to a child.",
)
PRESSED = """(cell) => { const box = cell.getBoundingClientRect();
             const middle = [box.left + box.width / 2, box.top + box.height / 2];
             return document.elementFromPoint(...middle).closest("a")?.href }"""


@pytest.fixture
def person() -> Annotator:
    """Somebody who has judged 30 pairs and a ranking, and skipped two."""
    wait_for_a_long_day()
    project = make_project(slug="kitchen", human_label_price=Decimal("0.45"), currency="EUR")
    Criterion.objects.create(project=project, name="helpful", position=1)
    touch(project)
    person = make_person(project)
    for number in range(30):
        answer(person, "a>b", 2, prompt=f"{number}: {PROMPTS[number % len(PROMPTS)]}")
    answer(person, "c>a=d>b", None, "One.", "Two.", "Three.", "Four.", prompt="Which of four?")
    for reason in ("broken", "not_my_field"):
        make_comparison(project, prompt=f"Too hard: {reason}. {PROMPTS[2]}")
        leases.give_back(person, [lent(person).pk], reason=reason)
    return person


def lent(person: Annotator) -> Assignment:
    (assignment,) = leases.claim(person, person.project)
    return assignment


def answer(person: Annotator, ranking: str, strength: int | None, *texts: str, prompt: str) -> None:
    make_comparison(person.project, *texts, prompt=prompt)
    said = {name: Answer(ranking, strength) for name in ("overall", "helpful")}
    submit_many(person, person.project, [Submission(lent(person).pk, said, active_seconds=80)])


def open_work(page: Page, sign_in: SignIn, person: Annotator, live_server: Any) -> None:
    sign_in(page, person.user)
    page.goto(live_server.url + reverse("label-work", args=[person.project.slug]))


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844), (320, 640)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_opens_with_the_day_and_fits_the_screen(
    new_page: Any, sign_in: SignIn, person: Annotator, live_server: Any, width: int, height: int, theme: str
) -> None:
    page = new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    open_work(page, sign_in, person, live_server)
    expect(page.get_by_text("You gave 31 answers today.")).to_be_in_viewport()
    expect(page.get_by_text("€13.95")).to_be_in_viewport()
    expect(page.get_by_text("C, then A = D, then B").first).to_be_visible()
    assert beyond(page) == []
    if width <= 720:
        targets = page.locator("main a.button, main button").evaluate_all(
            "all => all.map((target) => target.getBoundingClientRect().height)"
        )
        assert min(targets) >= 44


def test_more_loads_the_rest_in_place_by_keyboard(
    page: Page, sign_in: SignIn, person: Annotator, live_server: Any
) -> None:
    open_work(page, sign_in, person, live_server)
    links = page.locator("tbody th a")
    expect(links).to_have_count(25)
    page.get_by_role("link", name="More").focus()
    page.keyboard.press("Enter")
    expect(links).to_have_count(31)
    expect(page.get_by_role("link", name="More")).to_have_count(0)
    assert "before" not in page.url


def test_the_whole_row_leads_to_the_answer(
    page: Page, sign_in: SignIn, person: Annotator, live_server: Any
) -> None:
    open_work(page, sign_in, person, live_server)
    row = page.locator("tbody tr").nth(1)
    address = live_server.url + (row.locator("a").get_attribute("href") or "")
    assert [cell.evaluate(PRESSED) for cell in row.locator("td").all()] == [address] * 3


@pytest.mark.parametrize("scripts", [True, False])
def test_a_skipped_one_is_taken_back_with_and_without_scripts(
    new_page: Any, sign_in: SignIn, person: Annotator, live_server: Any, scripts: bool
) -> None:
    page = new_page(java_script_enabled=scripts)
    open_work(page, sign_in, person, live_server)
    expect(page.locator(".skipped li")).to_have_count(2)
    page.get_by_role("button", name=re.compile("Take it back Too hard: broken")).click()
    expect(page.locator(".skipped li")).to_have_count(1)
    expect(page.locator(".skipped")).not_to_contain_text("Too hard: broken")
    assert person.assignments.filter(state=Assignment.State.EXPIRED).count() == 1
