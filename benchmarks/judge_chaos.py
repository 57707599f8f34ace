#!/usr/bin/env python3
"""A judge's run through everything that can happen to it: workers killed, broker lost, database restarted.

10,000 calls on a private PostgreSQL and Redis, by two real Celery workers. Meanwhile a worker is killed three
times and Redis twice (SIGKILL, all of them), and PostgreSQL is restarted twice. In the end there must be one
annotation for each comparison, an answer for each call, no money missing from the ledger, and at most so many
requests more than calls as were in flight at the disasters. `--quick`: 1,000 calls.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(Path(__file__).parent))

from _benchmark import arguments, finish, goal, machine, set_up  # noqa: E402

LATENCY = 0.5
FLIGHT = 50
LONGEST = 300  # seconds, and what the calls themselves take
PROMPT, RESPONSE = "Which tool opens a tin?", "A tin opener, number {}."


def main() -> int:
    options = arguments(__doc__).parse_args()
    with services() as (environment, database, redis):
        os.environ.update(environment)
        set_up()
        result = run(1000 if options.quick else 10_000, database, redis)
    lines = [f"{name:28}{figure}" for name, figure in result["results"].items()]
    return finish(result, options.json, *lines)


def run(calls: int, database: "Service", redis: "Service") -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with endpoint() as port:
        judge, project = make(port, calls // 2)
        before = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="tandem-chaos-") as folder:
            in_flight = chaos(judge, calls, Path(folder), database, redis)
        seconds = time.monotonic() - before
        seen = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10))
    connection.close()
    return {"machine": machine(), **verdict(project, calls, in_flight, seen, seconds)}


def chaos(judge: Any, calls: int, folder: Path, database: "Service", redis: "Service") -> int:
    """Lets the run end, with disasters on the way; gives the number of calls in flight at all of them."""
    from django.db import InterfaceError, OperationalError, connection

    from annotation.models import JudgeCall, JudgeRun
    from llm_judges import runs

    run = runs.start(judge)
    workers = [worker(folder, number) for number in range(2)]
    beat = celery(folder, "beat", "-s", str(folder / "beat"))
    disasters = {
        0.15: "worker",
        0.25: "broker",
        0.35: "database",
        0.5: "worker",
        0.6: "database",
        0.7: "broker",
        0.8: "worker",
    }
    in_flight = 0
    give_up = time.monotonic() + LONGEST + calls / 20
    try:
        while time.monotonic() < give_up:
            time.sleep(0.5)
            try:
                run.refresh_from_db()
                if beat.poll() is not None:
                    beat = celery(folder, "beat", "-s", str(folder / "beat"))
                for number, process in enumerate(workers):
                    if process.poll() is not None:  # killed, or given up by Celery for want of a broker
                        in_flight += bury(process.pid)
                        workers[number] = worker(folder, number)
                if run.state == JudgeRun.State.FINISHED:
                    return in_flight
                if run.state == JudgeRun.State.STOPPED:
                    raise SystemExit(f"the run stopped: {run.message}")
                share = run.answered / calls
                due = next((at for at in disasters if at <= share), None)
                if due is None:
                    continue
                print(f"{share:.0%}: {disasters[due]}", file=sys.stderr)
                match disasters[due]:
                    case "worker":
                        workers[random.randrange(2)].send_signal(signal.SIGKILL)
                    case "broker":
                        redis.restart(signal.SIGKILL)
                    case "database":
                        in_flight += JudgeCall.objects.filter(state="in_flight").count()
                        database.restart(signal.SIGINT)
                del disasters[due]
            except (OperationalError, InterfaceError):
                connection.close()  # it was us; what was due is due again
        raise SystemExit(f"the run did not end: {run.state}, {run.answered} of {calls} calls answered")
    finally:
        for process in (*workers, beat):
            process.kill()
            process.wait()


def bury(pid: int) -> int:
    """Lets what a dead worker held lapse at once, as it would after a minute; gives its calls in flight."""
    from django.utils import timezone

    from annotation.models import Assignment, JudgeCall

    lost = JudgeCall.objects.filter(state="in_flight", claimed_by__contains=f"/{pid}/")
    held = list(lost.values_list("comparison", flat=True))
    lost.update(leased_until=timezone.now())
    Assignment.objects.filter(comparison__in=held, annotator__kind="judge", state="live").update(
        leased_until=timezone.now()
    )
    return len(held)


def verdict(project: Any, calls: int, in_flight: int, seen: dict[str, Any], seconds: float) -> dict[str, Any]:
    from django.db.models import Count, Sum

    from annotation.models import Annotation, Assignment, JudgeCall, JudgeRun

    labelled = Annotation.objects.values("assignment__comparison").annotate(number=Count("pk"))
    once = sum(one["number"] == 1 for one in labelled)
    run = JudgeRun.objects.get(purpose="run")
    booked = JudgeCall.objects.aggregate(total=Sum("cost"))["total"]
    paid = seen["served"] * float(PRICE)
    results = {
        "calls": calls,
        "seconds": round(seconds, 1),
        "requests": seen["served"],
        "in_flight_at_disasters": in_flight,
        "annotations": Annotation.objects.count(),
        "comparisons_labelled_once": once,
        "calls_ok": JudgeCall.objects.filter(state="ok").count(),
        "leases_left": Assignment.objects.filter(state="live").count(),
        "spent": float(run.spent),
        "paid": round(paid, 4),
    }
    goals = [
        goal("not_labelled_once", calls // 2 - once, 0, "at_most", "comparisons"),
        goal("annotations_too_many", Annotation.objects.count() - calls // 2, 0, "at_most", "annotations"),
        goal("calls_not_ok", calls - results["calls_ok"], 0, "at_most", "calls"),
        goal("paid_twice_beyond_flight", seen["served"] - calls - in_flight, 0, "at_most", "requests"),
        goal("missing_in_ledger", round(paid - float(run.spent), 6), 0, "at_most", "USD"),
        goal("ledger_and_rows_differ", abs(float(run.spent - booked)), 0, "at_most", "USD"),
        goal("leases_left", results["leases_left"], 0, "at_most", "leases"),
    ]
    return {"results": results, "goals": goals}


# 900 tokens in at 2 a million and 150 out at 10: see `_judge_endpoint`.
PRICE = (900 * 2 + 150 * 10) / 1e6


def make(port: int, comparisons: int) -> tuple[Any, Any]:
    from annotation.models import Comparison, Criterion, Project, Response
    from llm_judges.models import Judge
    from llm_judges.registry import set_judge

    project = Project.objects.create(slug="chaos", name="Chaos")
    Criterion.objects.create(project=project, name="overall", question="Which is better?")
    made = Comparison.objects.bulk_create(
        Comparison(
            project=project,
            external_id=f"q{number}",
            prompt=[{"role": "user", "content": f"{PROMPT} ({number})"}],
            k=2,
            group=f"g{number}",
            content_hash=f"{number:064x}",
        )
        for number in range(comparisons)
    )
    Response.objects.bulk_create(
        Response(
            comparison=one,
            position=place,
            messages=[{"role": "assistant", "content": RESPONSE.format(2 * number + place)}],
        )
        for number, one in enumerate(made)
        for place in range(2)
    )
    judge = set_judge(
        project,
        name="judge",
        base_url=f"http://127.0.0.1:{port}/v1",
        model="local",
        input_price=2,
        output_price=10,
        concurrency=FLIGHT,
    )
    known = {"json_schema": True, "usage": True, "system_role": True}
    Judge.objects.filter(pk=judge.pk).update(capabilities=known, probed_at=project.created_at)
    return judge, project


def worker(folder: Path, number: int) -> "subprocess.Popen[bytes]":
    return celery(folder, "worker", "-P", "threads", "-c", "4", "-n", f"worker{number}@%h")


def celery(folder: Path, kind: str, *options: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "celery", "-A", "config", kind, "-l", "INFO", *options]
    with (folder / "celery.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)


@contextlib.contextmanager
def endpoint() -> Iterator[int]:
    command = [sys.executable, str(Path(__file__).with_name("_judge_endpoint.py")), "--latency", str(LATENCY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


class Service:
    """A server that can be ended and started again as it was."""

    def __init__(self, process: "subprocess.Popen[bytes]", **user: Any) -> None:
        self.process = process
        self.user = user

    def restart(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait()
        time.sleep(2)
        self.process = subprocess.Popen(
            self.process.args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **self.user
        )


@contextlib.contextmanager
def services() -> Iterator[tuple[dict[str, str], Service, Service]]:
    """PostgreSQL and Redis of our own, that we may end."""
    import with_services as private

    servers: list[subprocess.Popen[bytes]] = []
    folder = Path(tempfile.mkdtemp(prefix="tandem-", dir="/tmp"))
    folder.chmod(0o711)
    (folder / "data").mkdir()
    redis_url = private.start_redis(folder, servers)
    redis = Service(servers[-1])
    environment = {
        "DATABASE_URL": private.start_postgres(folder, servers),
        "CELERY_BROKER_URL": f"{redis_url}/0",
        "TANDEM_CACHE_URL": f"{redis_url}/1",
        "TANDEM_DATA_DIR": str(folder / "data"),
    }
    database = Service(servers[-1], **private.POSTGRES_USER)
    try:
        yield environment, database, redis
    finally:
        private.stop([database.process, redis.process])


if __name__ == "__main__":
    sys.exit(main())
