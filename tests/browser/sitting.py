"""A person at the label page: projects of pairs, answers, and a server that fails on purpose."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Annotator, Criterion, Label, Project
from annotation.projects import touch
from frontend.views.label import page as label_page
from tests.factories import make_comparison, make_person, make_project

SignIn = Callable[[Page, Any], None]


def make_pairs(number: int = 4, **fields: Any) -> Project:
    project = make_project(**fields)
    for index in range(number):
        make_comparison(project, "The **first** one.", "The second one.", prompt=f"Prompt number {index}?")
    return project


def four_questions(project: Project) -> None:
    project.criteria.update(confidence=True)
    for position, name in enumerate(("helpful", "truthful", "harmless"), start=1):
        reasons = ["Fewer errors", "Clearer"] if name == "truthful" else []
        Criterion.objects.create(
            project=project, name=name, position=position, both_bad=True, reasons=reasons
        )
    touch(project)


def address(live_server: Any, project: Project) -> str:
    return str(live_server.url + reverse("label", args=[project.slug]))


def sit(page: Page, sign_in: SignIn, live_server: Any, project: Project) -> Annotator:
    """Opens the label page as a new person."""
    person = make_person(project)
    sign_in(page, person.user)
    page.goto(address(live_server, project))
    return person


def answer(page: Page, key: str, next_prompt: str = "") -> None:
    """One key for the verdict and Enter; waits for the prompt that has to come next."""
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    if next_prompt:
        expect(page.locator("#prompt")).to_contain_text(next_prompt)


def recorded(number: int, seconds: float = 10) -> list[int | None]:
    """Waits for that many current labels and gives their strengths, oldest first; fails where more arrive."""
    current = Label.objects.filter(annotation__superseded_at=None).order_by("pk")
    deadline = time.monotonic() + seconds
    while current.count() < number and time.monotonic() < deadline:
        time.sleep(0.05)
    strengths = list(current.values_list("strength", flat=True))
    assert len(strengths) == number
    return strengths


def shown_assignment(page: Page) -> int:
    return int(page.locator("#desk").get_attribute("data-assignment") or 0)


class Faulty:
    """Stands between the label page's view and the domain: slow, or broken until it is repaired."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.delay = 0.0
        self.broken = False
        self.calls = 0
        self.real = label_page.submit_many
        monkeypatch.setattr(label_page, "submit_many", self)

    def __call__(self, *args: Any, **more: Any) -> Any:
        self.calls += 1
        time.sleep(self.delay)
        if self.broken:
            raise RuntimeError("broken on purpose")
        return self.real(*args, **more)
