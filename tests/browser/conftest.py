"""Fixtures of the pages that annotators meet."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Project
from tests.browser.reading import Read, make_reading
from tests.factories import make_person


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    """A page of 390 x 844 pixels for fingers."""
    return new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


@pytest.fixture
def read(sign_in: Callable[[Page, Any], None], live_server: Any) -> Read:
    """`read(page, *cards)` opens the label page as a new person of a new project with these responses."""

    def read(page: Page, *cards: tuple[str, ...], **fields: Any) -> Project:
        project = make_reading(*cards, **fields)
        sign_in(page, make_person(project).user)
        page.goto(live_server.url + reverse("label", args=[project.slug]))
        expect(page.locator("#desk[data-layout]")).to_be_visible()
        return project

    return read
