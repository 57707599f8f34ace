"""Taking the last answer back, before and after it was sent, and changing earlier ones."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from annotation.models import Annotation, Label
from tests.browser.sitting import Faulty, SignIn, answer, make_pairs, recorded, shown_assignment, sit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Faulty:
    return Faulty(monkeypatch)


def test_an_answer_not_sent_yet_comes_back_as_it_was(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    page.context.set_offline(True)
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#trouble")).to_be_visible()
    answer(page, "4", "Prompt number 2?")
    page.keyboard.press("3")  # begun here, not sent
    page.keyboard.press("z")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.get_by_role("radio", name="B slightly better")).to_be_checked()
    expect(page.locator("#pace")).to_contain_text("1 of 4")
    expect(page.locator("#trouble")).to_contain_text("One answer is kept")
    expect(page.locator("#saved")).to_have_text("Taken back")
    answer(page, "5", "Prompt number 2?")
    expect(page.get_by_role("radio", name="Tie")).to_be_checked()
    page.context.set_offline(False)
    assert recorded(2) == [2, 2]
    assert Annotation.objects.count() == 2, "nothing had to be revised"
    page_problems.clear()


def test_an_answer_already_sent_is_revised(page: Page, sign_in: SignIn, live_server: Any) -> None:
    page.clock.install()
    sit(page, sign_in, live_server, make_pairs())
    first = shown_assignment(page)
    page.clock.run_for(50_000)
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.clock.run_for(20_000)
    page.keyboard.press("3")
    page.keyboard.press("z")
    expect(page.locator("#desk[data-editing]")).to_have_count(1)
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    expect(page.locator("#announce")).to_have_text("Your earlier answer, to be changed")
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    expect(page.get_by_role("button", name="Skip")).to_be_hidden()
    page.clock.run_for(8_000)
    answer(page, "4", "Prompt number 1?")
    expect(page.get_by_role("radio", name="Tie")).to_be_checked()
    expect(page.locator("#pace")).to_contain_text("1 of 4")
    page.clock.run_for(1_000)
    answer(page, "2", "Prompt number 2?")
    assert recorded(2) == [1, 1]
    old, new = Annotation.objects.filter(assignment=first).order_by("revision")
    assert (old.revision, new.revision) == (0, 1)
    assert old.superseded_at is not None
    assert Label.objects.get(annotation=old).strength == 2, "the earlier answer is history, not gone"
    assert old.active_seconds == pytest.approx(50, abs=3)
    assert new.active_seconds == pytest.approx(8, abs=3), "time spent on the change only"
    second = Annotation.objects.exclude(assignment=first).get()
    assert second.active_seconds == pytest.approx(21, abs=3), "the clock of the one in hand stood still"


@pytest.mark.parametrize("way", ["Escape", "Cancel"])
def test_a_change_can_be_cancelled_and_begun_again(
    page: Page, sign_in: SignIn, live_server: Any, way: str
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.keyboard.press("z")
    expect(page.locator("#desk[data-editing]")).to_have_count(1)
    page.keyboard.press("4")
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Cancel the change").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert page.locator("#answer input:checked").count() == 0
    assert recorded(1) == [2]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    answer(page, "5", "Prompt number 1?")
    page.wait_for_timeout(300)
    assert recorded(1) == [2]
    assert Annotation.objects.count() == 2


def test_undo_while_the_answer_is_on_its_way_waits_for_it(
    page: Page, sign_in: SignIn, live_server: Any, server: Faulty
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    server.delay = 0.4
    answer(page, "1", "Prompt number 1?")
    page.keyboard.press("z")
    expect(page.locator("#desk[data-editing]")).to_have_count(1)
    answer(page, "4", "Prompt number 1?")
    recorded(1)
    page.wait_for_timeout(900)
    assert recorded(1) == [1]
    assert Annotation.objects.count() == 2


def test_taken_back_without_knowing_whether_the_server_has_it_the_last_word_counts(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs()
    sit(page, sign_in, live_server, project)
    asked: list[str] = []

    def swallow(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fetch()  # recorded, but the reply is lost
        return route.abort() if len(asked) < 3 else route.continue_()

    page.route(f"**/p/{project.slug}/label/", swallow)
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#trouble")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    answer(page, "4", "Prompt number 1?")
    expect(page.locator("#trouble")).to_be_hidden()
    page.wait_for_timeout(500)
    assert recorded(1) == [1]
    assert Annotation.objects.count() == 2, "the second try revises the first"
    page_problems.clear()


def test_several_answers_are_taken_back_one_after_another(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    answer(page, "1", "Prompt number 1?")
    answer(page, "2", "Prompt number 2?")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.keyboard.press("z")
    expect(page.locator("#desk[data-editing] #prompt")).to_contain_text("Prompt number 1?")
    page.keyboard.press("z")
    expect(page.locator("#desk[data-editing] #prompt")).to_contain_text("Prompt number 0?")
    answer(page, "3", "Prompt number 1?")
    answer(page, "3", "Prompt number 2?")
    page.wait_for_timeout(500)
    assert recorded(2) == [None, None]


def test_the_very_last_answer_can_be_taken_back_too(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_pairs(1))
    answer(page, "1")
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    answer(page, "4")
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    page.wait_for_timeout(500)
    assert recorded(1) == [1]


def test_undo_needs_the_answer_and_says_so_when_it_cannot_be_fetched(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    answer(page, "1", "Prompt number 1?")
    recorded(1)
    expect(page.locator("#saved")).to_have_text("Saved")
    page.context.set_offline(True)
    page.keyboard.press("z")
    expect(page.locator("#notice")).to_contain_text("Try Undo again in a moment.")
    page.context.set_offline(False)
    page.keyboard.press("z")
    expect(page.locator("#desk[data-editing]")).to_have_count(1)
    page_problems.clear()


def test_an_answer_is_changed_from_the_list_of_ones_own(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs()
    sit(page, sign_in, live_server, project)
    first = shown_assignment(page)
    answer(page, "1", "Prompt number 1?")
    recorded(1)
    page.get_by_role("link", name="My work").click()
    page.get_by_role("link", name="Prompt number 0?").click()
    assert page.url.endswith(reverse("label-one", args=[project.slug, first]))
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    answer(page, "4")
    expect(page.get_by_role("heading", name="My work")).to_be_visible()
    assert recorded(1) == [1]
    page.get_by_role("link", name="Prompt number 0?").click()
    expect(page.get_by_role("radio", name="B slightly better")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="My work")).to_be_visible()
