"""A person at the label page: projects of pairs, answers, and a server that fails on purpose."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, expect

from annotation.models import Annotator, Criterion, Label, Project
from annotation.projects import touch
from frontend.views.label import page as label_page
from tests import waiting
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


def wait_for(page: Page, what: Callable[[], object]) -> None:
    """Waits for something outside the page while the page's requests pass through the test's own routes."""
    waiting.wait_for(what, lambda: page.wait_for_timeout(50))


def recorded(page: Page, number: int) -> list[int | None]:
    """Waits for that many current labels and gives their strengths, oldest first; fails where more arrive."""
    current = Label.objects.filter(annotation__superseded_at=None).order_by("pk")
    wait_for(page, lambda: current.count() >= number)
    strengths = list(current.values_list("strength", flat=True))
    assert len(strengths) == number
    return strengths


def stop_clock(page: Page) -> None:
    """For a page that is opened next: its time stands still unless `page.clock` moves it."""
    now = datetime.now(UTC)
    page.clock.install(time=now - timedelta(hours=1))
    page.clock.pause_at(now)


def all_asked(page: Page) -> None:
    """Waits until every request that the page has made so far is known to the test's listeners too."""
    with page.expect_response("**/healthz?asked"):
        page.evaluate("fetch('/healthz?asked')")


def shown_assignment(page: Page) -> int:
    return int(page.locator("#desk").get_attribute("data-assignment") or 0)


def banner(page: Page) -> Locator:
    """What is wrong between the page and the server."""
    return page.locator("#trouble")


def notice(page: Page) -> Locator:
    """What a person has to know about an answer."""
    return page.locator("#notice")


def told(page: Page) -> Locator:
    """What became of the last action, as it is heard."""
    return page.locator("#told")


def press_on(page: Page, key: str, code: str, shift: bool = False) -> None:
    """Presses a key of another keyboard: `key` is what it writes, `code` its place on an American one."""
    session = page.context.new_cdp_session(page)
    event = {"key": key, "code": code, "modifiers": 8 if shift else 0}
    session.send("Input.dispatchKeyEvent", event | {"type": "rawKeyDown"})
    session.send("Input.dispatchKeyEvent", event | {"type": "keyUp"})
    session.detach()


def lose_first_reply(page: Page, project: Project, times: int = 2, arrives: bool = True) -> None:
    """The first answer is recorded if it `arrives`, but the page is told so only after `times` tries."""
    tries: list[str] = []

    def swallow(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        tries.append(route.request.url)
        if len(tries) == 1 and arrives:
            route.fetch()
        return route.abort() if len(tries) <= times else route.continue_()

    page.route(f"**/p/{project.slug}/label/", swallow)


class Held:
    """Keeps requests to an address on their way until they are let go."""

    def __init__(self, page: Page, address: str, method: str = "POST") -> None:
        self.page, self.address, self.method = page, address, method
        self.free = False
        self.routes: list[Route] = []
        page.route(address, self.hold)

    def hold(self, route: Route) -> None:
        if route.request.method != self.method or self.free:
            route.fallback()
        else:
            self.routes.append(route)

    def wait(self, number: int = 1) -> None:
        """Until so many are on their way."""
        wait_for(self.page, lambda: len(self.routes) >= number)

    def let_go(self) -> None:
        """Those on their way, and all that come."""
        self.free = True
        for route in self.routes:
            route.continue_()


class Faulty:
    """Stands between the label page's view and the domain: broken until it is repaired."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken = False
        self.real = label_page.submit_many
        monkeypatch.setattr(label_page, "submit_many", self)

    def __call__(self, *args: Any, **more: Any) -> Any:
        if self.broken:
            raise RuntimeError("broken on purpose")
        return self.real(*args, **more)
