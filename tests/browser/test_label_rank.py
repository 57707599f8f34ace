"""Ranking three and more responses in a real browser: by keyboard alone and by mouse."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.models import Criterion, Label
from annotation.projects import touch
from tests.browser.ranking import (
    SignIn,
    arrived,
    make_rankings,
    order,
    place,
    press,
    row,
    shown_assignment,
    sit,
    stored,
)

pytestmark = pytest.mark.django_db(transaction=True)


def drag(page: Page, source: Locator, target: Locator, at: float = 0.6) -> None:
    """Drags with the mouse: from the middle of one element to `at` of another one's height."""
    start = source.bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2 - 10, steps=3)
    end = target.bounding_box()
    assert end is not None
    for _ in range(2):
        page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] * at, steps=8)
        page.wait_for_timeout(120)
    page.mouse.up()


def test_nothing_is_placed_before_a_person_places_it(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_rankings())
    expect(page.get_by_role("heading", name="Not placed yet")).to_be_visible()
    assert order(page) == "-:abcd"
    expect(page.get_by_text("A, B, C, D still need a place")).to_be_visible()
    expect(page.get_by_role("button", name="Submit")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    assert Label.objects.count() == 0


def test_letters_pick_digits_place_arrows_move_and_equals_ties_without_a_mouse(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    said = page.locator("#announce")
    page.evaluate(
        "document.addEventListener('tandem:picked', ({ detail }) => { window.picked = detail.letter; })"
    )
    page.keyboard.press("c")
    expect(said).to_have_text("C picked up: Not placed yet")
    assert page.evaluate("window.picked") == "c"
    expect(row(page, "c").get_by_role("button")).to_be_focused()
    expect(row(page, "c").get_by_role("button")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("1")
    expect(said).to_have_text("C: 1st.")
    press(page, "a 2")
    assert order(page) == "1:c 2:a -:bd"
    press(page, "d =")
    expect(said).to_have_text("D: 2nd, equal with A.")
    assert order(page) == "1:c 2:ad -:b"
    expect(page.locator('[data-tier="3"]')).to_be_hidden()  # two are second: the next one is fourth
    press(page, "b 4")
    expect(said).to_have_text("B: 4th. All placed.")
    expect(page.get_by_role("heading", name="Not placed yet")).to_be_hidden()
    press(page, "b ArrowUp")
    assert order(page) == "1:c 2:b 3:ad"
    page.keyboard.press("ArrowDown")
    assert order(page) == "1:c 2:ad 4:b"
    expect(row(page, "b").get_by_role("button")).to_be_focused()
    page.keyboard.press("Escape")
    expect(said).to_have_text("B let go: 4th")
    press(page, "d ArrowUp")
    assert order(page) == "1:c 2:d 3:a 4:b"
    page.keyboard.press("Backspace")
    assert order(page) == "1:c 3:a 4:b -:d"
    expect(page.get_by_text("D still needs a place")).to_be_visible()
    press(page, "a = d 3 Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(assignment)
    assert label.ranking == stored("a=c>d>b", assignment)


def test_digits_alone_place_the_responses_one_after_the_other(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    press(page, "2 1 4 3 Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.locator("#prompt")).to_be_focused()
    assert order(page) == "-:abcd"
    (label,) = arrived(assignment)
    assert label.ranking == stored("b>a>d>c", assignment)


def test_responses_are_ranked_by_dragging_with_the_mouse(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    drag(page, row(page, "c"), place(page, 1))
    expect(page.locator("#announce")).to_have_text("C: 1st.")
    drag(page, row(page, "a"), place(page, 2))
    drag(page, row(page, "d"), place(page, 2), at=0.9)
    assert order(page) == "1:c 2:ad -:b"
    drag(page, row(page, "b"), place(page, 4))
    assert order(page) == "1:c 2:ad 4:b"
    drag(page, row(page, "b"), page.locator('.gap[data-before="2"]'))
    assert order(page) == "1:c 2:b 3:ad"
    drag(page, row(page, "c"), place(page, 0))
    assert order(page) == "2:b 3:ad -:c"
    drag(page, row(page, "c"), place(page, 1))
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(assignment)
    assert label.ranking == stored("c>b>a=d", assignment)


def test_a_click_picks_up_and_another_one_places(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(k=3))
    for letter, number in (("c", 1), ("a", 3)):
        row(page, letter).click()
        expect(row(page, letter).get_by_role("button")).to_have_attribute("aria-pressed", "true")
        page.locator(f'.tier[data-tier="{number}"]').click()
    page.get_by_role("button", name="Put it here: 2nd").click()  # nothing is picked up: the next one
    assert order(page) == "1:c 2:b 3:a"
    page.get_by_role("button", name="Submit").click()
    (label,) = arrived(assignment)
    assert label.ranking == stored("c>b>a", assignment)


def test_the_best_two_of_five_are_placed_and_the_others_stay(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(k=5, ranking="top-2"))
    expect(page.get_by_text("Place the best 2, one by one.")).to_be_visible()
    expect(page.get_by_text("1st, 2nd are still open")).to_be_visible()
    press(page, "d 1 b =")
    expect(page.locator("#announce")).to_have_text("Equal is not offered here.")
    press(page, "b 2")
    expect(page.get_by_role("heading", name="The others")).to_be_visible()
    press(page, "e 1")  # makes room: d becomes second, b leaves
    assert order(page) == "1:e 2:d -:abc"
    page.keyboard.press("Enter")
    (label,) = arrived(assignment)
    assert label.ranking == stored("e>d>a~b~c", assignment)


def test_the_best_and_the_worst_of_four_are_named(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(k=4, ranking="best-worst"))
    expect(page.get_by_text("Best, Worst are still open")).to_be_visible()
    press(page, "b 1 c 2")
    expect(page.get_by_role("heading", name="In between")).to_be_visible()
    press(page, "a 1")  # b goes back between
    assert order(page) == "1:a 2:c -:bd"
    press(page, "c ArrowUp")
    expect(page.get_by_text("Worst is still open")).to_be_visible()
    press(page, "Escape d ArrowDown Enter")
    (label,) = arrived(assignment)
    assert label.ranking == stored("a>b~c>d", assignment)


def test_best_and_worst_are_dragged_too(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(k=3, ranking="best-worst"))
    drag(page, row(page, "b"), place(page, 1))
    drag(page, row(page, "a"), place(page, 2))
    drag(page, row(page, "c"), place(page, 1))
    assert order(page) == "1:c 2:a -:b"
    page.get_by_role("button", name="Submit").click()
    (label,) = arrived(assignment)
    assert label.ranking == stored("c>b>a", assignment)


def test_nine_responses_are_ranked_by_keyboard(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(k=9))
    page.keyboard.press("g")
    expect(page.locator("#announce")).to_have_text("G picked up: Not placed yet")
    press(page, "9 i 1 h 2 a 3 b 3 c 5 d 6 e 7 f 8")
    assert order(page) == "1:i 2:h 3:ab 5:c 6:d 7:e 8:f 9:g"
    page.keyboard.press("Enter")
    (label,) = arrived(assignment)
    assert label.ranking == stored("i>h>a=b>c>d>e>f>g", assignment)


def test_the_order_shown_is_asked_about_once_and_costs_one_more_enter(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    press(page, "1 2 3 4 Enter")
    warning = page.locator("#open").get_by_text("This is the order in which they were shown.")
    expect(page.locator("#open")).to_contain_text("This is the order in which they were shown.")
    expect(page.locator("#announce")).to_contain_text("Submit again if you mean it.")
    assert shown_assignment(page) == assignment
    assert Label.objects.count() == 0
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(assignment)
    assert label.ranking == stored("a>b>c>d", assignment)
    assert warning.count() == 0


def test_the_order_shown_is_not_asked_about_once_somebody_has_moved_something(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    press(page, "d 4 a 1 b 2 c 3 Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(assignment)
    assert label.ranking == stored("a>b>c>d", assignment)
    assignment = shown_assignment(page)
    press(page, "1 3 2 4 c ArrowDown ArrowUp ArrowDown Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    (label,) = arrived(assignment)
    assert label.ranking == stored("a>b>c>d", assignment)


def test_all_bad_takes_back_the_places(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    press(page, "1 0")
    expect(page.get_by_role("checkbox", name="All bad")).to_be_checked()
    assert order(page) == "-:abcd"
    press(page, "a 1")
    expect(page.get_by_role("checkbox", name="All bad")).not_to_be_checked()
    press(page, "0 Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(assignment)
    assert label.ranking == "both_bad"


def test_each_question_has_its_own_ranking_reasons_and_text(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_rankings(k=3, reasons=["correct"], confidence=True, rationale="required", rationale_min=5)
    Criterion.objects.create(project=project, name="kind", scale="ranking", ranking="top-1", position=1)
    touch(project)
    assignment = sit(page, sign_in, live_server, project)
    press(page, "2 1 3")
    expect(page.get_by_text("Why is B best?")).to_be_visible()
    press(page, "q k n")
    page.keyboard.type("It")
    press(page, "Escape Enter")
    expect(page.locator("#open")).to_contain_text("1st is still open")
    expect(page.locator(".ordering.open")).to_contain_text("Place the best one.")
    press(page, "c 1")
    expect(page.get_by_text("Write at least 5 characters")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.type(" is right.")
    press(page, "Escape Enter")
    overall, kind = arrived(assignment, 2)
    assert overall.ranking == stored("b>a>c", assignment)
    assert overall.confidence == "somewhat"
    assert (overall.rationale.reasons, overall.rationale.text) == (["correct"], "It is right.")
    assert kind.ranking == stored("c>a~b", assignment)


def test_an_answer_that_is_filled_in_again_is_shown_in_the_list(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_rankings())
    page.evaluate("""() => {
      const choose = (letter, place) => document.querySelector(
        `input[data-letter="${letter}"][data-place="${place}"]`).checked = true;
      choose("b", 1); choose("c", 2); choose("d", 2);
      document.dispatchEvent(new CustomEvent("tandem:restored"));
    }""")
    assert order(page) == "1:b 2:cd -:a"
    expect(page.get_by_text("A still needs a place")).to_be_visible()


def test_what_was_placed_is_there_after_a_reload(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(ranking="best-worst"))
    press(page, "c 1 a 2")
    page.reload()
    assert shown_assignment(page) == assignment
    assert order(page) == "1:c 2:a -:bd"
    page.keyboard.press("Enter")
    (label,) = arrived(assignment)
    assert label.ranking == stored("c>b~d>a", assignment)


@pytest.mark.parametrize(
    ("task", "choices", "ranking"),
    [
        ("full", {"A": "2", "B": "1", "C": "2", "D": "4"}, "b>a=c>d"),
        ("top-2", {"D": "1", "A": "2", "B": "not placed"}, "d>a>b~c"),
        ("best-worst", {"Best": "D", "Worst": "A"}, "d>b~c>a"),
    ],
)
def test_responses_are_ranked_without_scripts(
    new_page: Callable[..., Page],
    sign_in: SignIn,
    live_server: Any,
    task: str,
    choices: dict[str, str],
    ranking: str,
) -> None:
    page = new_page(java_script_enabled=False)
    assignment = sit(page, sign_in, live_server, make_rankings(ranking=task))
    for name, choice in choices.items():
        title = name if task == "best-worst" else f"Place of response {name}"
        page.get_by_role("radiogroup", name=title).get_by_role("radio", name=choice, exact=True).check()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(assignment)
    assert label.ranking == stored(ranking, assignment)


def test_keys_rest_on_the_list_while_a_person_writes(page: Page, sign_in: SignIn, live_server: Any) -> None:
    sit(page, sign_in, live_server, make_rankings(rationale="optional"))
    press(page, "n")
    page.keyboard.type("a1 = c2")
    assert order(page) == "-:abcd"
    expect(page.locator("textarea").first).to_have_value("a1 = c2")


def test_places_are_always_counted_as_in_a_race(page: Page, sign_in: SignIn, live_server: Any) -> None:
    """Random moves: nobody is lost, nobody takes what another needs, and asking again changes nothing."""
    sit(page, sign_in, live_server, make_rankings())
    wrong = page.evaluate("""() => {
      const { places } = tandem;
      let seed = 7;
      const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
      for (let round = 0; round < 4000; round += 1) {
        const k = 3 + random(7);
        const names = [..."abcdefghi"].slice(0, k);
        const kind = ["full", "top", "ends"][random(3)];
        const size = { full: k, top: 1 + random(k - 1), ends: 2 }[kind];
        let at = new Map(names.map((name) => [name, 0]));
        for (let step = 0; step < 20; step += 1) {
          const name = names[random(k)];
          const moves = [
            () => places.put(at, name, 1 + random(size), { kind, size }),
            () => places.move(at, name, random(2) * 2 - 1, { kind, size }),
            () => places.remove(at, name),
          ];
          if (kind !== "ends") moves.push(() => places.insert(at, name, 1 + random(size), { kind, size }));
          if (kind === "full") moves.push(() => places.equal(at, name, { kind, size }));
          const next = moves[random(moves.length)]();
          if (!next) continue;
          at = next;
          const tiers = places.tiers(at);
          const fits = tiers.every(({ place, letters }, index) => Number.isInteger(place) && place >= 1
            && place + letters.length - 1 <= size && (kind === "full" || letters.length === 1)
            && tiers.slice(0, index).every((above) => above.place + above.letters.length <= place));
          const again = kind === "ends" ? at : places.settle(at, size);
          const settled = JSON.stringify([...again]) === JSON.stringify([...at]);
          if (!fits || !settled || at.size !== k) return JSON.stringify({ kind, size, at: [...at] });
        }
      }
      return "";
    }""")
    assert wrong == ""
