"""Ranking three and more responses in a real browser by keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Criterion, Label
from annotation.projects import touch
from tests.browser.geometry import box
from tests.browser.ranking import (
    arrived,
    make_rankings,
    order,
    press,
    row,
    sit,
    stored,
)
from tests.browser.sitting import SignIn, shown_assignment

pytestmark = pytest.mark.django_db(transaction=True)


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
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("a=c>d>b", assignment)


def test_digits_alone_place_the_responses_one_after_the_other(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    press(page, "2 1 4 3 Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    expect(page.locator("#prompt")).to_be_focused()
    assert order(page) == "-:abcd"
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("b>a>d>c", assignment)


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
    (label,) = arrived(page, assignment)
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
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("a>b~c>d", assignment)


def test_nine_responses_are_ranked_by_keyboard(page: Page, sign_in: SignIn, live_server: Any) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings(k=9))
    page.keyboard.press("g")
    expect(page.locator("#announce")).to_have_text("G picked up: Not placed yet")
    press(page, "9 i 1 h 2 a 3 b 3 c 5 d 6 e 7 f 8")
    assert order(page) == "1:i 2:h 3:ab 5:c 6:d 7:e 8:f 9:g"
    page.keyboard.press("Enter")
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("i>h>a=b>c>d>e>f>g", assignment)


def test_nine_rows_fit_a_desktop_and_the_keys_are_listed_whole_or_not_at_all(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    sit(page, sign_in, live_server, make_rankings(k=9))
    last = box(page.locator(".rest li").last)
    finish = box(page.locator(".finish"))
    assert last["y"] + last["height"] <= finish["y"]
    keys = page.locator(".legend .keys")
    expect(keys).not_to_be_in_viewport()
    sit(page, sign_in, live_server, make_rankings(k=3))
    expect(keys).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1440, "height": 600})
    expect(keys).not_to_be_in_viewport()


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
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("a>b>c>d", assignment)
    assert warning.count() == 0


def test_the_order_shown_is_not_asked_about_once_somebody_has_moved_something(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    assignment = sit(page, sign_in, live_server, make_rankings())
    press(page, "d 4 a 1 b 2 c 3 Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("a>b>c>d", assignment)
    assignment = shown_assignment(page)
    press(page, "1 3 2 4 c ArrowDown ArrowUp ArrowDown Enter")
    expect(page.locator("#prompt")).to_contain_text("Prompt number 2?")
    (label,) = arrived(page, assignment)
    assert label.ranking == stored("a>b>c>d", assignment)


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
    overall, kind = arrived(page, assignment, 2)
    assert overall.ranking == stored("b>a>c", assignment)
    assert overall.confidence == "somewhat"
    assert (overall.rationale.reasons, overall.rationale.text) == (["correct"], "It is right.")
    assert kind.ranking == stored("c>a~b", assignment)


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
