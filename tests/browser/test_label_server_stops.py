"""The server is stopped while a person works, and started again: a real gunicorn process, killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Annotation, Assignment
from tests.factories import make_person
from tests.waiting import PATIENCE, free_port, wait_for

from .sitting import answer, make_pairs, recorded

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parent.parent.parent


class Server:
    """gunicorn on one port, to be stopped and started."""

    def __init__(self, env: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self.env, self.log = env, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        bind = ["--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "4"]
        with self.log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "config.wsgi", *bind],
                cwd=ROOT,
                env=self.env,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        wait_for(self.answers)
        assert self.answers(), f"gunicorn did not start:\n{self.log.read_text()}"

    def answers(self) -> bool:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=PATIENCE):
            return True
        return False

    def kill(self) -> None:
        """At once, with whatever it was doing."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def server(process_environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    same = {"TANDEM_DEBUG": "true", "TANDEM_SECRET_KEY": settings.SECRET_KEY}
    server = Server(process_environment | same, tmp_path / "gunicorn.log")
    server.start()
    yield server
    server.kill()


def test_answers_given_while_the_server_is_down_arrive_once_when_it_is_back(
    new_page: Callable[..., Page], server: Server, page_problems: list[str]
) -> None:
    project = make_pairs(6)
    person = make_person(project)
    client = Client()
    client.force_login(person.user)  # type: ignore[arg-type]
    address = f"http://127.0.0.1:{server.port}"
    page = new_page()
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
    page.goto(address + reverse("label", args=[project.slug]))
    expect(page.get_by_text("Overall is still open")).to_be_visible()
    answer(page, "1", "Prompt number 1?")
    expect(page.locator("#saved")).to_have_text("Saved")
    held = Assignment.objects.filter(state="live").count()

    server.kill()
    answer(page, "2", "Prompt number 2?")
    expect(page.locator("#trouble")).to_contain_text("One answer is kept on this device")
    answer(page, "3", "Prompt number 3?")
    page.keyboard.press("4")
    page.wait_for_timeout(5000)
    expect(page.locator("#trouble")).to_contain_text("2 answers are kept on this device")
    server.start()
    expect(page.locator("#trouble")).to_be_hidden()

    assert recorded(page, 3) == [2, 1, None]
    expect(page.get_by_role("radio", name="B slightly better")).to_be_checked()
    answer(page, "4", "Prompt number 4?")
    assert recorded(page, 4) == [2, 1, None, 1]
    assert Annotation.objects.count() == 4
    assert Assignment.objects.filter(state="live").count() <= held
    page_problems.clear()
