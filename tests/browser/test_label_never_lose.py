"""Never wait, never lose: the next question at once, every answer recorded exactly once."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from annotation import leases
from annotation.models import Annotation, Assignment, Label
from annotation.projects import touch
from tests.browser.sitting import Faulty, SignIn, address, answer, four_questions, make_pairs, recorded, sit
from tests.browser.sitting import shown_assignment as shown
from tests.factories import PASSWORD, make_person

pytestmark = pytest.mark.django_db(transaction=True)

# From Enter to the first frame with the next card on it, in milliseconds.
MEASURE = """() => {
    window.changes = [];
    let pressed = 0;
    addEventListener("keydown", (event) => { if (event.key === "Enter") pressed = performance.now(); }, true);
    document.addEventListener("tandem:card", () => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.changes.push(performance.now() - pressed);
        port2.postMessage(0);
    }));
}"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Faulty:
    return Faulty(monkeypatch)


def banner(page: Page) -> Any:
    return page.locator("#trouble")


def test_the_next_question_is_there_at_once_though_the_server_takes_its_time(
    page: Page, sign_in: SignIn, live_server: Any, server: Faulty
) -> None:
    sit(page, sign_in, live_server, make_pairs(8))
    page.evaluate(MEASURE)
    server.delay = 0.3
    for number in range(1, 7):
        answer(page, "1", f"Prompt number {number}?")
        if number >= 2:  # two are held; after that as many come as the server answers
            page.wait_for_timeout(350)
    page.wait_for_timeout(50)
    changes = page.evaluate("window.changes")
    assert len(changes) == 6
    assert sorted(changes)[-2] < 100, changes
    assert recorded(6) == [2] * 6


def test_without_a_card_in_hand_the_old_content_is_greyed_until_one_arrives(
    page: Page, sign_in: SignIn, live_server: Any, server: Faulty
) -> None:
    sit(page, sign_in, live_server, make_pairs(5))
    server.delay = 0.8
    for number in (1, 2):
        answer(page, "1", f"Prompt number {number}?")
    answer(page, "1")
    desk = page.locator("#desk.waiting")
    expect(desk).to_have_count(1)
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    page.keyboard.press("5")  # belongs to nothing
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    expect(desk).to_have_count(0)
    assert page.locator("#answer input:checked").count() == 0
    server.delay = 0
    assert recorded(3) == [2, 2, 2]


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
    assert recorded(3) == [2, 1, None]
    expect(page.locator("#pace")).to_contain_text("3 of 6")
    page_problems.clear()


