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
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db.models import Q  # noqa: E402
from django.test import Client  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from annotation import leases  # noqa: E402
from annotation.guidelines import acknowledge  # noqa: E402
from annotation.models import (  # noqa: E402
    Acknowledgement,
    Annotator,
    Assignment,
    Comparison,
    Demand,
    Flag,
    JudgeCall,
    Project,
    Upload,
    User,
    Webhook,
)
from annotation.people import appeal, pause  # noqa: E402
from config.celery import app as celery_app  # noqa: E402
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
SETTINGS = ("criteria", "guidelines", "labels", "general", "routing")
RELEASE = {
    "formats": ["trl-preference", "labels"],
    "source": "routed",
    "consensus": "mace",
    "min_labels": 1,
    "min_probability": 0,
    "ties": "drop",
    "test_share": 0.1,
    "file_type": "parquet",
}
CHILDREN = b"question,one,two\nWhy is the sky dark at night?,Light needs time.,The sun is elsewhere.\n"


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
    page.locator("[data-drawn]").first.wait_for()
    page.goto(f"{address}/p/{SLUG}/")  # the figures have been worked out by now
    page.locator("[data-drawn]").first.wait_for()
    page.screenshot(path=folder / "overview.png")


def furnish_judges() -> tuple[Judge, Panel]:
    """A panel that has answered, a judge asked in a batch, tags. Gives that judge and the panel."""
    project = Project.objects.get(slug=SLUG)
    panel = set_panel(project, "jury", [entry["name"] for entry in JUDGES])
    work_through(panel)
    careful = Judge.objects.get(version__project=project, version__name="demo-careful")
    tagging.work_on(tagging.begin(careful, "demo-embedding", Decimal(0), limit=40))
    values = JUDGES[0] | {"name": "in-batches", "transport": "batch", "max_tokens": 1000}
    batched = set_judge(project, base_url=careful.base_url, **values)
    label_all(batched, limit=10)
    return batched, panel


def furnish(judge: Judge) -> None:
    """What the sample lacks for its pages to have something to show, asked for as an owner asks for it."""
    celery_app.conf.task_always_eager = True
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email=ACCOUNTS["owner"]), backend=settings.AUTHENTICATION_BACKENDS[0])
    asked: list[tuple[str, dict[str, Any]]] = [
        ("people/members/invite/", {"name": "Reviewers", "role": "reviewer", "places": 3, "days": 7}),
        ("people/crowd/", {"name": "Prolific, spring", "platform": "prolific", "places": 40, "days": 7}),
        ("programs/tokens/new/", {"name": "Nightly export", "role": "viewer", "days": 90}),
        (f"judges/{judge.pk}/trial/start/", {"which": "first"}),
        ("plan/ask/", {"kind": "share", "amount": "25", "policy": "combined"}),
        ("releases/new/", RELEASE),
        ("uploads/", {"file": SimpleUploadedFile("children.csv", CHILDREN)}),
    ]
    for path, data in asked:
        reply = client.post(f"/p/{SLUG}/{path}", data)
        assert reply.status_code < 400, (path, reply.content.decode())
    client.post("/new/", {"name": "Science for children", "slug": "science", "template": "multipref"})
    working = Annotator.objects.filter(project__slug=SLUG, kind="human", paused_at=None)
    halted = working.filter(labels__isnull=False).distinct().last()
    assert halted is not None
    pause(halted, None, "Twenty answers in a minute: nobody reads so fast.")
    appeal(Annotator.objects.get(pk=halted.pk), "These texts are only two lines long.")
    flagged = Comparison.objects.filter(project__slug=SLUG)[0]
    Flag.objects.create(comparison=flagged, annotator=halted, note="The second response is cut off.")
    Webhook.objects.create(
        project=halted.project, url="https://hooks.example.org/tandem", kinds=["release.ready"], secret=""
    )


