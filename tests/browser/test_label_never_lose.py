"""Never wait, never lose: the next question at once, every answer recorded exactly once."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from annotation.models import Annotation, Label
from annotation.projects import touch
from tests.browser.sitting import (
    Faulty,
    Held,
    SignIn,
    answer,
    banner,
    four_questions,
    make_pairs,
    recorded,
    sit,
    stop_clock,
    wait_for,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Faulty:
    return Faulty(monkeypatch)


def test_the_next_question_is_there_at_once_though_the_server_takes_its_time(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(8)
    sit(page, sign_in, live_server, project)
    sending = Held(page, f"**/p/{project.slug}/label/")
    page.wait_for_function("tandem.giving.working()")
    for number in (1, 2):  # two are held; after that as many come as the server answers
        answer(page, "1")
        # Not awaited: it is there when the key has been handled, in the very next frame.
        assert page.locator("#prompt").inner_text() == f"Prompt number {number}?"
    assert Label.objects.count() == 0
    sending.let_go()
    for number in range(3, 7):
        answer(page, "1", f"Prompt number {number}?")
    assert recorded(page, 6) == [2] * 6


def test_without_a_card_in_hand_the_old_content_is_greyed_until_one_arrives(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(5)
    sit(page, sign_in, live_server, project)
    sending = Held(page, f"**/p/{project.slug}/label/")
    for number in (1, 2):
        answer(page, "1", f"Prompt number {number}?")
    answer(page, "1")
    desk = page.locator("#desk.waiting")
    expect(desk).to_have_count(1)
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    page.keyboard.press("5")  # belongs to nothing
    sending.let_go()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    expect(desk).to_have_count(0)
    assert page.locator("#answer input:checked").count() == 0
    assert recorded(page, 3) == [2, 2, 2]


def test_answers_given_offline_go_out_by_themselves_once(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs(6))
    page.context.set_offline(True)
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_contain_text(
        "You are offline. One answer is kept on this device and goes out by itself."
    )
    expect(page.locator("#saved")).to_have_text("Waiting to send")
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    answer(page, "4", "Prompt number 2?")
    expect(banner(page)).to_contain_text("2 answers are kept on this device and go out by themselves.")
    answer(page, "3")
    expect(page.locator("#desk.waiting")).to_have_count(1)
    expect(page.locator("#pace")).to_contain_text("3 of 6")
    assert Label.objects.count() == 0
    page.context.set_offline(False)
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    expect(banner(page)).to_be_hidden()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert recorded(page, 3) == [2, 1, None]
    expect(page.locator("#pace")).to_contain_text("3 of 6")
    page_problems.clear()


def test_a_broken_server_is_asked_again_until_it_recovers(
    page: Page, sign_in: SignIn, live_server: Any, server: Faulty, page_problems: list[str]
) -> None:
    stop_clock(page)  # so that nothing is tried again by itself
    sit(page, sign_in, live_server, make_pairs())
    server.broken = True
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_contain_text("The server has trouble. One answer is kept on this device")
    answer(page, "2", "Prompt number 2?")
    wait_for(page, lambda: len(page_problems) == 2)  # both tries have been refused
    server.broken = False
    page.get_by_role("button", name="Try now").click()
    expect(banner(page)).to_be_hidden()
    assert recorded(page, 2) == [2, 1]
    assert all("500" in problem for problem in page_problems)
    page_problems.clear()


def test_it_is_tried_again_without_anybody_asking(
    page: Page, sign_in: SignIn, live_server: Any, server: Faulty, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    server.broken = True
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_be_visible()
    server.broken = False
    expect(banner(page)).to_be_hidden()
    assert recorded(page, 1) == [2]
    page_problems.clear()


def test_an_answer_whose_reply_is_lost_is_repeated_and_recorded_once(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs()
    stop_clock(page)
    sit(page, sign_in, live_server, project)
    lost: list[Route] = []

    def swallow(route: Route) -> None:
        if route.request.method != "POST" or lost:
            return route.continue_()
        lost.append(route)
        route.fetch()  # the server has it
        return route.abort()

    page.route(f"**/p/{project.slug}/label/", swallow)
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_be_visible()
    page.clock.resume()
    expect(banner(page)).to_be_hidden()
    assert lost
    assert recorded(page, 1) == [2]
    assert Annotation.objects.count() == 1
    page_problems.clear()


def test_a_reload_sends_what_was_not_sent_and_does_not_ask_it_again(
    page: Page, sign_in: SignIn, live_server: Any, server: Faulty, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    server.broken = True
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_be_visible()
    page.reload()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.locator("#pace")).to_contain_text("1 of 4")
    expect(banner(page)).to_be_visible()
    server.broken = False
    page.reload()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert recorded(page, 1) == [2]
    expect(page.locator("#pace")).to_contain_text("1 of 4")
    page_problems.clear()


def test_a_draft_survives_a_reload_with_its_time(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_pairs()
    four_questions(project)
    project.criteria.filter(name="truthful").update(rationale="optional")
    touch(project)
    stop_clock(page)
    sit(page, sign_in, live_server, project)
    page.clock.run_for(40_000)
    page.keyboard.press("2")
    page.keyboard.press("k")
    page.get_by_role("radiogroup", name="Truthful", exact=True).get_by_role("radio").nth(0).check(force=True)
    page.get_by_role("checkbox", name="Clearer").check(force=True)
    page.locator("[name$=-rationale]").fill("Half a sentence")
    page.reload()
    chosen = "elements => elements.map((element) => element.value)"
    given = page.locator("#answer input:checked").evaluate_all(chosen)
    assert given == ["1", "2", "somewhat", "Clearer"]
    expect(page.locator("[name$=-rationale]")).to_have_value("Half a sentence")
    expect(page.get_by_text("Helpful is still open")).to_be_visible()
    page.get_by_role("radiogroup", name="Helpful", exact=True).get_by_role("radio").nth(2).check(force=True)
    page.get_by_role("radiogroup", name="Harmless", exact=True).get_by_role("radio").nth(2).check(force=True)
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    recorded(page, 4)
    annotation = Annotation.objects.get()
    assert annotation.active_seconds == 40
    assert Label.objects.get(criterion__name="truthful").rationale.text == "Half a sentence"
    page.reload()
    assert page.locator("#answer input:checked").count() == 0
