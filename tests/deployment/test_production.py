"""From nothing but the lock file to a production server that answers, as docker/Dockerfile does it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.waiting import PATIENCE, free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]
HOST = "tandem.example.org"

pytestmark = pytest.mark.services


def run(*command: str | Path, env: dict[str, str]) -> str:
    """The command's standard output; fails the test with all it wrote when it does not end well."""
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def server_command() -> list[str]:
    """CMD of the Dockerfile."""
    found = re.search(r"^CMD (\[.*\])$", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    assert found
    command: list[str] = json.loads(found[1])
    return command


@contextmanager
def serving(env: dict[str, str]) -> Iterator[int]:
    """gunicorn as in the image; gives its port. It has to stop cleanly when asked to."""
    port = free_port()
    env = env | {"PORT": str(port), "WEB_CONCURRENCY": "1"}
    log = Path(env["TANDEM_DATA_DIR"]) / f"gunicorn-{port}.log"
    program, *arguments = server_command()
    executable = shutil.which(program, path=env["PATH"])
    assert executable
    with log.open("wb") as file:
        server = subprocess.Popen([executable, *arguments], cwd=ROOT, env=env, stdout=file, stderr=file)
    try:
        wait_for(lambda: server.poll() is not None or get(port, "/healthz", ready=False)[0])
        assert server.poll() is None, log.read_text()
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(timeout=PATIENCE)
        print(log.read_text())  # pytest shows it when the test fails
    assert code == 0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def get(port: int, path: str, proto: str = "https", ready: bool = True) -> tuple[int, dict[str, str], str]:
    """Status, headers and body as the proxy would see them; status 0 while nobody listens, if not `ready`."""
    headers = {"Host": HOST, "X-Forwarded-Proto": proto}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        answer = opener.open(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        answer = error
    except OSError:
        assert not ready
        return 0, {}, ""
    return (
        answer.status,
        {key.lower(): value for key, value in answer.headers.items()},
        answer.read().decode(),
    )


@pytest.fixture
def production(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Environment variables of a deployment on a new, empty database."""
    name = f"production_{uuid.uuid4().hex[:12]}"
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    environment = tmp_path / "environment"
    yield {
        "PATH": f"{environment}/bin:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", str(tmp_path)),
        "UV_PROJECT_ENVIRONMENT": str(environment),
        "UV_PYTHON_DOWNLOADS": "never",
        "DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl(),
        "CELERY_BROKER_URL": os.environ["CELERY_BROKER_URL"],
        "TANDEM_CACHE_URL": os.environ["TANDEM_CACHE_URL"],
        "TANDEM_DATA_DIR": str(tmp_path),
        "TANDEM_STATIC_ROOT": str(tmp_path / "staticfiles"),
        "TANDEM_SECRET_KEY": uuid.uuid4().hex + uuid.uuid4().hex,
        "TANDEM_HOSTS": HOST,
        "TANDEM_HTTPS": "true",
        "TANDEM_BEHIND_PROXY": "true",
    }
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    shutil.rmtree(environment, ignore_errors=True)  # pytest would keep its half gigabyte


def test_the_lock_file_alone_makes_a_working_server(production: dict[str, str], tmp_path: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv, "make install puts uv into .venv"
    run(uv, "sync", "--frozen", "--no-dev", "--python", sys.executable, env=os.environ | production)
    python = tmp_path / "environment/bin/python"

    run(python, "manage.py", "collectstatic", "--noinput", env=production)
    run(python, "manage.py", "check", "--deploy", "--fail-level", "WARNING", env=production)

    missing = urlsplit(production["DATABASE_URL"])._replace(path="/no_such_database").geturl()
    with serving(production | {"DATABASE_URL": missing}) as port:
        assert get(port, "/healthz")[0] == 503

    run(python, "manage.py", "migrate", "--noinput", env=production)
    with serving(production) as port:
        assert get(port, "/healthz")[0] == 200
        assert get(port, "/healthz", proto="http")[0] == 200, "a container asks itself without TLS"

        status, headers, _ = get(port, "/sign-in/", proto="http")
        assert (status, headers["location"]) == (301, f"https://{HOST}/sign-in/")

        status, headers, body = get(port, "/sign-in/")
        assert status == 200
        assert "max-age=31536000" in headers["strict-transport-security"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "secure" in headers["set-cookie"].lower()

        files = re.findall(r'(?:href|src)="(/static/[^"]+)"', body)
        assert files
        for path in files:
            status, headers, _ = get(port, path)
            assert status == 200
            assert re.search(r"\.[0-9a-f]{12}\.\w+$", path), f"{path} has no hash in its name"
            assert "immutable" in headers["cache-control"]
