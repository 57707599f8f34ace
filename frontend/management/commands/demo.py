"""`demo`: the sample project, a web server, a worker and a demonstration judge, with one command."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

import orjson
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from frontend.demo.seed import ACCOUNTS, password, seed

START_SECONDS = 60


class Command(BaseCommand):
    help = "Makes the sample project and starts everything; needs no network, PostgreSQL or Redis."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="first port to try (default 8000)")
        parser.add_argument("--json", action="store_true", help="print the address and sign-ins as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        self.stderr.write("Setting up the sample project; the first time takes some seconds.")
        port = free_port(options["port"])
        if port != options["port"]:
            self.stderr.write(f"Port {options['port']} is taken; using {port}.")
        judge_port = free_port(port + 1)
        call_command("migrate", verbosity=0)
        seed(f"http://127.0.0.1:{judge_port}/v1")
        children: list[subprocess.Popen[bytes]] = []
        try:
            children = [_start(command) for command in _commands(port, judge_port)]
            address = f"http://127.0.0.1:{port}/"
            _wait_for(f"{address}healthz", children)
            self._announce(address, options["json"])
            _watch(children)
        except KeyboardInterrupt:
            self.stderr.write("\nStopping.")
        finally:
            _stop(children)

    def _announce(self, address: str, as_json: bool) -> None:
        if as_json:
            report = {"address": address, "password": password(), "accounts": ACCOUNTS}
            self.stdout.write(orjson.dumps(report).decode())
        else:
            self.stdout.write(f"\n  Tandem is at  {address}\n")
            for role, email in ACCOUNTS.items():
                self.stdout.write(f"  {role:<10} {email:<24} password {password()}")
            self.stdout.write("\n  Both judges are demonstrations: simple rules on this machine, no model.")
            self.stdout.write("  Ctrl-C stops everything; `make demo` takes up where you left.\n")
        self.stdout.flush()


def free_port(first: int) -> int:
    """The first port from `first` on that nobody listens on. Raises CommandError after a hundred."""
    for port in range(first, first + 100):
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise CommandError(f"ports {first} to {first + 99} are all taken; choose another with --port")


def _commands(port: int, judge_port: int) -> list[list[str]]:
    gunicorn = ["gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    worker = ["celery", "-A", "config", "worker", "--beat", "--pool", "threads", "--concurrency", "4"]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
    return [
        ["llm_judges.demo_server", "--port", str(judge_port)],
        [*gunicorn, "--log-level", "warning", "--graceful-timeout", "3"],
        [*worker, *quiet],
    ]


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """A child in a session of its own, so that Ctrl-C reaches only us and we stop the others in order."""
    # A demonstration may run as root and without collected static files; no need to warn about it.
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait_for(url: str, children: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _check(children)
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 (our own address)
            if reply.status == 200:
                return
        time.sleep(0.2)
    raise CommandError(f"the web server did not answer at {url} within {START_SECONDS} s")


def _watch(children: list[subprocess.Popen[bytes]]) -> None:
    while True:
        _check(children)
        time.sleep(1)


def _check(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is not None:
            name = " ".join(str(part) for part in list(child.args)[2:4])  # type: ignore[arg-type]
            raise CommandError(f"{name} stopped with exit status {child.returncode}; its words are above")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(timeout=8)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
