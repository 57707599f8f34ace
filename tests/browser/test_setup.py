"""The five-minute path: from an empty installation to the first label, in the browser alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from annotation.models import AuditEntry, Comparison, Label, Project, Upload
from annotation.uploads import refused_file
from tests.browser.sitting import wait_for
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def file_of_others(folder: Path) -> Path:
    """Thirty questions in columns of somebody else's, one of them without an answer."""
    path = folder / "answers.jsonl"
    rows = [{"frage": f"Question {i}?", "eins": f"Yes {i}.", "zwei": f"No {i}."} for i in range(30)]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"frage": "Why?", "eins": "So."}]))
    return path


def test_from_an_empty_installation_to_the_first_label(
    page: Page, live_server: Any, sign_in: Callable[[Page, Any], None], tmp_path: Path
) -> None:
    sign_in(page, make_user(is_staff=True))
    page.goto(live_server.url + reverse("projects"))
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Name").fill("Small questions")
    page.get_by_role("radio", name="Arena").check()
    held: list[Route] = []
    page.route("**/upload.js", lambda route: held.append(route))
    page.get_by_role("button", name="Make it").click()

    expect(page.get_by_role("navigation", name="Steps")).to_contain_text("Look and open")
    page.locator("#file").set_input_files(file_of_others(tmp_path))  # quicker than the page's script
    wait_for(page, lambda: held)
    held[0].continue_()
    page.unroute("**/upload.js")
    page.get_by_label("Prompt", exact=True).select_option("frage")
    page.get_by_label("Response A", exact=True).select_option("eins")
    page.get_by_label("Response B", exact=True).select_option("zwei")
    expect(page.get_by_role("region", name="Response B").first).to_contain_text("No 0.")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    path = refused_file(Upload.objects.get())
    assert path is not None
    assert path.read_text().splitlines()[1].startswith("31,responses[1].text,")

    page.get_by_role("link", name="Go on: Criteria").click()
    page.get_by_role("textbox", name="Question", exact=True).first.fill("Which answer is kinder?")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("Guidelines").fill("Read **both** answers.")
    expect(page.locator("#shown .prose")).to_have_text("Read both answers.")
    expect(page.locator("#shown ins")).to_have_text("Read **both** answers.")
    steps = ("Labels wanted", "About people", "Judges", "Prices and budget", "Routing", "Look and open")
    for heading in steps:
        page.get_by_role("button", name="Save and go on").click()
        expect(page.locator('.steps [aria-current="step"]')).to_contain_text(heading)

    page.get_by_role("link", name="Look at it as annotators will").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#prompt")).to_contain_text("Question 0?")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Question 1?")
    page.get_by_role("link", name="Back to the project").click()
    assert not Label.objects.exists()

    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("status")).to_contain_text("It is open")
    page.goto(live_server.url + reverse("label", args=["small-questions"]))
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#prompt")).to_contain_text("Question")
    with page.expect_response(lambda reply: reply.request.method == "POST" and reply.url.endswith("/label/")):
        page.keyboard.press("1")
        page.keyboard.press("Enter")
    label = Label.objects.get()
    assert label.criterion.question == "Which answer is kinder?"
    assert (Project.objects.get().state, Comparison.objects.count()) == ("open", 30)
    acts = list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))
    assert acts == ["create", "import", "imported", "settings", "settings", "open"]
