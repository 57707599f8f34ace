"""Reading in a real browser: layouts, folding, full view, plain text, differences, scrolling together."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Project
from annotation.projects import touch
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[Page, Any], None]
SHORT = ("The kettle boils the water.", "The kettle warms the water.")
PARAGRAPH = (
    "Water boils sooner on a mountain because less air presses on it there, so pasta needs longer. " * 3
)


def chapters(number: int, paragraphs: int = 2) -> str:
    """A text with a heading, paragraphs and a list in each chapter."""
    return "\n\n".join(
        f"## Chapter {chapter}\n\n" + f"{PARAGRAPH}\n\n" * paragraphs + "- pot\n- lid\n- stove"
        for chapter in range(1, number + 1)
    )


def make_reading(*pairs: tuple[str, ...], prompt: str = "How does water boil?") -> Project:
    ranking = len(pairs[0]) > 2
    project = make_project(scale="ranking" if ranking else "five-point")
    touch(project)
    for texts in pairs:
        make_comparison(project, *texts, prompt=prompt)
    return project


@pytest.fixture
def read(sign_in: SignIn, live_server: Any) -> Callable[..., Project]:
    """`read(page, *pairs)` opens the label page as a new person of a new project with these responses."""

    def read(page: Page, *pairs: tuple[str, ...], **fields: Any) -> Project:
        project = make_reading(*pairs, **fields)
        sign_in(page, make_person(project).user)
        page.goto(live_server.url + reverse("label", args=[project.slug]))
        expect(page.locator("#desk[data-layout]")).to_be_visible()
        return project

    return read


Read = Callable[..., Project]


def view(page: Page) -> dict[str, Any]:
    """What would be recorded with an answer given now."""
    recorded: dict[str, Any] = page.evaluate("window.tandem.view.read()")
    return recorded


def answer(page: Page) -> None:
    """Answers with a tie and waits for the next comparison, and until the answer is saved."""
    before = page.locator("#desk").get_attribute("data-assignment")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator(f'#desk[data-assignment="{before}"]')).to_have_count(0)
    expect(page.locator("#saved")).to_have_text("Saved")


def response(page: Page, letter: str) -> Any:
    return page.locator(f'.response[data-letter="{letter}"]')


def tool(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def box(locator: Any) -> dict[str, float]:
    """Where something is, in pixels of the window."""
    found: dict[str, float] | None = locator.bounding_box()
    assert found is not None
    return found


def top_of(page: Page, letter: str, text: str) -> float:
    """How far a text's top is from the top of the window."""
    return box(response(page, letter).get_by_text(text, exact=True).first)["y"]


