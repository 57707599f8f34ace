"""Judging pairs in a real browser: by keyboard alone, by mouse, by touch, and when things go wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Annotation, Assignment, Label
from annotation.projects import touch
from tests.browser.sitting import (
    SignIn,
    all_asked,
    four_questions,
    make_pairs,
    recorded,
    shown_assignment,
    sit,
    stop_clock,
)
from tests.factories import PASSWORD, make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db(transaction=True)


def left_of(assignment: Assignment) -> str:
    return assignment.shown[0]


def test_a_person_signs_in_opens_the_project_and_judges_without_a_mouse(page: Page, live_server: Any) -> None:
    project = make_pairs(3)
    person = make_person(project, email="ines@example.org")
    page.goto(live_server.url + "/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("ines@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    page.get_by_role("link", name=f"Start {project.name}").focus()
    page.keyboard.press("Enter")
    for number, (key, strength, first) in enumerate((("1", 2, True), ("4", 1, False), ("3", None, None))):
        expect(page.locator("#prompt")).to_contain_text(f"Prompt number {number}?")
        expect(page.get_by_text("Overall is still open")).to_be_visible()
        assignment = Assignment.objects.get(annotator=person, pk=shown_assignment(page))
        page.keyboard.press(key)
        expect(page.get_by_role("button", name="Submit")).to_have_attribute("aria-disabled", "false")
        page.keyboard.press("Enter")
        expect(page.locator(f'#desk[data-assignment="{assignment.pk}"]')).to_have_count(0)
        recorded(page, number + 1)
        label = Label.objects.get(annotation__assignment=assignment)
        assert label.strength == strength
        assert label.ranking == "a=b" if first is None else (label.ranking[0] == left_of(assignment)) == first
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()


def test_the_next_question_takes_the_focus_and_is_announced(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    page.evaluate("window.same = true")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert page.evaluate("window.same"), "the page was not loaded again"
    expect(page.locator("#prompt")).to_be_focused()
    expect(page.locator("#announce")).to_have_text("Question 2")
    assert page.title().startswith("Question 2, ")
    expect(page.locator("#pace")).to_contain_text("1 of 4")
    expect(page.locator("#saved")).to_have_text("Saved")


def test_a_pair_is_judged_by_mouse(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_pairs())
    submit = page.get_by_role("button", name="Submit")
    expect(page.get_by_text("Overall is still open")).to_be_visible()
    submit.click(force=True)
    expect(page.get_by_role("radio", name="A clearly better")).to_be_focused()
    assert Label.objects.count() == 0
    page.get_by_role("radio", name="B clearly better").check()
    submit.click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert recorded(page, 1) == [2]


def test_keys_fill_four_questions_with_reasons_and_confidence(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs()
    four_questions(project)
    sit(page, sign_in, live_server, project)
    expect(page.get_by_text("How sure are you about Overall?")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Helpful is still open")).to_be_visible()
    page.keyboard.press("5")  # no details to ask for: on to the next row
    expect(page.locator(".criterion.now .name")).to_contain_text("Truthful")
    page.keyboard.press("1")
    expect(page.get_by_text("Why is A better?")).to_be_visible()
    page.keyboard.press("w")
    page.keyboard.press("3")
    expect(page.get_by_text("Why is A better?")).to_be_hidden()
    page.keyboard.press("1")
    expect(page.get_by_role("checkbox", name="Clearer")).to_be_checked()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("0")
    expect(page.get_by_text("Say how sure you are: Overall")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("l")
    expect(page.get_by_text("Ready")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    recorded(page, 4)
    labels = {label.criterion.name: label for label in Label.objects.select_related("criterion", "rationale")}
    assert labels["overall"].confidence == "fairly"
    assert labels["truthful"].rationale.reasons == ["Clearer"]
    assert labels["harmless"].ranking == "both_bad"


def test_keys_rest_while_a_person_writes(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_pairs()
    project.criteria.update(rationale="required")
    touch(project)
    sit(page, sign_in, live_server, project)
    page.keyboard.press("2")
    expect(page.get_by_text("Say why in a few words: Overall")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("1 and 3 are good, g?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="A slightly better")).to_be_checked()
    expect(page.locator(".drawer")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    recorded(page, 1)
    assert Label.objects.get().rationale.text == "1 and 3 are good, g?"
    page.keyboard.press("2")
    page.keyboard.press("n")
    page.keyboard.type("Sent from the field.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")


def test_no_key_but_those_printed_does_anything(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_pairs())
    requests: list[str] = []
    page.on("request", lambda request: requests.extend([] if "/static/" in request.url else [request.url]))
    for key in [*"abcehijklmnopqruwz6789-=,.;", "Space", "Home", "F2", "Control+1", "Alt+2"]:
        page.keyboard.press(key)
    all_asked(page)
    assert [url for url in requests if "healthz" not in url] == []
    assert page.locator("#answer input:checked").count() == 0
    expect(page.get_by_text("Overall is still open")).to_be_visible()


def test_single_keys_can_be_switched_off_and_stay_off(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_pairs())
    page.keyboard.press("?")
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("1")
    page.keyboard.press("g")
    assert page.locator("#answer input:checked").count() == 0
    expect(page.locator(".scale kbd").first).to_be_hidden()
    page.get_by_role("radio", name="Tie").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    recorded(page, 1)
    assert Label.objects.get().ranking == "a=b"


def test_guidelines_open_by_key_stay_open_and_close_by_escape(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_pairs())
    drawer = page.get_by_role("complementary", name="Guidelines")
    page.keyboard.press("g")
    expect(drawer).to_be_visible()
    expect(drawer).to_be_focused()
    expect(drawer).to_contain_text("Read both responses to the end.")
    expect(page.get_by_role("link", name="Guidelines")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(drawer).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_time_at_the_desk_is_measured(page: Page, sign_in: SignIn, live_server: Any) -> None:
    stop_clock(page)
    sit(page, sign_in, live_server, make_pairs())
    page.clock.run_for(30_000)
    page.mouse.move(100, 100)
    page.clock.run_for(200_000)  # two minutes of it count as reading
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    recorded(page, 1)
    annotation = Annotation.objects.get()
    assert (annotation.active_seconds, annotation.idle_seconds) == (150, 80)
    page.clock.run_for(10_000)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    recorded(page, 2)
    assert Annotation.objects.latest("pk").active_seconds == 10


def test_the_page_works_without_scripts(
    new_page: Callable[..., Page], sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    page = new_page(java_script_enabled=False)
    project = make_pairs()
    four_questions(project)
    sit(page, sign_in, live_server, project)
    for name in ("Overall", "Helpful", "Truthful", "Harmless"):
        group = page.get_by_role("radiogroup", name=name, exact=True)
        expect(group).to_be_visible()
        group.get_by_role("radio", name="Tie").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Say how sure you are.")).to_be_visible()
    assert all("422" in problem for problem in page_problems)
    page_problems.clear()
    page.get_by_role("radio", name="Very").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    assert Label.objects.count() == 4
    page.get_by_role("link", name="Guidelines").click()
    expect(page.get_by_text("Read both responses to the end.")).to_be_visible()


def test_a_pair_is_judged_by_touch_on_a_phone(
    new_page: Callable[..., Page], sign_in: SignIn, live_server: Any
) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    project = make_project()
    long = "A question that does not fit into two lines of a small screen, however they are set. " * 4
    for _ in range(2):
        make_comparison(project, "word " * 300, "word " * 200, prompt=long)
    sit(page, sign_in, live_server, project)
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    page.get_by_role("button", name="Show all").tap()
    expect(page.get_by_role("button", name="Show less")).to_be_visible()
    page.get_by_role("button", name="Show less").tap()
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    verdict = page.locator(".scale label").first
    box = verdict.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["y"] + box["height"] < 844, "the verdict is under the thumb, wherever the page is scrolled"
    verdict.tap()
    expect(verdict.get_by_role("radio")).to_be_checked()
    page.get_by_role("button", name="Submit").tap()
    expect(page.locator("#pace")).to_contain_text("1 of 2")
    assert recorded(page, 1) == [2]
    assert page.evaluate("scrollY") == 0


def test_the_theme_is_chosen_once_and_remembered(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_pairs())
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Theme").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
