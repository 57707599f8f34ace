"""An owner sets up a judge, tries it and steers its run in a real browser, by keys too; axe is content."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation.models import JudgeCall, JudgeRun, Project
from llm_judges import runs, trial
from llm_judges.models import Judge, JudgeBatch
from llm_judges.panels import set_panel, work_through
from llm_judges.registry import annotator_of
from tests.browser.geometry import beyond
from tests.browser.sitting import SignIn
from tests.browser.test_accessibility import check
from tests.factories import make_person, make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import make_judge, make_pairs
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fake() -> Iterator[FakeJudge]:
    with FakeJudge() as fake:
        yield fake


@pytest.fixture
def project() -> Project:
    project = make_project()
    make_pairs(project, 6)
    return project


def in_a_worker(work: Callable[[], None]) -> None:
    """Away from this thread, where the browser's event loop runs."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result(timeout=PATIENCE)


def handed_in(judge: Judge) -> None:
    """A batch that its provider has answered, with more than one outcome."""
    run = JudgeRun.objects.filter(annotator=annotator_of(judge)).latest("pk")
    JudgeBatch.objects.create(
        run=run,
        judge=judge,
        rung="json_schema",
        remote_id="batch_1",
        status="completed",
        requests=12,
        booked={"ok": 11, "refused": 1},
        sent_at=timezone.now(),
        looked_at=timezone.now(),
        ended_at=timezone.now(),
    )


def enter(page: Page, sign_in: SignIn, live_server: Any, project: Project, name: str, *keys: Any) -> None:
    """Opens a page of the project as a new owner."""
    sign_in(page, make_person(project, role="owner").user)
    page.goto(live_server.url + reverse(name, args=[project.slug, *keys]))


def test_a_judge_is_added_by_keys_tried_and_looked_into(
    page: Page,
    sign_in: SignIn,
    live_server: Any,
    project: Project,
    fake: FakeJudge,
    page_problems: list[str],
) -> None:
    enter(page, sign_in, live_server, project, "judge-new")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("careful")
    page.keyboard.press("Tab")
    page.keyboard.type("nonsense")
    page.keyboard.press("Tab")
    page.keyboard.type("fake-1")
    page.keyboard.press("Enter")
    error = page.locator("#id_base_url_error")
    expect(error).to_contain_text("Address must be an http or https address")
    expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
    check(page, "wrong input")
    assert all("422" in problem for problem in page_problems)
    page_problems.clear()
    page.get_by_label("Address").fill(fake.base_url)
    page.get_by_role("button", name="Preview the prompt").click()
    expect(page.locator("#preview")).to_contain_text("You compare two responses")
    assert not Judge.objects.exists()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("careful is set up. Try it before it labels.")
    page.get_by_role("button", name="Try on 5").click()
    expect(page.locator("#trial")).to_contain_text("All 10 calls gave a verdict.")
    expect(page.locator(".tried")).to_have_count(5)
    check(page, "a trial")
    page.locator(".tried").nth(1).get_by_text("The reply as it came").first.click()
    expect(page.locator(".tried").nth(1).get_by_label("Reply").first).to_be_visible()
    page.get_by_role("link", name="Calls").click()
    page.locator("table a").first.click()
    expect(page.get_by_role("heading", name="What is read from the reply")).to_be_visible()
    check(page, "a call")


def test_a_trial_at_work_shows_its_end_by_itself(
    page: Page, sign_in: SignIn, live_server: Any, project: Project, fake: FakeJudge
) -> None:
    judge = make_judge(project, fake)
    run = trial.begin(judge, trial.to_try(judge))
    enter(page, sign_in, live_server, project, "judge-trial", judge.pk)
    expect(page.locator("#trial")).to_contain_text("Waiting for a worker.")
    in_a_worker(lambda: trial.work_on(run, judge))
    expect(page.locator("#trial")).to_contain_text("All 10 calls gave a verdict.")


def test_a_run_is_paused_resumed_and_seen_to_its_end(
    page: Page, sign_in: SignIn, live_server: Any, project: Project, fake: FakeJudge
) -> None:
    judge = make_judge(project, fake)
    runs.start(judge)
    enter(page, sign_in, live_server, project, "judge", judge.pk)
    expect(page.locator(".state")).to_contain_text("Waiting for a worker.")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.locator(".state")).to_contain_text("Paused.")
    assert JudgeRun.objects.get().state == "paused"
    check(page, "a paused run")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".state")).to_contain_text("Done.")
    expect(page.locator(".figures")).to_contain_text("6 of 6")
    assert JudgeCall.objects.filter(state="ok").count() == 12
    page.get_by_label("Comparisons at most").fill("none")
    expect(page.locator(".estimate")).not_to_contain_text("Looking")


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_pages_of_judges_fit_and_have_no_fault(
    new_page: Callable[..., Page],
    sign_in: SignIn,
    live_server: Any,
    project: Project,
    fake: FakeJudge,
    width: int,
) -> None:
    page = new_page(viewport={"width": width, "height": 844})
    judge = make_judge(project, fake)
    make_judge(project, fake, "strong", model="fake-2")
    panel = set_panel(project, "thrifty", ["fake", "strong"], rule="cascade", threshold=0.9)
    in_a_worker(lambda: work_through(panel))
    handed_in(judge)
    sign_in(page, make_person(project, role="owner").user)
    places = ["judges", "judge-new", "judge-templates", "judge-template-new", "calibration", "panel-new"]
    own = ["judge", "judge-trial", "judge-tags", "judge-calls", "judge-versions", "judge-settings"]
    addresses = [reverse(name, args=[project.slug]) for name in places]
    addresses += [reverse(name, args=[project.slug, judge.pk]) for name in own]
    addresses += [reverse(name, args=[project.slug, panel.pk]) for name in ("panel", "panel-settings")]
    for address in addresses:
        page.goto(live_server.url + address)
        assert beyond(page) == [], address
        check(page, address)