def settle(page: Page) -> None:
    """Waits until scroll events have been handled."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


# --- layout -----------------------------------------------------------------------------------


def test_short_responses_lie_side_by_side_and_long_ones_are_stacked(page: Page, read: Read) -> None:
    read(page, SHORT, (chapters(9), chapters(3)))
    assert view(page)["layout"] == "side"
    expect(tool(page, "Side by side")).to_have_attribute("aria-pressed", "true")
    answer(page)
    assert view(page)["layout"] == "stacked"
    expect(tool(page, "Side by side")).to_have_attribute("aria-pressed", "false")
    for part in ("#prompt", ".scale", "#submit"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)


def test_the_layout_chosen_by_key_is_remembered_for_pairs_and_for_more_apart(page: Page, read: Read) -> None:
    read(page, SHORT, SHORT)
    page.keyboard.press("v")
    assert view(page)["layout"] == "stacked"
    first, second = (response(page, letter).bounding_box() for letter in "ab")
    assert first["y"] + first["height"] <= second["y"]
    answer(page)
    assert view(page)["layout"] == "stacked", "also for the next one"
    page.reload()
    assert view(page)["layout"] == "stacked", "also after a reload"
    page.keyboard.press("v")
    assert view(page)["layout"] == "side"
    read(page, ("One.", "Two.", "Three."))
    assert view(page)["layout"] == "grid"


def test_what_is_being_read_stays_in_place_when_the_layout_changes(page: Page, read: Read) -> None:
    read(page, (chapters(6), chapters(6)))
    page.keyboard.press("v" if view(page)["layout"] == "stacked" else "y")
    tool(page, "Scroll together").click()
    response(page, "b").evaluate("(page) => { page.scrollTop = 700 }")
    settle(page)
    before = page.evaluate(
        "[...document.querySelectorAll('[data-letter=b] h3')].map((h) => h.getBoundingClientRect().top)"
    )
    shown = next(index for index, top in enumerate(before) if top > 200)
    page.keyboard.press("Shift+B")
    settle(page)
    after = box(response(page, "b").locator("h3").nth(shown))["y"]
    assert abs(after - before[shown]) < 250, "a paragraph above may be shorter now, no more"
    page.keyboard.press("Escape")
    settle(page)
    back = box(response(page, "b").locator("h3").nth(shown))["y"]
    assert back == pytest.approx(before[shown], abs=30)


def test_page_down_turns_the_pages_from_the_question_and_from_a_verdict(page: Page, read: Read) -> None:
    read(page, (chapters(6), chapters(6)))
    page.locator("#prompt").focus()
    page.keyboard.press("PageDown")
    moved = "[...document.querySelectorAll('.pages, .response')].map((box) => box.scrollTop)"
    assert max(page.evaluate(moved)) > 200
    page.get_by_role("radio", name="Tie").focus()
    page.keyboard.press("PageUp")
    assert max(page.evaluate(moved)) == 0


# --- folding and full view --------------------------------------------------------------------


def test_a_long_response_is_folded_until_all_of_it_is_asked_for(page: Page, read: Read) -> None:
    read(page, (chapters(12), "Short."))
    assert view(page)["layout"] == "stacked"
    long = page.locator(".response.folded")
    expect(long).to_have_count(1)
    height = box(long)["height"]
    assert 1200 < height < 2000
    button = page.get_by_role("button", name="Show all", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".response.folded")).to_have_count(0)
    expect(page.get_by_text("Chapter 12")).to_be_visible()
    less = page.get_by_role("button", name="Show less")
    expect(less).to_have_attribute("aria-expanded", "true")
    less.press("Enter")
    expect(page.locator(".response.folded")).to_have_count(1)
    expect(page.locator(".response.folded h2")).to_be_in_viewport()


def test_full_view_shows_one_response_and_the_verdict_stays_usable(page: Page, read: Read) -> None:
    read(page, SHORT, SHORT)
    page.keyboard.press("Shift+B")
    expect(response(page, "a")).to_be_hidden()
    assert box(response(page, "b"))["width"] > 1400
    expect(page.get_by_role("button", name="Full view of B")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+A")
    expect(response(page, "a")).to_be_visible()
    expect(response(page, "b")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(response(page, "b")).to_be_visible()
    page.get_by_role("button", name="Full view of A").click()
    expect(response(page, "b")).to_be_hidden()
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="A clearly better")).to_be_checked()
    page.keyboard.press("Shift+A")
    expect(response(page, "b")).to_be_visible()
    assert view(page)["full"] == ["a", "b"]
    answer(page)
    assert view(page)["full"] == []


def test_a_long_question_opens_and_closes_by_key(page: Page, read: Read) -> None:
    read(page, SHORT, prompt=PARAGRAPH * 12)
    asked = page.locator(".asked")
    folded = box(asked)["height"]
    page.keyboard.press("Shift+P")
    assert box(asked)["height"] > 1.5 * folded
    expect(page.locator(".scale")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    assert box(asked)["height"] == pytest.approx(folded, abs=1)


# --- plain text -------------------------------------------------------------------------------


def test_plain_text_shows_what_was_written_and_is_fetched_once(page: Page, read: Read) -> None:
    read(page, ("This is **bold**.", "<b>tags</b> & *stars*"), SHORT, prompt="Why **bold**?")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/plain/" in request.url else None)
    for _ in range(2):
        page.keyboard.press("x")
        expect(page.locator("#prompt")).to_contain_text("Why **bold**?")
        expect(page.get_by_text("This is **bold**.", exact=True)).to_be_visible()
        expect(page.get_by_text("<b>tags</b> & *stars*", exact=True)).to_be_visible()
        assert view(page)["plain"] is True
        page.keyboard.press("x")
        expect(page.get_by_text("This is bold.", exact=True)).to_be_visible()
        expect(page.locator("#prompt")).not_to_contain_text("**", use_inner_text=True)
        assert view(page)["plain"] is False
    assert len(asked) == 1


def test_plain_text_stays_on_until_it_is_switched_off(page: Page, read: Read) -> None:
    read(page, ("A **b**.", "C *d*."), ("E **f**.", "G *h*."))
    page.keyboard.press("x")
    expect(page.get_by_text("A **b**.")).to_be_visible()
    answer(page)
    expect(page.get_by_text("E **f**.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("E **f**.")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_text("E f.")).to_be_visible()


def test_plain_text_that_does_not_arrive_is_said_and_can_be_tried_again(
    page: Page, read: Read, page_problems: list[str]
) -> None:
    read(page, ("A **b**.", "C *d*."))
    page.route("**/plain/", lambda route: route.abort())
    page.keyboard.press("x")
    expect(page.get_by_text("The plain text did not arrive. Try again.")).to_be_visible()
    expect(tool(page, "Plain text")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text("A b.")).to_be_visible()
    page.unroute("**/plain/")
    page.keyboard.press("x")
    expect(page.get_by_text("A **b**.")).to_be_visible()
    expect(page.get_by_text("did not arrive")).to_have_count(0)
    page_problems.clear()


# --- differences ------------------------------------------------------------------------------


def marked(page: Page) -> list[str]:
    """The marked texts of both responses, sorted."""
    found: list[str] = page.evaluate(
        """[...CSS.highlights.get("changed") || []].map((marked) => {
          const range = document.createRange();
          range.setStart(marked.startContainer, marked.startOffset);
          range.setEnd(marked.endContainer, marked.endOffset);
          return range.toString();
        })"""
    )
    return sorted(found)


def test_differences_mark_the_words_of_one_side_and_are_off_for_the_next_one(page: Page, read: Read) -> None:
    read(page, ("The **old** kettle boils.", "The new kettle boils."), SHORT)
    body = page.locator(".pages").inner_html()
    assert view(page)["diff"] is False
    page.keyboard.press("d")
    assert marked(page) == ["new", "old"]
    expect(page.get_by_role("status").filter(has_text="Words only here: 1 in A, 1 in B")).to_be_visible()
    expect(tool(page, "Differences")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("d")
    assert marked(page) == []
    assert page.locator(".pages .said").first.inner_html() in body, "the text was not touched"
    assert view(page)["diff"] is True, "that it was used is recorded"
    page.keyboard.press("d")
    answer(page)
    assert marked(page) == []
    assert view(page)["diff"] is False
    expect(tool(page, "Differences")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize(
    ("texts", "different"),
    [
        (("今天天气很好。", "今天天气不好。"), ["不", "很"]),
        (("Take `a + b` here.", "Take `a - b` here!"), ["+", "-"]),
        (("النسخ مهم جدا", "النسخ ضروري جدا"), ["ضروري", "مهم"]),
        (("- one\n- two", "one two"), []),
        (("One red and blue pen.", "One green pen."), ["green", "red and blue"]),
    ],
    ids=["chinese", "code", "arabic", "only layout", "neighbours"],
)
def test_words_are_those_of_the_language(
    page: Page, read: Read, texts: tuple[str, str], different: list[str]
) -> None:
    read(page, texts)
    page.keyboard.press("d")
    assert marked(page) == different
    if not different:
        expect(page.get_by_text("Both say the same words")).to_be_visible()


def test_differences_follow_the_plain_text(page: Page, read: Read) -> None:
    read(page, ("One [pen](https://example.org/pen).", "One pen."))
    page.keyboard.press("d")
    assert marked(page) == []
    page.keyboard.press("x")
    expect(page.get_by_text("(https://example.org/pen)")).to_be_visible()
    assert "https" in " ".join(marked(page))


def test_differences_of_two_times_three_thousand_words_are_quick_and_more_is_refused(
    page: Page, read: Read
) -> None:
    def words(number: int, step: int) -> str:
        return " ".join(f"word{index * step % 997}" for index in range(number))

    read(page, (words(3000, 7), words(3000, 11)), (words(9000, 7), words(9000, 11)))
    spent = page.evaluate(
        """() => {
          const start = performance.now();
          document.querySelector('[data-tool="differences"]').click();
          return performance.now() - start;
        }"""
    )
    assert len(marked(page)) > 0
    assert spent < 1000
    answer(page)
    page.keyboard.press("d")
    expect(page.get_by_text("Too long to compare word by word")).to_be_visible()
    expect(tool(page, "Differences")).to_have_attribute("aria-pressed", "false")


# --- scrolling together -----------------------------------------------------------------------


def side_by_side(page: Page, read: Read, *texts: str) -> None:
    read(page, texts)
    if view(page)["layout"] != "side":
        page.keyboard.press("v")


def scroll(page: Page, letter: str, to: float) -> float:
    """Scrolls one page as a wheel would and gives where the other one is then."""
    other = "b" if letter == "a" else "a"
    response(page, letter).evaluate("(page, to) => { page.scrollTop = to }", to)
    settle(page)
    return float(response(page, other).evaluate("(page) => page.scrollTop"))


def test_paired_headings_meet_though_one_side_says_more(page: Page, read: Read) -> None:
    side_by_side(page, read, chapters(5, paragraphs=1), chapters(5, paragraphs=4))
    expect(tool(page, "Scroll together")).to_have_attribute("aria-pressed", "true")
    line = page.evaluate(
        "(() => { const box = document.querySelector('.response').getBoundingClientRect();"
        " return box.top + box.height * 0.2 })()"
    )
    for letter in "ab":
        scroll(page, letter, 0)
        here = top_of(page, letter, "Chapter 3")
        scroll(page, letter, here - line)
        assert top_of(page, "a", "Chapter 3") == pytest.approx(top_of(page, "b", "Chapter 3"), abs=2)


def test_both_pages_reach_both_ends_whichever_is_scrolled(page: Page, read: Read) -> None:
    side_by_side(page, read, chapters(3), chapters(7))
    for letter, other in ("ab", "ba"):
        scroll(page, letter, 99_999)
        rest = "(page) => page.scrollHeight - page.clientHeight - page.scrollTop"
        assert response(page, letter).evaluate(rest) < 2
        assert response(page, other).evaluate(rest) < 2
        assert scroll(page, letter, 0) == 0


def test_scrolling_by_wheel_neither_loops_nor_jitters(page: Page, read: Read) -> None:
    side_by_side(page, read, chapters(5), chapters(7))
    page.evaluate(
        """() => {
          window.seen = { a: [], b: [] };
          for (const page of document.querySelectorAll(".response")) {
            page.addEventListener("scroll", () => window.seen[page.dataset.letter].push(page.scrollTop));
          }
        }"""
    )
    response(page, "a").hover()
    for _ in range(12):
        page.mouse.wheel(0, 60)
        settle(page)
    page.wait_for_timeout(150)
    seen = page.evaluate("window.seen")
    assert len(seen["a"]) >= 3
    for positions in seen.values():
        assert positions == sorted(positions), "no page ever moves back"
    assert seen["a"][-1] == pytest.approx(720, abs=1), "nor is the wheel's way changed"


def test_scrolling_together_is_switched_off_by_key_and_stays_off(page: Page, read: Read) -> None:
    side_by_side(page, read, chapters(3), chapters(3))
    page.keyboard.press("y")
    expect(tool(page, "Scroll together")).to_have_attribute("aria-pressed", "false")
    assert scroll(page, "a", 300) == 0
    page.reload()
    assert scroll(page, "a", 200) == 0
    page.keyboard.press("y")
    assert scroll(page, "a", 250) > 100


def test_a_page_that_does_not_overflow_leaves_the_other_alone(page: Page, read: Read) -> None:
    side_by_side(page, read, "Short.", chapters(3))
    long = page.locator(".response", has_text="Chapter 1")
    long.focus()
    page.keyboard.press("End")
    expect(page.get_by_text("stove").last).to_be_in_viewport()


def test_where_pages_cannot_scroll_together_the_button_says_why(page: Page, read: Read) -> None:
    read(page, SHORT)
    page.keyboard.press("v")
    expect(tool(page, "Scroll together")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("y")
    expect(page.get_by_text("Only side by side")).to_be_visible()
    page.keyboard.press("v")
    expect(page.get_by_text("Only side by side")).to_have_count(0)
    expect(tool(page, "Scroll together")).to_have_attribute("aria-disabled", "false")


def test_a_click_on_a_tool_leaves_enter_to_the_answer(page: Page, read: Read) -> None:
    read(page, SHORT, SHORT)
    tool(page, "Differences").click()
    answer(page)
    assert marked(page) == []


# --- more than two ----------------------------------------------------------------------------

SIX = tuple(f"{name} speaks at length." for name in ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta"))


def visible(page: Page) -> list[str]:
    """The letters on show, from left to right."""
    letters: list[str] = page.evaluate(
        """[...document.querySelectorAll(".response")].filter((page) => page.getClientRects().length)
          .sort((one, other) => one.getBoundingClientRect().left - other.getBoundingClientRect().left)
          .map((page) => page.dataset.letter)"""
    )
    return letters


def test_more_than_four_are_read_two_at_a_time_and_four_as_a_grid(page: Page, read: Read) -> None:
    read(page, SIX)
    assert view(page)["layout"] == "two"
    assert visible(page) == ["a", "b"]
    page.keyboard.press("v")
    assert view(page)["layout"] == "grid"
    assert len(visible(page)) == 6
    page.reload()
    assert view(page)["layout"] == "grid"
    page.keyboard.press("t")
    assert visible(page) == ["a", "b"]
    expect(page.get_by_role("button", name="Differences")).to_have_count(0)


def test_every_response_comes_to_either_page_by_button(page: Page, read: Read) -> None:
    read(page, SIX)
    left, right = (page.get_by_role("group", name=f"{side} page") for side in ("Left", "Right"))
    right.get_by_role("button", name="Response F").click()
    assert visible(page) == ["a", "f"]
    left.get_by_role("button", name="Response C").focus()
    page.keyboard.press("Space")
    assert visible(page) == ["c", "f"]
    expect(left.get_by_role("button", name="Response C")).to_have_attribute("aria-pressed", "true")
    left.get_by_role("button", name="Response F").click()
    assert visible(page) == ["f", "c"], "from the other page, the two change places"


def test_a_response_that_is_picked_up_comes_into_view(page: Page, read: Read) -> None:
    read(page, SIX)
    page.keyboard.press("e")
    assert visible(page) == ["e", "b"]
    page.keyboard.press("f")
    assert visible(page) == ["e", "f"], "the page that was not turned last"
    page.keyboard.press("Shift+A")
    assert visible(page) == ["a"], "full view also of one that is on neither page"
    page.keyboard.press("d")
    assert visible(page) == ["d"]
    expect(page.locator(".rank :focus")).to_have_attribute("data-key", "d")
    page.keyboard.press("Escape")  # puts it down
    page.keyboard.press("Escape")
    assert visible(page) == ["e", "f"]


def test_a_response_far_down_in_the_grid_is_scrolled_to_when_picked_up(page: Page, read: Read) -> None:
    read(page, tuple(f"{name}\n\n{chapters(3)}" for name in ("One", "Two", "Three", "Four")))
    expect(response(page, "d")).not_to_be_in_viewport()
    page.keyboard.press("d")
    expect(response(page, "d").get_by_role("heading", name="Response D")).to_be_in_viewport()


def test_scrolling_boxes_are_named_and_reachable(page: Page, read: Read) -> None:
    wide = "| " + " | ".join(f"a long column name {number}" for number in range(14)) + " |\n"
    table = wide + "|---" * 14 + "|\n" + wide
    code = "```\n" + "x" * 300 + "\n```"
    read(page, (f"{table}\n\n{code}", "Short."))
    for name in ("Table", "Code"):
        box = page.get_by_role("group", name=name)
        expect(box).to_have_attribute("tabindex", "0")
    expect(page.locator(".response").first).to_have_attribute("tabindex", "0")
