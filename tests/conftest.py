"""Settings of a test run, real browser pages and a real Celery worker.

Tests with the marker `services` need the PostgreSQL and Redis of tests/with_services.py and fail without
them; a test that asks for a browser page is marked `browser` by itself, and one that touches the database
`database`. `make quick` leaves services and browser out.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from config.celery import app
from tests import drawing, emptying
from tests.under_way import wait_for_last
from tests.waiting import PATIENCE, wait_for

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
SERVICES = os.environ.get("TANDEM_TEST_SERVICES") == "1"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
# A shared machine is slow at times; that is no property of the code under test. The examples are the same in
# every run, so that a commit fails for what it changed.
hypothesis.settings.register_profile(
    "tandem",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tandem")
CALL_FAILED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Point the settings at a throw-away data folder and at this xdist worker's share of Redis."""
    if SERVICES and settings.SQLITE:
        pytest.exit("tests/with_services.py was started, but the settings say SQLite", returncode=3)
    data = Path(tempfile.mkdtemp(prefix="tandem-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(data, ignore_errors=True))
    os.environ["TANDEM_DATA_DIR"] = str(data)  # for the processes that tests start
    settings.DATA_DIR, settings.RELEASES_DIR = data, data / "releases"
    settings.SESSION_FILE_PATH = str(data / "sessions")
    (data / "sessions").mkdir()
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    # Every test client builds its own middleware; looking files up when asked spares it a scan of them all.
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    settings.MIDDLEWARE.insert(0, "tests.under_way.counted")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CELERY_TASK_ALWAYS_EAGER = settings.CELERY_TASK_EAGER_PROPAGATES = True
    if SERVICES:
        number = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
        settings.CELERY_BROKER_URL = redis_database(settings.CELERY_BROKER_URL, 2 * number)
        os.environ["CELERY_BROKER_URL"] = settings.CELERY_BROKER_URL  # which Celery believes before settings
        settings.CACHES["default"]["LOCATION"] = redis_database(settings.CACHE_URL, 2 * number + 1)
        emptying.quicken()


def redis_database(url: str, number: int) -> str:
    return urlsplit(url)._replace(path=f"/{number}").geturl()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "browser" in fixtures:
            item.add_marker("browser")
        if "process_environment" in fixtures:
            item.add_marker("services")
        if item.get_closest_marker("django_db") or {"db", "transactional_db"}.intersection(fixtures):
            item.add_marker("database")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("services") and not SERVICES:
        pytest.fail(
            "needs a real PostgreSQL and Redis: run `make test`, or\n"
            "  .venv/bin/python tests/with_services.py .venv/bin/python -m pytest …",
            pytrace=False,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.stash[CALL_FAILED] = report.failed
    return report


@pytest.fixture(autouse=True)
def _nothing_left_over() -> None:
    """Cache and files of earlier tests go as their rows did: keys start over, and they name folders."""
    cache.clear()
    for folder in (settings.DATA_DIR / "media", settings.DATA_DIR / "uploads", settings.RELEASES_DIR):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def midday() -> Iterator[None]:
    """The test begins at noon: what it does today is of one day, however slow the machine.

    It is the present day because session files carry the file system's time.
    """
    with time_machine.travel(datetime.now(UTC).replace(hour=12)):
        yield


@pytest.fixture
def even_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn from the secret and from keys comes out evenly; see tests/drawing.py."""
    drawing.draw_evenly(monkeypatch)


# --- browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, started once; it cannot reach any host but this one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for name in names if (path := shutil.which(name))), None)
    if not executable:
        pytest.fail("needs Chromium: apt-get install chromium", pytrace=False)
    # Playwright's event loop lives in this thread; Django would take every query for one from async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page_problems() -> list[str]:
    """What went wrong in any page so far. A test that provokes an error on purpose checks and clears it."""
    return []


@pytest.fixture
def new_page(
    browser: Browser, page_problems: list[str], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """A maker of pages, each with cookies of its own; options go to Playwright's `new_context`.

    The test fails when one of them logs an error (a blocked script or style is one), throws, or asks another
    host for anything. Screenshots of a failed test stay in test-results/.
    """
    contexts: list[BrowserContext] = []

    def new_page(**options: Any) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        contexts.append(context)
        context.set_default_timeout(1000 * PATIENCE)
        page = context.new_page()
        watch(page, page_problems)
        return page

    yield new_page
    failed = request.node.stash.get(CALL_FAILED, True) or bool(page_problems)
    for number, page in enumerate(page for context in contexts for page in context.pages):
        if failed:
            name = re.sub(r"[^\w.-]+", "-", request.node.nodeid)
            page.screenshot(path=RESULTS / f"{name}-{number}.png", full_page=True)
    for context in contexts:
        context.set_offline(False)  # a browser that closes what is offline may keep the next one so
        context.close()
    wait_for_last()
    assert not page_problems, "the page had problems:\n" + "\n".join(page_problems)


def watch(page: Page, problems: list[str]) -> None:
    """Note every console error, exception and request to a foreign host."""
    page.on(
        "console",
        lambda message: problems.append(f"console: {message.text}") if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: problems.append(f"exception: {error}"))

    def check(request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in {
            "localhost",
            "127.0.0.1",
        }:
            problems.append(f"request to another host: {request.url}")

    page.on("request", check)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page of 1440 x 900 pixels that has to stay free of errors; see `new_page`."""
    return new_page()


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Page, Any], None]:
    """`sign_in(page, user)` puts a session cookie into the page's context, without the form."""

    def sign_in(page: Page, user: Any) -> None:
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])

    return sign_in


# --- processes --------------------------------------------------------------------------------


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """Environment in which another process sees this test's database, data folder and broker."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return os.environ | {
        "DATABASE_URL": url.geturl(),
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "TANDEM_CACHE_URL": settings.CACHES["default"]["LOCATION"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def wait_until_ready(worker: subprocess.Popen[bytes], log: Path) -> None:
    """Returns once the worker says in its log that it takes tasks; a ping can stay unanswered for long."""
    ready = re.compile(r"celery@\S+ ready\.")
    wait_for(lambda: ready.search(log.read_text()) or worker.poll() is not None)
    if worker.poll() is not None or not ready.search(log.read_text()):
        pytest.fail(f"the worker did not start:\n{log.read_text()}")


@pytest.fixture
def celery_worker_process(
    process_environment: dict[str, str], tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A real `celery worker` with beat on this test's database; tasks sent meanwhile go through Redis."""
    app.control.purge()
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-B", "-P", "threads", "-c", "4"]
    command += ["--without-gossip", "--without-mingle", "-l", "INFO", "-s", str(tmp_path / "beat")]
    with log.open("wb") as file:
        worker = subprocess.Popen(command, cwd=ROOT, env=process_environment, stdout=file, stderr=file)
    try:
        wait_until_ready(worker, log)
        app.conf.task_always_eager = False
        yield worker
    finally:
        app.conf.task_always_eager = True
        worker.terminate()
        try:
            worker.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
