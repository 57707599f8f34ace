"""Invited into a pool, asked what that pool is asked, paused with a reason, heard, and back at work."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.members import invite
from annotation.models import Demand, Label, Pool
from annotation.permissions import Access
from tests.browser.sitting import SignIn, address, recorded
from tests.factories import make_comparison, make_person, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)

TOLD = "Two answers in a second."
SAID = "I had read both texts before."


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_an_expert_is_asked_as_one_paused_by_the_owner_heard_and_resumed(
    page: Page, new_page: Callable[..., Page], sign_in: SignIn, live_server: Any
) -> None:
    project = make_project()
    project.guidelines_versions.all().delete()
    experts = Pool.objects.create(project=project, name="expert", labels_wanted=1)
    make_comparison(project, prompt="Which is for everybody?")
    asked = make_comparison(project, prompt="Which is for experts?", wanted=0)
    Demand.objects.create(comparison=asked, pool=experts, wanted=1)
    owner = make_person(project, role="owner")
    assert owner.user is not None
    _, token = invite(Access(project, owner.membership), owner.user, "Chemists", "annotator", pool=experts)

    sign_in(page, make_user("ella@example.org", name="Ella"))
    page.goto(live_server.url + reverse("invited", args=[token]))
    page.get_by_role("button", name="Join").click()
    expect(page.locator("#desk[data-layout]")).to_be_visible()
    expect(page.locator("#prompt")).to_contain_text("Which is for experts?")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    heading(page, "That is all for now")
    recorded(page, 1)
    label = Label.objects.get()
    assert label.comparison_id == asked.pk

    office = new_page()
    sign_in(office, owner.user)
    about = live_server.url + reverse("person", args=[project.slug, label.annotator_id])
    office.goto(about)
    office.get_by_label("Why, in words that they will read").fill(TOLD)
    office.get_by_role("button", name="Pause").click()
    expect(office.get_by_role("button", name="Resume")).to_be_visible()

    page.goto(address(live_server, project))
    heading(page, "Your work is paused")
    expect(page.locator("#main")).to_contain_text(TOLD)
    page.get_by_label("If you think that this is wrong").fill(SAID)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#main")).to_contain_text(SAID)

    office.goto(live_server.url + reverse("people", args=[project.slug]))
    expect(office.get_by_role("region", name="Appeals")).to_contain_text(SAID)
    office.goto(about)
    office.get_by_role("button", name="Resume").click()
    expect(office.get_by_role("button", name="Pause")).to_be_visible()
    page.goto(address(live_server, project))
    heading(page, "That is all for now")
