"""Browsers that keep nothing: the page stands in, and says what hangs on it."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sitting import SignIn, answer, banner, make_pairs, notice, recorded, sit

pytestmark = pytest.mark.django_db(transaction=True)

REFUSALS = {
    "QuotaExceededError": "There is no room left on this device to keep your answers.",
    "SecurityError": "This browser keeps nothing for later.",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_browser_that_keeps_nothing_can_still_be_worked_in(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str], name: str
) -> None:
    page.add_init_script(f"Storage.prototype.setItem = () => {{ throw new DOMException('no', '{name}'); }}")
    sit(page, sign_in, live_server, make_pairs())
    page.context.set_offline(True)
    answer(page, "1", "Prompt number 1?")
    expect(notice(page)).to_contain_text(REFUSALS[name])
    expect(banner(page)).to_contain_text("One answer is kept in this page alone: leave it open.")
    answer(page, "2", "Prompt number 2?")
    page.context.set_offline(False)
    assert recorded(page, 2) == [2, 1]
    page_problems.clear()
