"""The guard of the browser fixtures itself: a page that misbehaves must not pass unseen."""

import pytest
from playwright.sync_api import Page

ADDRESS = "http://localhost/page"


def serve(page: Page, body: str) -> None:
    headers = {"content-security-policy": "default-src 'self'; connect-src *"}
    page.route(ADDRESS, lambda route: route.fulfill(body=body, headers=headers, content_type="text/html"))
    page.goto(ADDRESS)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<script>1</script>", "Content Security Policy"),
        ("<p style='color: red'>", "Content Security Policy"),
        ("<img src='https://example.org/pixel.png'>", "another host: https://example.org"),
        ("<img src='/missing.png'>", "Failed to load"),
    ],
)
def test_a_page_that_misbehaves_is_reported(page: Page, page_problems: list[str], body: str, problem: str):
    page.route("**/missing.png", lambda route: route.fulfill(status=404))
    serve(page, body)
    page.wait_for_load_state("networkidle")
    assert any(problem in line for line in page_problems), page_problems
    page_problems.clear()


def test_an_exception_in_a_script_is_reported(page: Page, page_problems: list[str]):
    page.route(
        "**/app.js", lambda route: route.fulfill(body="throw Error('no')", content_type="text/javascript")
    )
    serve(page, "<script src='/app.js'></script>")
    assert page_problems == ["exception: no"]
    page_problems.clear()


def test_no_other_host_can_be_reached(page: Page, page_problems: list[str]):
    serve(page, "a page")
    outcome = page.evaluate("fetch('http://192.0.2.1/').then(() => 'reached', error => error.message)")
    assert outcome == "Failed to fetch"
    assert any("192.0.2.1" in line for line in page_problems)
    page_problems.clear()
