"""Where things are on a page."""

from playwright.sync_api import FloatRect, Locator, Page

BEYOND = """[...document.body.querySelectorAll("*")].filter((element) =>
            element.getBoundingClientRect().right > innerWidth + 1)
            .filter((element) => !element.closest(".wide, pre, .formula"))
            .map((element) => element.outerHTML.slice(0, 100)).slice(-5)"""


def box(locator: Locator) -> FloatRect:
    """Where something is, in pixels of the window."""
    found = locator.bounding_box()
    assert found is not None
    return found


def beyond(page: Page) -> list[str]:
    """What makes the page scroll sideways: the innermost elements beyond the right edge of the window."""
    found: list[str] = page.evaluate(f"document.documentElement.scrollWidth > innerWidth ? {BEYOND} : []")
    return found
