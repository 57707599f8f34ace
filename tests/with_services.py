#!/usr/bin/env python3
"""Run a command beside a private PostgreSQL and Redis: `tests/with_services.py COMMAND [ARGUMENT…]`.

Both live in a temporary folder, PostgreSQL on a unix socket and Redis on a free loopback port, and are gone
when the command ends. The command finds them in DATABASE_URL, CELERY_BROKER_URL and TANDEM_CACHE_URL, has
TANDEM_TEST_SERVICES=1, and its exit code is ours. There is no fallback: a missing server is an error.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

START_SECONDS = 60
Server = subprocess.Popen[bytes]
# PostgreSQL refuses to run as root, so root lends it the user that Debian's package made for it.
POSTGRES_USER: dict[str, Any] = (
    {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
)
# Test data need not survive a power cut.
FAST: tuple[str, ...] = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
# Tables are empty between tests. Counted as empty then, they would be planned for as empty when a test fills
# them; never counted, PostgreSQL goes by their size.
FAST += ("autovacuum=off",)


def postgres_folder() -> Path | None:
    """The folder of the newest PostgreSQL server's programs; Debian keeps them outside PATH."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    folders.sort(key=lambda folder: float(folder.parent.name), reverse=True)
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if os.access(folder / "initdb", os.X_OK)), None)


def missing() -> str:
    """What this machine lacks, as one line for the person who has to install it; empty when it has all."""
    if not postgres_folder() or not shutil.which("redis-server"):
        return "PostgreSQL and Redis are needed: apt-get install postgresql redis-server"
    if POSTGRES_USER and "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
        return "PostgreSQL does not run as root: add a user named postgres, or be another user"
    return ""


def die_with_us() -> None:
    """Ask Linux to stop a server whose starter was killed, so that nothing is left running."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def start(
    command: list[str], answers: Callable[[], bool], log: Path, servers: list[Server], **user: Any
) -> None:
    """Start a server and return when it answers.

    It gets a session of its own: a Ctrl-C is for the command, the servers stop after it. Raises RuntimeError
    with the log when the server stops or takes too long.
    """
    with log.open("wb") as file:
        server = subprocess.Popen(
            command,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            preexec_fn=die_with_us,
            **user,
        )
    servers.append(server)
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if answers():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{log.stem} did not start:\n{log.read_text(errors='replace')}")


def start_postgres(folder: Path, servers: list[Server]) -> str:
    """Make and start a cluster with an empty database `tandem`; returns its DATABASE_URL."""
    programs = postgres_folder()
    assert programs
    cluster, sockets = folder / "pg", folder / "s"
    for path in (cluster, sockets):
        path.mkdir(mode=0o700)
        if POSTGRES_USER:
            shutil.chown(path, "postgres", "postgres")
    initdb = [f"{programs}/initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run(
        [*initdb, "--locale=C.UTF-8"], cwd=folder, stdout=subprocess.DEVNULL, check=True, **POSTGRES_USER
    )
    command = [f"{programs}/postgres", "-D", str(cluster), "-h", "", "-k", str(sockets)]
    command += [word for setting in FAST for word in ("-c", setting)]
    ready = [f"{programs}/pg_isready", "-q", "-h", sockets]
    answers = lambda: subprocess.run(ready).returncode == 0  # noqa: E731
    start(command, answers, folder / "postgresql.log", servers, **POSTGRES_USER)
    subprocess.run([f"{programs}/createdb", "-h", sockets, "-U", "postgres", "tandem"], check=True)
    return f"postgres://postgres@{quote(str(sockets), safe='')}/tandem"


def start_redis(folder: Path, servers: list[Server], attempts: int = 5) -> str:
    """Start an in-memory Redis; returns its address without a database number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def answers() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False

    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    command += ["--databases", "64"]  # two for every pytest-xdist worker
    try:
        start(command, answers, folder / "redis.log", servers)
    except RuntimeError:
        if attempts == 1:
            raise
        return start_redis(folder, servers, attempts - 1)  # somebody was quicker to take the port
    return f"redis://127.0.0.1:{port}"


def stop(servers: list[Server]) -> None:
    for server in servers:
        server.send_signal(signal.SIGINT)
    for server in servers:
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


def run_command(command: list[str], environment: dict[str, str]) -> int:
    """Run the command, pass our signals on to it, and return its exit code as a shell would."""
    child = subprocess.Popen(command, env=os.environ | environment)

    def pass_on(number: int, _frame: Any) -> None:
        # A Ctrl-C reaches the terminal's whole process group; sent twice it would cut off a clean-up.
        if number != signal.SIGINT or not os.isatty(0):
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = child.wait()
    return 128 - code if code < 0 else code


def main(command: list[str]) -> int:
    if not command or missing():
        print(missing() or __doc__, file=sys.stderr)
        return 2
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # somebody's own server must not be the one under test
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    # A socket's path is limited to about 100 bytes, so the folder is near the root whatever TMPDIR says.
    folder = Path(tempfile.mkdtemp(prefix="tandem-", dir="/tmp"))
    servers: list[Server] = []
    try:
        folder.chmod(0o711)
        (folder / "data").mkdir()
        redis = start_redis(folder, servers)
        environment = {
            "DATABASE_URL": start_postgres(folder, servers),
            "CELERY_BROKER_URL": f"{redis}/0",
            "TANDEM_CACHE_URL": f"{redis}/1",
            "TANDEM_DATA_DIR": str(folder / "data"),
            "TANDEM_TEST_SERVICES": "1",
        }
        return run_command(command, environment)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(f"with_services: {error}", file=sys.stderr)
        return 1
    finally:
        stop(servers)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
