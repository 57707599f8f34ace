"""What the tests of ranking share: projects of k responses, and the answer that arrived."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from annotation.models import Assignment, Label, Project
from annotation.projects import touch
from annotation.ranking import parse, relabel
from tests.browser import sitting
from tests.browser.geometry import box
from tests.browser.sitting import SignIn, shown_assignment, wait_for
from tests.factories import make_comparison, make_project

TIERS = """() => [...document.querySelectorAll(".ordering.open .tier")].map((tier) => [
    Number(tier.dataset.tier || 0),
    [...tier.querySelectorAll("li")].map((one) => one.dataset.letter || "").join(""),
])"""
NAMES = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta", "Iota")


def make_rankings(k: int = 4, number: int = 3, **fields: Any) -> Project:
    """A project with one criterion to rank k short responses by, and `number` comparisons."""
    project = make_project(scale="ranking", both_bad=True)
    project.criteria.update(**fields)
    touch(project)
    for index in range(number):
        texts = [f"{name} speaks first and says a little more than fits." for name in NAMES[:k]]
        make_comparison(project, *texts, prompt=f"Prompt number {index}?")
    return project


def sit(page: Page, sign_in: SignIn, live_server: Any, project: Project) -> int:
    """Opens the label page as a new person; gives the id of the assignment shown."""
    sitting.sit(page, sign_in, live_server, project)
    return shown_assignment(page)


def press(page: Page, keys: str) -> None:
    """Presses keys one after the other, written with spaces between them."""
    for key in keys.split():
        page.keyboard.press(key)


def row(page: Page, letter: str) -> Locator:
    return page.locator(f'.ordering.open [data-slot][data-letter="{letter}"]')


def place(page: Page, number: int) -> Locator:
    """The list of what stands in a place; 0 for what is not placed."""
    return page.locator(f'.ordering.open [data-list="{number}"]')


def order(page: Page) -> str:
    """The open list as a person sees it: `1:c 2:ad` and so on, with what is not placed last."""
    found: dict[int, str] = dict(page.evaluate(TIERS))
    placed = [f"{number}:{found[number]}" for number in sorted(found) if number and found[number]]
    return " ".join([*placed, *([f"-:{found[0]}"] if found[0] else [])])


def expect_order(page: Page, wanted: str) -> None:
    """Waits for that order: after a tap or a drop, whose event may still be on its way."""
    wait_for(page, lambda: order(page) == wanted)
    assert order(page) == wanted


def lead(page: Page, target: Locator, point: Callable[[float, float], object], at: float = 0.5) -> None:
    """Leads what is dragged to `at` of the target's height until it has come to stand there.

    A person lets go then too: the rows make way, and the list takes its time to see where the pointer is.
    """
    stood = 0
    for nudge in range(300):
        if target.locator(".landing").count():
            stood += 1
        else:
            stood, end = 0, box(target)
            point(end["x"] + end["width"] / 2, end["y"] + end["height"] * at + nudge % 2)
        if stood == 3:
            return
        page.wait_for_timeout(80)


def arrived(page: Page, assignment: int, number: int = 1) -> list[Label]:
    """The labels of an assignment, waited for: an answer is sent while the next one is already shown."""
    found = Label.objects.filter(annotation__assignment=assignment, current=True)
    wait_for(page, lambda: found.count() >= number)
    labels = list(found.select_related("criterion", "rationale").order_by("criterion__position"))
    assert len(labels) == number
    return labels


def stored(ranking: str, assignment: int) -> str:
    """A ranking over the letters on the page, in stored letters."""
    shown = Assignment.objects.get(pk=assignment).shown
    return str(relabel(parse(ranking, len(shown)), shown))