def addresses(batched: Judge, panel: Panel) -> dict[str, tuple[str, str]]:
    """Name of a page -> who looks at it, and its address."""
    project = Project.objects.get(slug=SLUG)
    of_project = Comparison.objects.filter(project=project)
    comparison, ranking = of_project.filter(calls__isnull=False).first(), of_project.filter(k__gt=2).first()
    person = project.annotators.filter(kind="human", paused_at__isnull=False).last()
    judge = Judge.objects.filter(version__project=project).order_by("pk")[0]
    call = JudgeCall.objects.filter(annotator__judge_version=judge.version).first()
    upload = Upload.objects.filter(project=project)[0]
    assert comparison is not None
    assert ranking is not None
    assert person is not None
    assert call is not None
    owners = {
        "overview": "",
        "comparisons": "comparisons/",
        "comparison": f"comparisons/{comparison.pk}/",
        "comparison-ranked": f"comparisons/{ranking.pk}/",
        "flags": "flags/",
        "leaks": "leaks/",
        "people": "people/",
        "person": f"people/{person.pk}/",
        "audit": "people/log/",
        "members": "people/members/",
        "crowd-links": "people/crowd/",
        "quality": "quality/",
        "judges": "judges/",
        "judge": f"judges/{judge.pk}/",
        "judge-batch": f"judges/{batched.pk}/",
        "judge-trial": f"judges/{judge.pk}/trial/",
        "judge-tags": f"judges/{judge.pk}/tags/",
        "judge-calls": f"judges/{judge.pk}/calls/",
        "judge-call": f"judges/calls/{call.pk}/",
        "judge-versions": f"judges/{judge.pk}/versions/",
        "judge-settings": f"judges/{judge.pk}/settings/",
        "judge-new": "judges/new/",
        "judge-templates": "judges/templates/",
        "judge-template": "judges/templates/new/",
        "panel-new": "judges/panels/new/",
        "panel": f"judges/panels/{panel.pk}/",
        "panel-settings": f"judges/panels/{panel.pk}/settings/",
        "calibration": "judges/calibration/",
        "agreement": "agreement/",
        "disputes": "agreement/disputes/",
        "leaderboard": "leaderboard/",
        "plan": "plan/",
        "releases": "releases/",
        "release": "releases/1/",
        "release-new": "releases/new/",
        "programs": "programs/",
        "deliveries": "programs/deliveries/",
        "uploads": "uploads/",
        "upload": f"uploads/{upload.pk}/",
        **{f"settings-{step}": f"settings/{step}/" for step in SETTINGS},
        "settings-project": "settings/project/",
    }
    return {
        "sign-in": ("", "/sign-in/"),
        "not-found": ("owner", "/p/nowhere/"),
        "not-allowed": ("annotator", f"/p/{SLUG}/people/"),
        "projects": ("owner", "/"),
        "project-new": ("owner", "/new/"),
        "draft": ("owner", "/p/science/uploads/"),
        **{name: ("owner", f"/p/{SLUG}/{path}") for name, path in owners.items()},
        "account": ("annotator", "/account/"),
        "account-factor": ("annotator", "/account/second-factor/"),
        "guidelines": ("annotator", f"/p/{SLUG}/label/"),
        "label": ("annotator", f"/p/{SLUG}/label/"),
        "label-ranked": ("annotator", f"/p/{SLUG}/label/"),
        "label-work": ("annotator", f"/p/{SLUG}/label/work/"),
    }


def every_page(
    browser: Browser, address: str, folder: Path, pages: dict[str, tuple[str, str]], only: list[str]
) -> None:
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
    with site() as address:
        pages = {}
        if target:  # before the browser, beside which nothing else may have a loop of its own
            furnish(Judge.objects.filter(version__project__slug=SLUG).order_by("pk")[0])
            pages = addresses(*furnish_judges())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
            )
            if target:
                every_page(browser, address, folder, pages, sys.argv[2:])
            else:
                readme_pictures(browser, address, folder)
            browser.close()


if __name__ == "__main__":
    main()
