"""Pictures of the pages, taken in a real browser on the sample project: `make screenshots [TO=folder]`.

Writes the README's pictures to docs/images, or, with a folder as argument, every page at every width in
light and dark, for looking at. Names of pages after the folder: only these.
"""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db.models import Q  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from annotation import leases  # noqa: E402
from annotation.guidelines import acknowledge  # noqa: E402
from annotation.models import (  # noqa: E402
    Acknowledgement,
    Annotator,
    Assignment,
    Comparison,
    Demand,
    Project,
)
from annotation.people import appeal, pause  # noqa: E402
from frontend.demo.seed import ACCOUNTS, JUDGES, SLUG, password, seed  # noqa: E402
from frontend.management.commands.demo import free_port  # noqa: E402
from llm_judges import tagging  # noqa: E402
from llm_judges.demo_server import serve  # noqa: E402
from llm_judges.labelling import label_all  # noqa: E402
from llm_judges.models import Judge, Panel  # noqa: E402
from llm_judges.panels import set_panel, work_through  # noqa: E402
from llm_judges.registry import set_judge  # noqa: E402

SIZES = {1440: 900, 1024: 768, 390: 844}
THEMES = ("light", "dark")
SETTLED = 300  # milliseconds, longer than any transition


@contextmanager
def site() -> Iterator[str]:
    """The sample project with its judges' labels, served by gunicorn; gives the address."""
    call_command("migrate", verbosity=0)
    judge = serve(free_port(8700))
    seed(f"http://127.0.0.1:{judge.server_address[1]}/v1")
    call_command("judge", SLUG, "--json", stdout=open(os.devnull, "w"))  # noqa: SIM115
    port = free_port(8800)
    address = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "4",
    ]
    web = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT)
    try:
        for _ in range(150):
            with suppress(OSError), urllib.request.urlopen(f"{address}/healthz"):
                break
            time.sleep(0.2)
        yield address
    finally:
        web.terminate()
        web.wait()
        judge.shutdown()


def furnish() -> tuple[Judge, Panel]:
    """What the sample project does not begin with: a panel that has answered, a judge asked in a batch, tags.
    Gives that judge and the panel."""
    project = Project.objects.get(slug=SLUG)
    panel = set_panel(project, "jury", [entry["name"] for entry in JUDGES])
    work_through(panel)
    careful = Judge.objects.get(version__project=project, version__name="demo-careful")
    tagging.work_on(tagging.begin(careful, "demo-embedding", Decimal(0), limit=40))
    values = JUDGES[0] | {"name": "in-batches", "transport": "batch", "max_tokens": 1000}
    batched = set_judge(project, base_url=careful.base_url, **values)
    label_all(batched, limit=10)
    return batched, panel


def open_page(browser: Browser, address: str, who: str, width: int, theme: str) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": SIZES[width]},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page.goto(f"{address}/sign-in/")
    if who:
        page.fill("input[name=username]", ACCOUNTS[who])
        page.fill("input[name=password]", password())
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/")
        page.wait_for_load_state()
    return page


def start_labelling(page: Page, address: str, ranked: bool) -> None:
    """The label page with a pair or with more responses in hand, the guidelines read."""
    person = Annotator.objects.get(project__slug=SLUG, user__email=ACCOUNTS["annotator"])
    acknowledge(person, person.project.guidelines_versions.latest("version"))
    live = person.assignments.filter(state=Assignment.State.LIVE)
    leases.give_back(person, list(live.values_list("pk", flat=True)), again=True)
    wanted = Q(comparison__k__gt=2) if ranked else Q(comparison__k=2)
    Demand.objects.filter(comparison__project__slug=SLUG).update(priority=0)
    Demand.objects.filter(wanted, comparison__project__slug=SLUG).update(priority=1)
    page.goto(f"{address}/p/{SLUG}/label/")
    page.wait_for_timeout(SETTLED)


def readme_pictures(browser: Browser, address: str, folder: Path) -> None:
    page = open_page(browser, address, "annotator", 1440, "light")
    page.goto(f"{address}/p/{SLUG}/label/")
    start_labelling(page, address, ranked=True)
    for key in ("b", "1", "a", "2", "c"):
        page.keyboard.press(key)
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=folder / "ranking.png")
    start_labelling(page, address, ranked=False)
    page.keyboard.press("2")
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=folder / "label.png")
    page = open_page(browser, address, "owner", 1440, "light")
    page.goto(f"{address}/p/{SLUG}/")
    page.screenshot(path=folder / "overview.png")


