"""A page that was made a moment before an answer arrived does not ask for that answer again."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from annotation.models import Annotation

from .sitting import SignIn, address, answer, make_pairs, recorded, sit

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_older_than_the_last_answer_goes_on_behind_it(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_pairs()
    sit(page, sign_in, live_server, project)
    expect(page.get_by_text("Overall is still open")).to_be_visible()
    stale = page.request.get(address(live_server, project)).text()
    answer(page, "1", "Prompt number 1?")
    recorded(page, 1)
    expect(page.locator("#saved")).to_have_text("Saved")

    def old(route: Route) -> None:
        if route.request.method == "GET":
            route.fulfill(body=stale, content_type="text/html")
        else:
            route.continue_()

    page.route("**/label/", old)
    page.reload()
    expect(page.locator("#prompt")).to_contain_text("Prompt number 1?")
    answer(page, "2", "Prompt number 2?")
    assert recorded(page, 2) == [2, 1]
    assert Annotation.objects.count() == 2
