"""Every page in a real browser: hostile text does nothing, and nothing scrolls sideways at any width."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation import leases
from annotation.guidelines import acknowledge
from annotation.labels import Answer, Submission, submit_many
from annotation.models import Annotator, Comparison, Criterion, JudgeCall, JudgeVersion, Project, User
from annotation.permissions import add_member
from annotation.projects import touch
from tests.browser.geometry import beyond
from tests.browser.sitting import SignIn
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 2'>",
    "<svg onload='window.hacked = 3'>",
    "[link](javascript:window.hacked=4)",
    "![image](https://tracker.example/pixel.png)",
    "<iframe srcdoc='<script>parent.hacked = 5</script>'></iframe>",
    "<div hx-get='/sign-in/' hx-trigger='load' hx-target='body'>hx</div>",
    "<style>body { display: none }</style>",
    "</textarea></script><script>window.hacked = 6</script>",
    "\"' onfocus='window.hacked = 7' autofocus x='",
    "{% csrf_token %} {{ request.user.password }} ${7*7} #{7*7}",
    r"$\text{<img src=x onerror='window.hacked = 8'>}$",
    "\u202eevil\u202c",
]
EVIL = "\n\n".join(HOSTILE)
HANDLERS = """[...document.querySelectorAll("*")].flatMap((element) => [...element.attributes])
              .filter((attribute) => attribute.name.startsWith("on")).length"""


@pytest.fixture
def owner() -> User:
    """Owner of a project full of hostile text, with work in hand for them."""
    project = make_project(slug="evil", both_bad=True, name=HOSTILE[1][:200])
    project.criteria.update(question=HOSTILE[1], reasons=[HOSTILE[0], HOSTILE[1]], rationale="optional")
    Criterion.objects.create(project=project, name="second", question=HOSTILE[9], position=1)
    project.guidelines_versions.create(version=2, text=EVIL)
    touch(project)
    for number in range(3):
        comparison = make_comparison(
            project,
            EVIL,
            EVIL + " b",
            prompt=EVIL,
            wanted=3,
            category=HOSTILE[1],
            external_id=f"{number}{EVIL}"[:300],
        )
        comparison.responses.update(model=EVIL[:200])
    other = make_person(project)
    Annotator.objects.update(name=EVIL[:200])
    (assignment,) = leases.claim(other, project)
    answer = Answer("a>b", 1, rationale=EVIL, reasons=(HOSTILE[0],))
    submit_many(other, project, [Submission(assignment.pk, {"overall": answer, "second": Answer("a>b", 1)})])
    version = JudgeVersion.objects.create(project=project, name="j", model="m", template="t", fingerprint="f")
    judge = Annotator.objects.create(project=project, kind="judge", name=EVIL[:200], judge_version=version)
    call = {"annotator": judge, "comparison": assignment.comparison, "reply": EVIL, "reason": EVIL[:500]}
    JudgeCall.objects.create(**call, order="ab", state="ok", verdict={"overall": {"ranking": HOSTILE[0]}})
    JudgeCall.objects.create(**call, order="ba", state="refused")
    user = User.objects.create_user("owner@example.org", "a long test password", name=HOSTILE[1])
    add_member(project, user, "owner")
    return user


def addresses(project: Project) -> Iterator[str]:
    yield reverse("projects")
    yield reverse("overview", args=[project.slug])
    yield reverse("comparisons", args=[project.slug])
    for comparison in Comparison.objects.filter(project=project).order_by("pk")[:2]:
        yield reverse("comparison", args=[project.slug, comparison.pk])
    yield reverse("label-work", args=[project.slug])
    yield reverse("label", args=[project.slug])  # the guidelines, until they are read
    for newest in project.guidelines_versions.order_by("-version")[:1]:
        for annotator in project.annotators.filter(user__email="owner@example.org"):
            acknowledge(annotator, newest)
    yield reverse("label", args=[project.slug])


def test_hostile_text_does_nothing_wherever_it_is_shown(
    page: Page, owner: User, sign_in: SignIn, live_server: Any
) -> None:
    sign_in(page, owner)
    project = Project.objects.get(slug="evil")
    for address in addresses(project):
        page.goto(live_server.url + address)
        for details in page.locator("details").all():
            details.evaluate("element => element.open = true")
        expect(page.locator("body")).to_be_visible()
        assert page.evaluate("window.hacked") is None, address
        assert page.locator("img, iframe, object, embed, svg script, style").count() == 0, address
        assert page.evaluate(HANDLERS) == 0, address
        inside = page.locator("[hx-disable] [hx-get], [hx-disable] [hx-trigger], [hx-disable] [id]")
        assert inside.count() == 0, address
        assert page.locator("a[href^='javascript'], form[action*='//']").count() == 0, address
    page.keyboard.press("g")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".pace [data-done]")).to_have_text("1")
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844), (320, 640)])
def test_no_page_scrolls_sideways(
    new_page: Callable[..., Page], owner: User, sign_in: SignIn, live_server: Any, width: int, height: int
) -> None:
    project = Project.objects.get(slug="evil")
    wide = "| column " * 20 + "|\n" + "| - " * 20 + "|\n" + "| x " * 20 + "|\n\n"
    long = wide + "```\n" + "x" * 400 + "\n```\n\n" + "w" * 300 + "\n\n$" + "x+" * 200 + "x$"
    ranked = make_project(slug="ranked", name="w" * 120)
    make_comparison(ranked, *[long] * 5, prompt=long, external_id="w" * 200, category="w" * 200)
    add_member(ranked, owner, "owner")
    make_comparison(project, long, long, prompt=long)
    page = new_page(viewport={"width": width, "height": height})
    page.goto(live_server.url + reverse("sign-in"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sign_in(page, owner)
    for address in [*addresses(project), *addresses(ranked)]:
        page.goto(live_server.url + address)
        assert beyond(page) == [], address


def test_more_comparisons_are_added_below_without_leaving_the_page(
    page: Page, sign_in: SignIn, live_server: Any
) -> None:
    project = make_project()
    for number in range(60):
        make_comparison(project, external_id=f"q-{number}")
    viewer = make_person(project, role="viewer")
    sign_in(page, viewer.user)
    page.goto(live_server.url + reverse("comparisons", args=[project.slug]))
    assert page.locator("tbody th").count() == 50
    page.get_by_role("link", name="More").click()
    expect(page.locator("tbody th")).to_have_count(60)
    expect(page.get_by_role("link", name="More")).to_have_count(0)
    page.get_by_role("link", name="q-59").click()
    expect(page.get_by_role("heading", name="q-59")).to_be_visible()


def test_a_page_that_is_not_there_is_ours_too(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    sign_in(page, make_person(make_project()).user)
    page.goto(live_server.url + "/p/nothing-here/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect(page.get_by_role("link", name="My projects")).to_be_visible()
    assert all("404" in problem for problem in page_problems)
    page_problems.clear()


def test_the_first_tab_stop_skips_to_the_content(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_project()
    sign_in(page, make_person(project, role="owner").user)
    page.goto(live_server.url + reverse("overview", args=[project.slug]))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
