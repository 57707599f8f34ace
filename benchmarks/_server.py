"""gunicorn as in production beside the private PostgreSQL and Redis, and what all of them cost."""

import asyncio
import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _annotators import NOTED, Person
from _benchmark import ROOT

TICKS = os.sysconf("SC_CLK_TCK")
STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (?!BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)")


@contextlib.contextmanager
def gunicorn(folder: Path) -> Iterator[tuple[int, int]]:
    """The image's own command with its own configuration; gives its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "gunicorn.log"
    environment = os.environ | {"PORT": str(port), "TANDEM_DEBUG": "false"}
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            str(ROOT / "docker" / "gunicorn.conf.py"),
            "config.wsgi:application",
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,  # the access log, of which every line is made nevertheless
        stderr=log.open("wb"),
    )
    try:
        for _ in range(300):
            if server.poll() is not None:
                raise SystemExit(f"gunicorn did not start:\n{log.read_text()}")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            time.sleep(0.1)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=40)


class Meter:
    """Processor seconds of the server, the database and Redis, those of processes that ended included."""

    def __init__(self, server: int) -> None:
        import redis
        from django.conf import settings
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()[0]
        cache = redis.Redis.from_url(settings.CACHE_URL)
        self.roots = {
            "server": server,
            "database": parent(backend),
            "redis": int(cache.info("server")["process_id"]),
        }

    def read(self) -> dict[str, float]:
        """Seconds by part; `busy` is what the whole machine spent, `clock` the time."""
        children: dict[int, list[int]] = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    children.setdefault(parent(int(entry)), []).append(int(entry))
        found = {name: tree(pid, children) for name, pid in self.roots.items()}
        ticks = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return found | {"busy": (sum(ticks) - ticks[3] - ticks[4]) / TICKS, "clock": time.perf_counter()}


def tree(pid: int, children: dict[int, list[int]]) -> float:
    """Seconds of a process, its ended children, and all that are below it."""
    try:
        fields = stat(pid)
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS + sum(
        tree(child, children) for child in children.get(pid, [])
    )


def parent(pid: int) -> int:
    return int(stat(pid)[1])


def stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def crowd(meter: Meter, **plan: Any) -> dict[str, Any]:
    """Lets people work (see `_annotators`) in a process of their own; figures of the counted part."""
    command = [sys.executable, str(Path(__file__).with_name("_annotators.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(plan) + "\n")
        process.stdin.flush()
        if process.stdout.readline() != "ready\n":
            raise SystemExit("the label page did not open")
        before, own = meter.read(), time.process_time()
        process.stdin.write("go\n")
        process.stdin.flush()
        done = json.loads(process.stdout.readline())
        after, own = meter.read(), time.process_time() - own
    if done["problems"] or not done["taken"]:
        raise SystemExit(f"the loop broke: {done['problems'][:2] or 'no answer in time'}")
    spent = {name: after[name] - before[name] for name in after}
    cycles = len(done["taken"])
    each = {name: 1000 * spent[name] / cycles for name in ("server", "database", "redis")}
    ours = sum(spent[name] for name in each) + done["cpu_seconds"] + own
    return {
        "people": len(plan["cookies"]),
        "cycles": cycles,
        "cycles_per_second": round(cycles / done["seconds"], 1),
        "cpu_ms_per_cycle": round(each["server"] + each["database"], 2),
        "cpu_ms_server": round(each["server"], 2),
        "cpu_ms_database": round(each["database"], 2),
        "cpu_ms_redis": round(each["redis"], 2),
        "cpu_ms_generator": round(1000 * done["cpu_seconds"] / cycles, 2),
        "next_p50_ms": round(1000 * statistics.median(done["taken"]), 1),
        "next_p25_ms": round(1000 * percentile(done["taken"], 0.25), 2),
        "next_p95_ms": round(1000 * percentile(done["taken"], 0.95), 1),
        "open_p50_ms": round(1000 * statistics.median(done["opened"]), 1),
        "others_cores": round(max(0.0, spent["busy"] - ours) / spent["clock"], 2),
        "answered": done["answered"],
        "retries": done["retries"],
    }


def statements(port: int, path: str, session: str, cycles: int) -> list[int]:
    """SQL statements that the database logged in each of `cycles` cycles of one person, fewest first.

    The database must log every statement of new connections. BEGIN, COMMIT and savepoints are left out,
    Django's check that a connection still lives is not.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        log = Path(os.readlink(f"/proc/{parent(cursor.fetchone()[0])}/fd/2"))

    async def count() -> list[int]:
        person = Person(port, path, session)
        await person.open()
        for _ in range(4 * NOTED):  # connections are made, caches filled
            await person.answer()
        counted = []
        with log.open(errors="replace") as lines:
            lines.seek(0, os.SEEK_END)
            for _ in range(cycles):
                await person.answer()
                counted.append(len(STATEMENT.findall(lines.read())))
        return counted

    return sorted(asyncio.run(count()))


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