def every_page(browser: Browser, address: str, folder: Path, only: list[str]) -> None:
    comparison = Comparison.objects.filter(project__slug=SLUG, calls__isnull=False).first()
    judge = Judge.objects.filter(version__project__slug=SLUG).order_by("pk")[0]
    batched, panel = furnish()
    ranking = Comparison.objects.filter(project__slug=SLUG, k__gt=2).first()
    assert comparison is not None
    assert ranking is not None
    halted = (
        Annotator.objects.filter(project__slug=SLUG, kind="human", labels__isnull=False).distinct().last()
    )
    assert halted is not None
    pause(halted, None, "Twenty answers in a minute: nobody reads so fast.")
    appeal(Annotator.objects.get(pk=halted.pk), "These texts are only two lines long.")
    pages = {
        "sign-in": ("", "/sign-in/"),
        "projects": ("owner", "/"),
        "overview": ("owner", f"/p/{SLUG}/"),
        "comparisons": ("owner", f"/p/{SLUG}/comparisons/"),
        "comparison": ("owner", f"/p/{SLUG}/comparisons/{comparison.pk}/"),
        "comparison-ranked": ("owner", f"/p/{SLUG}/comparisons/{ranking.pk}/"),
        "flags": ("owner", f"/p/{SLUG}/flags/"),
        "people": ("owner", f"/p/{SLUG}/people/"),
        "person": ("owner", f"/p/{SLUG}/people/{halted.pk}/"),
        "audit": ("owner", f"/p/{SLUG}/people/log/"),
        "members": ("owner", f"/p/{SLUG}/people/members/"),
        "crowd-links": ("owner", f"/p/{SLUG}/people/crowd/"),
        "leaks": ("owner", f"/p/{SLUG}/leaks/"),
        "account": ("annotator", "/account/"),
        "account-factor": ("annotator", "/account/second-factor/"),
        "judges": ("owner", f"/p/{SLUG}/judges/"),
        "judge": ("owner", f"/p/{SLUG}/judges/{judge.pk}/"),
        "judge-batch": ("owner", f"/p/{SLUG}/judges/{batched.pk}/"),
        "judge-trial": ("owner", f"/p/{SLUG}/judges/{judge.pk}/trial/"),
        "judge-tags": ("owner", f"/p/{SLUG}/judges/{judge.pk}/tags/"),
        "judge-versions": ("owner", f"/p/{SLUG}/judges/{judge.pk}/versions/"),
        "panel": ("owner", f"/p/{SLUG}/judges/panels/{panel.pk}/"),
        "panel-settings": ("owner", f"/p/{SLUG}/judges/panels/{panel.pk}/settings/"),
        "judge-calls": ("owner", f"/p/{SLUG}/judges/{judge.pk}/calls/"),
        "judge-settings": ("owner", f"/p/{SLUG}/judges/{judge.pk}/settings/"),
        "judge-new": ("owner", f"/p/{SLUG}/judges/new/"),
        "calibration": ("owner", f"/p/{SLUG}/judges/calibration/"),
        "agreement": ("owner", f"/p/{SLUG}/agreement/"),
        "disputes": ("owner", f"/p/{SLUG}/agreement/disputes/"),
        "leaderboard": ("owner", f"/p/{SLUG}/leaderboard/"),
        "guidelines": ("annotator", f"/p/{SLUG}/label/"),
        "label": ("annotator", f"/p/{SLUG}/label/"),
        "label-ranked": ("annotator", f"/p/{SLUG}/label/"),
        "label-work": ("annotator", f"/p/{SLUG}/label/work/"),
    }
    pages = {name: page for name, page in pages.items() if not only or name in only}
    for theme in THEMES:
        for width in SIZES:
            for name, (who, path) in pages.items():
                page = open_page(browser, address, who, width, theme)
                if name == "guidelines":
                    Acknowledgement.objects.all().delete()
                page.goto(address + path)
                if name in {"label", "label-ranked"}:
                    start_labelling(page, address, ranked=name != "label")
                    page.keyboard.press("2")
                page.wait_for_timeout(SETTLED)
                whole = not name.startswith("label") or name == "label-work"
                page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=whole)
                page.context.close()


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    folder = target or ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with site() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        if target:
            every_page(browser, address, folder, sys.argv[2:])
        else:
            readme_pictures(browser, address, folder)
        browser.close()


if __name__ == "__main__":
    main()
