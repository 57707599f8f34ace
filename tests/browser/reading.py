"""What the tests of reading share: texts of any length, and what a person sees of them."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from annotation.models import Project
from tests.factories import make_comparison, make_project

# `read(page, *pairs)`, the fixture in conftest.py
Read = Callable[..., Project]

SHORT = ("The kettle boils the water.", "The kettle warms the water.")
SIX = tuple(f"{name} speaks at length." for name in ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta"))
PARAGRAPH = (
    "Water boils sooner on a mountain because less air presses on it there, so pasta needs longer. " * 3
)


def chapters(number: int, paragraphs: int = 2) -> str:
    """A text with a heading, paragraphs and a list in each chapter."""
    return "\n\n".join(
        f"## Chapter {chapter}\n\n" + f"{PARAGRAPH}\n\n" * paragraphs + "- pot\n- lid\n- stove"
        for chapter in range(1, number + 1)
    )


def make_reading(*cards: tuple[str, ...], prompt: str = "How does water boil?") -> Project:
    """A project with a comparison of these responses for each of `cards`."""
    project = make_project(scale="ranking" if len(cards[0]) > 2 else "five-point")
    for texts in cards:
        make_comparison(project, *texts, prompt=prompt)
    return project


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


def response(page: Page, letter: str) -> Locator:
    return page.locator(f'.response[data-letter="{letter}"]')


def tool(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def settle(page: Page) -> None:
    """Waits until scroll events have been handled."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


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
