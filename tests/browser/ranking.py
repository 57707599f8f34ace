"""What the tests of ranking share: projects of k responses, and the answer that arrived."""

import time
from typing import Any

from playwright.sync_api import Locator, Page

from annotation.models import Assignment, Label, Project
from annotation.projects import touch
from annotation.ranking import parse, relabel
from tests.browser import sitting
from tests.browser.sitting import SignIn, shown_assignment
from tests.factories import make_comparison, make_project

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
    found = {
        int(tier.get_attribute("data-tier") or 0): "".join(
            one.get_attribute("data-letter") or "" for one in tier.locator("li").all()
        )
        for tier in page.locator(".ordering.open .tier").all()
    }
    placed = [f"{number}:{found[number]}" for number in sorted(found) if number and found[number]]
    return " ".join([*placed, *([f"-:{found[0]}"] if found[0] else [])])


def arrived(assignment: int, number: int = 1, seconds: float = 15) -> list[Label]:
    """The labels of an assignment, waited for: an answer is sent while the next one is already shown."""
    deadline = time.monotonic() + seconds
    while True:
        labels = list(
            Label.objects.filter(annotation__assignment=assignment, current=True)
            .select_related("criterion", "rationale")
            .order_by("criterion__position")
        )
        if len(labels) >= number or time.monotonic() > deadline:
            assert len(labels) == number
            return labels
        time.sleep(0.05)


def stored(ranking: str, assignment: int) -> str:
    """A ranking over the letters on the page, in stored letters."""
    shown = Assignment.objects.get(pk=assignment).shown
    return str(relabel(parse(ranking, len(shown)), shown))
