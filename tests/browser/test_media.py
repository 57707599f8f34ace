"""Pictures, sound and film in a real browser: ours load, others only by the owner's leave, film winds on."""

import io
import wave
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from annotation import media
from annotation.models import Comparison, Project
from tests.annotation.test_media import png
from tests.browser.sitting import Held, SignIn, all_asked, wait_for
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db(transaction=True)

CDN = "https://cdn.example.org"
SECONDS = 120
LOADED = "async image => { await image.decode(); return image.naturalWidth }"


def sound() -> bytes:
    """Two minutes of nearly nothing, too long to be fetched at once: 5 MB."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22_050)
        file.writeframes(bytes([0, 0, 9, 0]) * (22_050 * SECONDS // 2))
    return out.getvalue()


@pytest.fixture
def project() -> Project:
    return make_project()


def store(project: Project, data: bytes) -> str:
    return f"media:{media.store(project, 'x', io.BytesIO(data)).sha256}"


def address(live_server: Any, comparison: Comparison) -> str:
    return live_server.url + reverse("comparison", args=[comparison.project.slug, comparison.pk])


def test_a_picture_of_ours_loads_and_has_its_place_before(
    page: Page, sign_in: SignIn, live_server: Any, project: Project
) -> None:
    picture = store(project, png(300, 200))
    comparison = make_comparison(project, f"Before.\n\n![A grey field]({picture})\n\nAfter.", "Nothing.")
    sign_in(page, make_person(project, role="viewer").user)
    asking = Held(page, "**/media/**", method="GET")
    page.goto(address(live_server, comparison), wait_until="domcontentloaded")
    image = page.get_by_role("img", name="A grey field")
    expect(image).to_be_visible()
    before = image.bounding_box()
    assert before is not None
    assert before["height"] == pytest.approx(before["width"] * 2 / 3, rel=0.02)
    asking.wait()
    asking.let_go()
    assert image.evaluate(LOADED) == 300
    assert image.bounding_box() == before, "nothing moved when it came"


def test_a_foreign_host_is_contacted_only_while_the_owner_allows_it(
    page: Page, sign_in: SignIn, live_server: Any, project: Project, page_problems: list[str]
) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, content_type="image/png", body=png(30, 20))

    page.route(f"{CDN}/**", answer)
    comparison = make_comparison(project, f"![A barn]({CDN}/barn.png)", f"[a link]({CDN}/page)")
    sign_in(page, make_person(project, role="viewer").user)
    page.goto(address(live_server, comparison), wait_until="networkidle")
    expect(page.locator(".facing")).to_contain_text(f"[A barn, {CDN}/barn.png]")
    assert (asked, page_problems) == ([], [])

    # A page that somebody has smuggled an element into is stopped by its own policy.
    with page.expect_console_message(lambda said: "Content Security Policy" in said.text):
        page.evaluate(f"document.body.append(Object.assign(new Image(), {{src: '{CDN}/spy.png'}}))")
    all_asked(page)
    assert asked == []
    assert sum("Content Security Policy" in problem for problem in page_problems) == 1
    page_problems.clear()

    Project.objects.filter(pk=project.pk).update(media_hosts=[CDN])
    page.goto(address(live_server, comparison), wait_until="networkidle")
    assert page.get_by_role("img", name="A barn").evaluate(LOADED) == 30
    assert asked == [f"{CDN}/barn.png"]
    assert page_problems == [f"request to another host: {CDN}/barn.png"]
    page_problems.clear()

    Project.objects.filter(pk=project.pk).update(media_hosts=[])
    page.goto(address(live_server, comparison), wait_until="networkidle")
    expect(page.locator(".facing img")).to_have_count(0)
    assert asked == [f"{CDN}/barn.png"]


def test_sound_is_fetched_when_played_and_can_be_wound_on(
    page: Page, sign_in: SignIn, live_server: Any, project: Project
) -> None:
    comparison = make_comparison(project, f"![A hum]({store(project, sound())})", "Silence.")
    parts: list[str] = []
    page.on(
        "response",
        lambda response: (
            parts.append(f"{response.status} {response.headers.get('content-range', '')}")
            if "/media/" in response.url
            else None
        ),
    )
    sign_in(page, make_person(project, role="viewer").user)
    page.goto(address(live_server, comparison), wait_until="networkidle")
    player = page.locator("audio")
    expect(player).to_have_attribute("aria-label", "A hum")
    assert parts == [], "nothing is fetched before it is played"
    wind = """async (player, second) => {
        player.muted = true
        player.load()
        player.preload = "auto"
        await new Promise((done, failed) => {
            player.onloadedmetadata = done
            player.onerror = () => failed(player.error.message)
        })
        player.currentTime = second
        await new Promise(done => { player.onseeked = done })
        return [player.duration, player.currentTime, player.seekable.end(0)]
    }"""
    duration, now, end = player.evaluate(wind, 100)
    assert (round(duration), round(now), round(end)) == (SECONDS, 100, SECONDS)
    wait_for(page, lambda: len(parts) >= 2)
    starts = [int(part.removeprefix("206 bytes ").split("-")[0]) for part in parts]
    assert starts[0] == 0
    assert max(starts) > 3_000_000, "it asked for a part of the middle"
