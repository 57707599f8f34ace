"""`make check-api`: schemathesis asks a seeded server whatever its schema allows, and what it does not.

Fails on an answer of 500, on one that the schema does not have, and on bad data that is taken. Arguments go
to schemathesis: `make check-api ARGS="--max-examples 200 --include-path-regex releases"`.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
)


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="tandem-check-api-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"sqlite:///{folder}/check.sqlite3",
            "TANDEM_DATA_DIR": folder,
            "TANDEM_API_RATE": "1000000/min",
            "TANDEM_API_HEAVY_RATE": "1000000/min",
        }
        slug, token = seed()
        config = Path(folder, "schemathesis.toml")
        config.write_text(f'[parameters]\n"path.slug" = "{slug}"\n')
        server, address = start(Path(folder, "server.log"))
        try:
            command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config)]
            command += ["run", f"{address}/api/v1/schema/", "-H", f"Authorization: Bearer {token}"]
            command += ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"]
            status = subprocess.run([*command, *arguments], cwd=folder).returncode
        finally:
            server.terminate()
            server.wait(timeout=30)
        if "Traceback" in (said := Path(folder, "server.log").read_text()):
            print(said[-20_000:], file=sys.stderr)
            return status or 1
        return status


def seed() -> tuple[str, str]:
    """A project with rows in every list; gives its slug and a token of its owner."""
    import django

    django.setup()
    from django.core.management import call_command

    from annotation import tokens
    from annotation.permissions import Access
    from tests.api_world import fill, make_world

    call_command("migrate", verbosity=0)
    owner = make_world()
    fill(owner.project, 3)
    _, token = tokens.issue(Access(owner.project, owner.membership), "schemathesis", "owner")
    return owner.project.slug, token


def start(log: Path) -> tuple["subprocess.Popen[bytes]", str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "-b", f"127.0.0.1:{port}", "--threads", "4"]
    with log.open("wb") as file:
        server = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urlopen(f"{address}/healthz", timeout=5).close()
            return server, address
        except OSError:
            time.sleep(0.2)
    server.terminate()
    sys.exit(f"the server did not start:\n{log.read_text()}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
