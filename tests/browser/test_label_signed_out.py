"""Signed out, somebody else signed in, or no longer a member: nothing is lost or doubled."""

from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Annotation, Label, Membership
from tests.browser.sitting import SignIn, address, answer, banner, make_pairs, recorded, sit
from tests.factories import PASSWORD, make_person

pytestmark = pytest.mark.django_db(transaction=True)


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
    page.wait_for_url(lambda url: unquote(url).endswith(f"/sign-in/?next=/p/{project.slug}/label/"))
    assert Label.objects.count() == 0
    page.get_by_label("E-mail").fill("ines@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    expect(page.get_by_role("radio", name="B slightly better")).to_be_checked()
    assert recorded(page, 2) == [2, 2]
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 3?")
    assert recorded(page, 3) == [2, 2, 1]
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
    assert recorded(page, 1) == [2]
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
    recorded(page, 1)
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
    assert recorded(page, 2) == [2, 2]
    assert set(Label.objects.values_list("annotator_id", flat=True)) == {first.pk}
    page_problems.clear()


def test_an_answer_is_taken_back_and_changed_while_signed_out(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_pairs()
    person = sit(page, sign_in, live_server, project)
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("z")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 0?")
    answer(page, "4", "Prompt number 1?")
    expect(banner(page)).to_contain_text("You are signed out. One answer is kept on this device.")
    sign_in(page, person.user)
    page.reload()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert recorded(page, 1) == [1]
    page_problems.clear()


@pytest.mark.parametrize("gone", [True, False], ids=["removed", "only looks on"])
def test_a_member_who_was_removed_reads_that(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str], gone: bool
) -> None:
    project = make_pairs()
    person = sit(page, sign_in, live_server, project)
    membership = Membership.objects.filter(user=person.user)
    membership.delete() if gone else membership.update(role=Membership.Role.VIEWER)
    answer(page, "1", "Prompt number 1?")
    expect(banner(page)).to_contain_text("This project is no longer open to you. One answer is kept")
    page_problems.clear()