def test_a_broken_server_is_asked_again_until_it_recovers(
    page: Page, sign_in: SignIn, live_server: Any, server: Faulty, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    server.broken = True
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_contain_text("The server has trouble. One answer is kept on this device")
    answer(page, "2", "Prompt number 2?")
    server.broken = False
    page.get_by_role("button", name="Try now").click()
    expect(banner(page)).to_be_hidden()
    assert recorded(2) == [2, 1]
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
    assert recorded(1) == [2]
    page_problems.clear()


def test_an_answer_whose_reply_is_lost_is_repeated_and_recorded_once(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs()
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
    expect(banner(page)).to_be_hidden()
    assert lost
    assert recorded(1) == [2]
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
    assert recorded(1) == [2]
    expect(page.locator("#pace")).to_contain_text("1 of 4")
    page_problems.clear()


def test_a_draft_survives_a_reload_with_its_time(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_pairs()
    four_questions(project)
    project.criteria.filter(name="truthful").update(rationale="optional")
    touch(project)
    page.clock.install()
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
    recorded(4)
    annotation = Annotation.objects.get()
    assert annotation.active_seconds == pytest.approx(40, abs=5)
    assert Label.objects.get(criterion__name="truthful").rationale.text == "Half a sentence"
    page.reload()
    assert page.locator("#answer input:checked").count() == 0


@pytest.mark.parametrize("cookies", [{"name": "sessionid"}, {}], ids=["session", "all"])
def test_an_expired_sign_in_loses_and_doubles_nothing(
    page: Page,
    sign_in: SignIn,
    live_server: Any,
    page_problems: list[str],
    cookies: dict[str, str],
) -> None:
    project = make_pairs(5)
    person = make_person(project, email="ines@example.org")
    sign_in(page, person.user)
    page.goto(address(live_server, project))
    page.context.clear_cookies(**cookies)
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_contain_text("You are signed out. One answer is kept on this device.")
    answer(page, "5", "Prompt number 2?")
    page.keyboard.press("4")
    page.get_by_role("link", name="Sign in").click()
    assert unquote(page.url).endswith(f"/sign-in/?next=/p/{project.slug}/label/")
    assert Label.objects.count() == 0
    page.get_by_label("E-mail").fill("ines@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    expect(page.get_by_role("radio", name="B slightly better")).to_be_checked()
    assert recorded(2) == [2, 2]
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    assert recorded(3) == [2, 2, 1]
    assert Annotation.objects.count() == 3
    page_problems.clear()


def test_signing_in_elsewhere_changes_the_token_and_the_answer_still_arrives(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs()
    person = make_person(project, email="ines@example.org")
    sign_in(page, person.user)
    page.goto(address(live_server, project))
    page.evaluate("window.same = true")
    other = page.context.new_page()
    page.context.clear_cookies(name="sessionid")
    other.goto(live_server.url + "/sign-in/")
    other.get_by_label("E-mail").fill("ines@example.org")
    other.get_by_label("Password").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", name="Projects")).to_be_visible()
    answer(page, "1", "Prompt number 1?")
    assert recorded(1) == [2]
    assert page.evaluate("window.same")
    assert all("403" in problem for problem in page_problems)
    page_problems.clear()


def test_another_person_on_the_same_device_sends_nothing_of_the_first_one(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs(8)
    first = sit(page, sign_in, live_server, project)
    second = make_person(project, email="jo@example.org")
    page.context.set_offline(True)
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_be_visible()
    page.context.set_offline(False)
    recorded(1)
    page.context.set_offline(True)
    answer(page, "5", "Prompt number 2?")
    expect(banner(page)).to_be_visible()
    sign_in(page, second.user)
    page.context.clear_cookies(name="csrftoken")  # signing in by the form would have changed it
    page.context.set_offline(False)
    expect(page.locator(f"body[data-store$='.{second.pk}']")).to_have_count(1)
    expect(page.locator("#desk[data-assignment]")).to_have_count(1)
    assert Label.objects.count() == 1
    sign_in(page, first.user)
    page.reload()
    assert recorded(2) == [2, 2]
    assert set(Label.objects.values_list("annotator_id", flat=True)) == {first.pk}
    page_problems.clear()


def test_enter_twice_or_held_and_a_double_click_record_once(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs(6))
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    page.keyboard.press("1")
    page.keyboard.down("Enter")
    for _ in range(5):
        page.keyboard.down("Enter")  # held down: it repeats
    page.keyboard.up("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    page.keyboard.press("1")
    page.get_by_role("button", name="Submit").dblclick()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    assert recorded(3) == [2, 2, 2]
    assert Annotation.objects.count() == 3


def test_a_second_tab_waits_and_takes_over_with_the_draft(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(5)
    sit(page, sign_in, live_server, project)
    answer(page, "1", "Prompt number 1?")
    page.keyboard.press("4")
    other = page.context.new_page()
    other.goto(address(live_server, project))
    notice = other.get_by_role("heading", name="Your work is open in another tab")
    expect(notice).to_be_visible()
    other.get_by_role("button", name="Work here instead").click()
    expect(other.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(other.get_by_role("radio", name="B slightly better")).to_be_checked()
    expect(page.get_by_role("heading", name="Your work is open in another tab")).to_be_visible()
    page.keyboard.press("Enter")
    other.keyboard.press("Enter")
    expect(other.locator("#prompt")).to_contain_text("Prompt number 2?")
    assert recorded(2) == [2, 1]
    other.close()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    answer(page, "3", "Prompt number 3?")
    assert recorded(3) == [2, 1, None]


def test_an_answer_the_server_does_not_accept_comes_back_before_the_one_in_hand(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs()
    sit(page, sign_in, live_server, project)
    project.criteria.update(confidence=True)  # the owner changed the questions meanwhile
    touch(project)
    answer(page, "2")
    expect(page.locator("#notice")).to_contain_text("Your answer is kept below")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    expect(page.locator("#pace")).to_contain_text("0 of 4")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert recorded(1) == [1]
    assert Label.objects.get().confidence == "not"
    assert all("422" in problem for problem in page_problems)
    page_problems.clear()


def test_an_answer_that_cannot_be_saved_is_named(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    Assignment.objects.filter(pk=shown(page)).delete()
    answer(page, "2", "Prompt number 1?")
    expect(page.locator("#notice")).to_contain_text("no longer yours, so this answer was not saved")
    expect(page.locator("#pace")).to_contain_text("0 of 4")
    page.locator("#notice").get_by_role("button", name="Close").click()
    expect(page.locator("#notice")).to_be_hidden()
    answer(page, "2", "Prompt number 2?")
    assert recorded(1) == [1]
    page_problems.clear()


def test_a_browser_that_keeps_nothing_can_still_be_worked_in(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    )
    sit(page, sign_in, live_server, make_pairs())
    page.context.set_offline(True)
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#notice")).to_contain_text("This browser keeps nothing for later.")
    answer(page, "2", "Prompt number 2?")
    page.context.set_offline(False)
    assert recorded(2) == [2, 1]
    page_problems.clear()


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
    assert recorded(1) == [2]


def test_nothing_is_renewed_while_nobody_is_there(page: Page, sign_in: SignIn, live_server: Any) -> None:
    page.clock.install()
    sit(page, sign_in, live_server, make_pairs())
    beats: list[str] = []
    page.on("request", lambda request: beats.extend([request.url] if "beat" in request.url else []))
    page.clock.run_for(119_000)
    here = len(beats)
    page.clock.run_for(600_000)
    assert (here, len(beats)) == (1, 1)
    page.mouse.move(30, 30)
    page.clock.run_for(59_000)
    assert len(beats) == 2


def test_a_break_is_suggested_quietly_after_fifty_minutes(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    page.clock.install()
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


def test_new_guidelines_are_read_before_anything_new_is_lent(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs(6)
    person = sit(page, sign_in, live_server, project)
    newest = project.guidelines_versions.create(version=2, text="Read both responses twice.")
    touch(project)
    answer(page, "1", "Prompt number 1?")
    answer(page, "1", "Prompt number 2?")
    answer(page, "1")
    expect(page.get_by_role("heading", name="The guidelines have changed")).to_be_visible()
    expect(page.get_by_role("heading", name="The guidelines have changed")).to_be_focused()
    page.get_by_role("button", name="Understood, go on").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    assert person.acknowledgements.filter(guidelines=newest).exists()
    page.keyboard.press("g")
    expect(page.get_by_role("complementary", name="Guidelines")).to_contain_text("twice")
    assert recorded(3) == [2, 2, 2]
