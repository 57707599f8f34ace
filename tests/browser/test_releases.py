"""An owner asks for a release: counted before, built, saved, and compared with the one before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Release
from tests.annotation.releases import sample
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_owner_makes_two_releases_and_sees_what_changed(
    page: Page,
    sign_in: Callable[[Page, Any], None],
    live_server: Any,
    settings: Any,
    tmp_path: Path,
    page_problems: list[str],
) -> None:
    settings.RELEASES_DIR = tmp_path / "releases"
    project = sample([1, 2, 3])
    answer(make_person(project), make_comparison(project, external_id="level"), "a=b")
    owner = make_person(project, role="owner")
    sign_in(page, owner.user)
    page.goto(f"{live_server.url}/p/{project.slug}/releases/")
    for number in (1, 2):
        page.get_by_role("link", name="New release").click()
        counts = page.locator("#counts")
        expect(counts).to_contain_text(
            "Preferences that go in3" if number == 1 else "Preferences that go in4"
        )
        expect(counts).to_contain_text("a tie1")
        page.get_by_label("Ties").select_option("soft")
        expect(counts).not_to_contain_text("a tie")
        page.get_by_label("Ties").select_option("drop")
        page.get_by_label("labels", exact=True).check()
        page.get_by_role("button", name="Freeze and build").click()
        expect(page.get_by_role("heading", name="Dataset card")).to_be_visible()
        with page.expect_download() as saved:
            page.get_by_role("link", name="manifest.json").click()
        release = Release.objects.get(project=project, number=number)
        assert saved.value.path().read_bytes() == (Path(release.path) / "manifest.json").read_bytes()
        sample([3 + number], project)
        page.get_by_role("link", name="Releases", exact=True).first.click()
    page.get_by_role("link", name="Release 2").click()
    page.get_by_role("link", name="release 1").click()
    expect(page.get_by_role("row", name="Added new comparison 1")).to_be_visible()
    assert page_problems == []
