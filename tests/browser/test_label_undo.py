"""Taking the last answer back, before and after it was sent, whatever the network does meanwhile."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from annotation.models import Annotation, Assignment, Label
from tests.browser.sitting import (
    Held,
    SignIn,
    answer,
    banner,
    lose_first_reply,
    make_pairs,
    notice,
    recorded,
    shown_assignment,
    sit,
    stop_clock,
    told,
)

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert recorded(page, 2) == [2, 2]
    assert Annotation.objects.count() == 2, "nothing had to be revised"
    page_problems.clear()


def test_an_answer_already_sent_is_revised(page: Page, sign_in: SignIn, live_server: Any) -> None:
    stop_clock(page)
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
    assert recorded(page, 2) == [1, 1]
    old, new = Annotation.objects.filter(assignment=first).order_by("revision")
    assert (old.revision, new.revision) == (0, 1)
    assert old.superseded_at is not None
    assert Label.objects.get(annotation=old).strength == 2, "the earlier answer is history, not gone"
    assert old.active_seconds == 50
    assert new.active_seconds == 8, "time spent on the change only"
    second = Annotation.objects.exclude(assignment=first).get()
    assert second.active_seconds == 21, "the clock of the one in hand stood still"


def test_undo_while_the_answer_is_on_its_way_needs_no_waiting(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs()
    sit(page, sign_in, live_server, project)
    sending = Held(page, f"**/p/{project.slug}/label/")
    answer(page, "1", "Prompt number 1?")
    sending.wait()
    page.keyboard.press("z")
    assert "Prompt number 0?" in (page.locator("#prompt").text_content() or "")
    answer(page, "4", "Prompt number 1?")
    sending.let_go()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert recorded(page, 1) == [1]
    assert Annotation.objects.count() == 2


@pytest.mark.parametrize("cut", [False, True], ids=["slow", "offline"])
def test_an_answer_is_taken_back_at_once_though_the_server_says_nothing(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str], cut: bool
) -> None:
    project = make_pairs()
    sit(page, sign_in, live_server, project)
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#saved")).to_have_text("Saved")
    asking = Held(page, f"**/p/{project.slug}/label/*/", method="GET")
    page.context.set_offline(cut)
    page.keyboard.press("z")
    assert page.locator("#desk[data-editing]").count() == 1
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    expect(page.get_by_role("button", name="Cancel the change")).to_be_visible()
    expect(told(page)).to_have_text("Taken back")
    answer(page, "4", "Prompt number 1?")
    page.context.set_offline(False)
    asking.let_go()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert recorded(page, 1) == [1]
    assert Annotation.objects.count() == 2
    page_problems.clear()


def taken_back_unsure(
    page: Page, sign_in: SignIn, live_server: Any, times: int = 2, arrives: bool = True
) -> None:
    """The server has the first answer (or not), the page cannot know it, and it has been taken back.

    Nothing is tried again before `page.clock.resume()`.
    """
    project = make_pairs()
    stop_clock(page)
    sit(page, sign_in, live_server, project)
    lose_first_reply(page, project, times, arrives)
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")


@pytest.mark.parametrize("arrives", [True, False], ids=["recorded", "lost"])
def test_taken_back_without_knowing_whether_the_server_has_it_the_last_word_counts(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str], arrives: bool
) -> None:
    taken_back_unsure(page, sign_in, live_server, arrives=arrives)
    answer(page, "4", "Prompt number 1?")
    page.clock.resume()
    expect(banner(page)).to_be_hidden()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert recorded(page, 1) == [1]
    assert Annotation.objects.count() == 1 + arrives, "the second try revises the first"
    page_problems.clear()


def test_the_correction_waits_until_the_server_has_said_what_it_corrects(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    taken_back_unsure(page, sign_in, live_server, times=1)
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method != "GET" or len(lost) == 2:
            return route.fallback()
        lost.append(route.request.url)
        return route.abort()

    page.route("**/label/*/", lose)
    answer(page, "4", "Prompt number 1?")
    page.clock.resume()
    expect(page.locator("#saved")).to_have_text("Saved")
    expect(banner(page)).to_be_hidden()
    assert recorded(page, 1) == [1]
    assert Annotation.objects.count() == 2
    page_problems.clear()


def test_what_was_taken_back_survives_a_reload(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    taken_back_unsure(page, sign_in, live_server)
    page.clock.resume()
    page.keyboard.press("4")
    for _ in range(2):
        page.reload()
        expect(page.locator("#desk[data-editing] #prompt")).to_contain_text("Prompt number 0?")
        expect(page.get_by_role("radio", name="B slightly better")).to_be_checked()
    page.unroute_all()
    answer(page, "5", "Prompt number 1?")
    expect(page.locator("#saved")).to_have_text("Saved")
    assert recorded(page, 1) == [2]
    assert Annotation.objects.count() == 2
    page.reload()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    page_problems.clear()


def test_what_the_server_has_is_not_skipped_but_changed(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    taken_back_unsure(page, sign_in, live_server, times=1)
    page.keyboard.press("s")
    page.keyboard.press("1")
    page.clock.resume()
    expect(notice(page)).to_contain_text("That answer had been saved already, so it was not skipped.")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator("#desk[data-editing] #prompt")).to_contain_text("Prompt number 0?")
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    expect(page.locator("#pace")).to_contain_text("1 of 4")
    assert recorded(page, 1) == [2]
    assert not Assignment.objects.filter(state="returned").exists()
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
    expect(page.locator("#saved")).to_have_text("Saved")
    assert recorded(page, 2) == [None, None]


def test_the_very_last_answer_can_be_taken_back_too(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_pairs(1))
    answer(page, "1")
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    answer(page, "4")
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert recorded(page, 1) == [1]
