"""While somebody sits here their comparisons stay theirs; then they go to others, and nobody is misled."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import leases
from annotation.models import Assignment
from tests.browser.sitting import SignIn, all_asked, answer, make_pairs, recorded, sit, stop_clock

pytestmark = pytest.mark.django_db(transaction=True)

SEEN = """() => {
    window.seen = [];
    const note = () => window.seen.push(document.querySelector("#prompt")?.textContent.trim() || "");
    document.addEventListener("tandem:card", note);
}"""


def test_the_heartbeat_keeps_what_a_person_has_and_drops_what_went_to_others(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(6)
    page.clock.install()
    person = sit(page, sign_in, live_server, project)
    held = list(Assignment.objects.filter(annotator=person).order_by("pk"))
    soon = timezone.now() + timedelta(seconds=30)
    Assignment.objects.filter(pk__in=[held[0].pk, held[2].pk]).update(leased_until=soon)
    leases.give_back(person, [held[1].pk])  # as if it had gone to somebody else, unseen
    page.mouse.move(10, 10)
    with page.expect_response("**/label/next/"):  # what was dropped is made up for
        page.clock.run_for(61_000)
    assert not Assignment.objects.filter(leased_until=soon).exists()
    answer(page, "1", "Prompt number 2?")
    assert recorded(page, 1) == [2]


def test_nothing_is_renewed_while_nobody_is_there(page: Page, sign_in: SignIn, live_server: Any) -> None:
    stop_clock(page)
    sit(page, sign_in, live_server, make_pairs())
    beats: list[str] = []
    page.on("request", lambda request: beats.extend([request.url] if "beat" in request.url else []))

    def beaten(seconds: int) -> int:
        page.clock.run_for(1000 * seconds)
        all_asked(page)
        return len(beats)

    assert [beaten(119), beaten(600)] == [1, 1]
    page.mouse.move(30, 30)
    assert beaten(59) == 2


def test_a_break_is_suggested_quietly_after_fifty_minutes(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    stop_clock(page)
    sit(page, sign_in, live_server, make_pairs())
    pause = page.locator("#pause")
    for minute in range(49):
        page.mouse.move(10, 10 + minute)
        page.clock.run_for(60_000)
    expect(pause).to_be_hidden()
    page.mouse.move(10, 100)
    page.clock.run_for(75_000)
    expect(pause).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    pause.get_by_role("button").click()
    expect(pause).to_be_hidden()


def test_after_a_sleep_the_server_is_asked_before_anything_new_is_shown(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    page.clock.install()
    person = sit(page, sign_in, live_server, make_pairs(6))
    page.evaluate(SEEN)
    held = list(Assignment.objects.filter(annotator=person).order_by("pk"))
    leases.give_back(person, [held[1].pk])  # as if it had gone to somebody else
    page.clock.fast_forward(15 * 60_000)
    answer(page, "1", "Prompt number 2?")
    assert not [text for text in page.evaluate("window.seen") if "number 1?" in text]
    assert recorded(page, 1) == [2]


def test_after_a_sleep_without_connection_work_goes_on(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    page.clock.install()
    sit(page, sign_in, live_server, make_pairs())
    page.clock.fast_forward(15 * 60_000)
    page.context.set_offline(True)
    answer(page, "1", "Prompt number 1?")
    page.context.set_offline(False)
    assert recorded(page, 1) == [2]
    page_problems.clear()


def test_somebody_who_comes_back_is_there_for_the_server_at_once(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    page.clock.install()
    sit(page, sign_in, live_server, make_pairs())
    page.clock.fast_forward(15 * 60_000)
    with page.expect_request("**/label/beat/"):
        page.mouse.move(30, 30)
        page.clock.run_for(6000)
