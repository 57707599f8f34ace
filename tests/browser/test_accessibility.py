"""axe-core finds nothing to complain of on any page an annotator meets, light and dark, wide and on a phone.

What no tool can see (the order of focus, names that make sense, keys) is in the other tests of this folder.
"""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Assignment, Criterion, Guidelines, Project
from annotation.projects import touch
from tests.browser.sitting import SignIn, address, sit
from tests.factories import make_comparison, make_person, make_project

pytestmark = pytest.mark.django_db(transaction=True)

SCREENS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}
AXE = Axe()
# The dark scheme changes colours and nothing else, so there only they are looked at.
RULES: dict[Literal["light", "dark"], dict[str, Any]] = {"dark": {"runOnly": ["color-contrast"]}, "light": {}}
RICH = """# A plan

Some *emphasis*, `code` and a [link](https://example.org).

* one
* two

| what | how much |
| --- | ---: |
| rice | 2 |

```python
def double(x):
    return 2 * x  # twice
```

The root is $\\sqrt{2}$.
"""


@pytest.fixture(params=SCREENS)
def page(request: pytest.FixtureRequest, new_page: Callable[..., Page]) -> Page:
    return new_page(**SCREENS[request.param])


def check(page: Page, what: str) -> None:
    for scheme, options in RULES.items():
        page.emulate_media(color_scheme=scheme)
        page.evaluate(
            "Promise.allSettled(document.getAnimations().map(({ finished }) => finished)).then(() => 0)"
        )
        found = [
            f"{fault['id']}: {fault['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for fault in AXE.run(page, options=options).response["violations"]
            for node in fault["nodes"]
        ]
        assert not found, f"{what}, {scheme}:\n" + "\n".join(found)


def full_project(**fields: Any) -> Project:
    """Four criteria with everything that can be asked."""
    project = make_project(**fields)
    project.criteria.update(confidence=True, rationale="optional", reasons=["Fewer errors", "Clearer"])
    for position, name in enumerate(("helpful", "truthful", "harmless"), start=1):
        Criterion.objects.create(
            project=project, name=name, position=position, both_bad=True, question=f"Which is more {name}?"
        )
    touch(project)
    return project


def test_signing_in_and_choosing_a_project(page: Page, sign_in: SignIn, live_server: Any) -> None:
    page.goto(live_server.url + reverse("sign-in"))
    check(page, "sign in")
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("do not belong together")).to_be_visible()
    check(page, "sign in refused")
    project = make_project()
    make_comparison(project)
    sign_in(page, make_person(project).user)
    page.goto(live_server.url + "/")
    check(page, "projects")


def test_guidelines_that_must_be_read(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_project()
    make_comparison(project)
    person = make_person(project, read=False)
    sign_in(page, person.user)
    page.goto(address(live_server, project))
    check(page, "guidelines, first time")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#submit")).to_be_visible()
    Guidelines.objects.create(project=project, version=2, text="Read both responses aloud.")
    touch(project)
    page.reload()
    check(page, "guidelines, changed")
    assert person.acknowledgements.count() == 1


def test_judging_a_pair(page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]) -> None:
    project = full_project()
    for _ in range(4):
        make_comparison(
            project, RICH * 3, RICH.replace("rice", "beans") * 2, prompt="What shall I cook?\n\n" * 8
        )
    sit(page, sign_in, live_server, project)
    ready = page.get_by_text("Overall is still open")
    expect(ready).to_be_attached()
    check(page, "pair")
    page.keyboard.press("1")
    check(page, "pair, first answer given")
    page.keyboard.press("s")
    check(page, "skipping")
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    check(page, "flagging")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    check(page, "keys")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    check(page, "guidelines beside")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    check(page, "the other layout")
    page.keyboard.press("x")
    expect(page.locator("#desk")).to_contain_text("# A plan")
    check(page, "plain text")
    page.keyboard.press("x")
    page.keyboard.press("d")
    check(page, "differences")
    page.keyboard.press("Shift+A")
    check(page, "full view")
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    page.keyboard.press("Shift+Digit1")
    page.keyboard.press("Enter")  # an answer that has begun would be lost: it asks
    expect(page.locator("#trouble")).to_be_visible()
    check(page, "offline")
    page.context.set_offline(False)
    expect(page.locator("#trouble")).to_be_hidden()
    page_problems.clear()


@pytest.mark.parametrize("ranking", ["full", "top-2", "best-worst"])
def test_ranking(page: Page, sign_in: SignIn, live_server: Any, ranking: str) -> None:
    project = make_project(scale="ranking")
    project.criteria.update(ranking=ranking, confidence=True, reasons=["Clearer"])
    touch(project)
    for _ in range(2):
        make_comparison(project, *(RICH + f"\n\nNumber {number}." for number in range(5)))
    sit(page, sign_in, live_server, project)
    expect(page.locator("#open")).not_to_be_empty()
    check(page, ranking)
    page.keyboard.press("b")
    page.keyboard.press("1")
    page.keyboard.press("a")
    check(page, f"{ranking}, one placed and one picked up")


def test_what_comes_after_the_work(page: Page, sign_in: SignIn, live_server: Any) -> None:
    project = make_project()
    for _ in range(2):
        make_comparison(project)
    person = sit(page, sign_in, live_server, project)
    expect(page.get_by_text("Overall is still open")).to_be_attached()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#pace")).to_contain_text("1")
    page.keyboard.press("Shift+Digit1")
    expect(page.get_by_role("heading", name="That is all for now")).to_be_visible()
    check(page, "the end")
    page.goto(live_server.url + reverse("label-work", args=[project.slug]))
    check(page, "my work")
    done = Assignment.objects.get(annotator=person, state="submitted")
    page.goto(live_server.url + reverse("label-one", args=[project.slug, done.pk]))
    check(page, "an earlier answer")


def test_errors_and_empty_pages(
    page: Page, sign_in: SignIn, live_server: Any, page_problems: list[str]
) -> None:
    project = make_project()
    sit(page, sign_in, live_server, project)
    check(page, "nothing to do")
    page.goto(live_server.url + reverse("label-work", args=[project.slug]))
    check(page, "no work yet")
    page.goto(live_server.url + "/p/nowhere/label/")
    check(page, "not found")
    page_problems.clear()
