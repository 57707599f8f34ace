#!/usr/bin/env python3
"""How fast a judge's worker gets answers, beside a bare client of the same library in the same run.

A local endpoint answers after 200 and 500 ms. Our worker (leases, prompts, ledger, rows and labels on a
private PostgreSQL included) and the baseline, an openai client in a loop with the same transport (the same
HTTP library, as many pools of connections), keep 50, 100, 200 and 400 calls in flight, one after the other,
each in a process of its own; without `--quick`, for information, a loop over a single pool too. Then memory
over 50,000 calls, and two workers on an endpoint that allows 600 requests a minute. `--quick` does less of
each, and takes memory from the last of them.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _benchmark import INSIDE, arguments, finish, goal, machine, run_with_services, set_up, texts_of

TEXTS = 400
PER_MINUTE = 600
EDGE = 2.0  # seconds at both ends of the limited run that are left out: workers come and go


def main() -> int:
    options = arguments(__doc__).parse_args()
    texts = texts_of("mtbench.jsonl.gz")
    if not os.environ.get(INSIDE):
        return run_with_services(__file__)
    result = run(texts, options.quick)
    return finish(result, options.json, *lines(result["results"]))


def run(texts: Path, quick: bool) -> dict[str, Any]:
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    seconds, memory_calls, limited = (4, 0, 10) if quick else (12, 50_000, 60)
    latencies, flights = ((0.2,), (50, 100, 200)) if quick else ((0.2, 0.5), (50, 100, 200, 400))
    project = make_project(texts, max(memory_calls, int(max(flights) / min(latencies) * seconds)) // 2)
    results: dict[str, Any] = {}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as bodies:
        json.dump(make_bodies(project), bodies)
        bodies.flush()
        for latency in latencies:
            with endpoint(latency) as port:
                for flight in flights:
                    calls = int(flight / latency * seconds) // 2 * 2
                    both = pair(project, port, flight, calls, bodies.name, single=not quick)
                    results[f"{1000 * latency:.0f} ms, {flight} in flight"] = both
    long = both
    if memory_calls:
        with endpoint(0.2) as port:
            long = child("ours", start(project, port, 200, memory_calls))
    results["memory"] = {name: round(long[name], 1) for name in ("calls", "memory_mb", "memory_growth_mb")}
    results["limited"] = at_the_limit(project, limited)
    return {"machine": machine(), "results": results, "goals": goals(results)}


def goals(results: dict[str, Any]) -> list[dict[str, Any]]:
    """A share is the lower one of those at all latencies."""

    def share(flight: int) -> float:
        return min(
            one["rate_share"] for name, one in results.items() if name.endswith(f", {flight} in flight")
        )

    overhead = results["200 ms, 100 in flight"]["overhead_cpu_ms"]
    return [
        goal("rate_share_50", share(50), 0.9, "at_least", ""),
        goal("rate_share_100", share(100), 0.9, "at_least", ""),
        goal("rate_share_200", share(200), 0.6, "at_least", ""),
        goal("overhead_cpu_ms", overhead, 1.0, "at_most", "ms"),
        goal("memory_growth_mb", results["memory"]["memory_growth_mb"], 20, "at_most", "MB"),
        goal("limit_share", results["limited"]["limit_share"], 0.95, "at_least", ""),
        goal("share_429", results["limited"]["share_429"], 0.01, "at_most", ""),
    ]


def pair(
    project: Any, port: int, flight: int, calls: int, bodies: str, single: bool = False
) -> dict[str, Any]:
    """The baseline and our worker on the same number of calls, and a baseline over a `single` pool."""
    from llm_judges.client import LANE

    load = os.getloadavg()[0]
    plain = child("bare", port, flight, calls, flight, bodies) if single else None
    alone = child("bare", port, flight, calls, LANE, bodies)
    database = Database()
    worker = child("ours", start(project, port, flight, calls))
    if worker["failed"] or worker["calls"] != calls or 2 * worker["labelled"] != calls:
        raise SystemExit(f"the worker did not do what it was asked: {worker}")
    own, other = (1000 * one["cpu_seconds"] / calls for one in (worker, alone))
    rate, baseline = (calls / one["seconds"] for one in (worker, alone))
    return {
        "calls": calls,
        "calls_per_second": round(rate, 1),
        "baseline_calls_per_second": round(baseline, 1),
        "rate_share": round(rate / baseline, 3),
        "cpu_ms": round(own, 2),
        "baseline_cpu_ms": round(other, 2),
        "overhead_cpu_ms": round(own - other, 2),
        "database_cpu_ms": round(1000 * database.seconds() / calls, 2),
        "memory_mb": round(worker["memory_mb"], 1),
        "memory_growth_mb": round(worker["memory_growth_mb"], 1),
        "load_1min": round(load, 1),
        **({"single_pool_calls_per_second": round(calls / plain["seconds"], 1)} if plain else {}),
    }


def at_the_limit(project: Any, seconds: int) -> dict[str, Any]:
    """Two workers on one run for a while."""
    with endpoint(0.5, PER_MINUTE) as port:
        run_id = start(project, port, 100, 2 * seconds * PER_MINUTE // 60, PER_MINUTE)
        workers = [begin("ours", run_id, seconds) for _ in range(2)]
        ended = [end(worker) for worker in workers]
        seen = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10))
    begun, done = seen["admitted"][0] + EDGE, seen["admitted"][0] + seconds - EDGE
    inside = sum(begun <= moment < done for moment in seen["admitted"])
    return {
        "seconds": seconds,
        "calls": [one["calls"] for one in ended],
        "limit_share": round(inside / ((done - begun) * PER_MINUTE / 60), 3),
        "share_429": round(seen["refused"] / (seen["refused"] + seen["served"]), 4),
    }


# --- what is judged, by whom ---


def make_project(texts: Path, size: int) -> Any:
    """A project with `size` pairs of real length, every prompt its own."""
    import _project

    from annotation.models import Comparison, Criterion, Project, Response

    project = Project.objects.create(slug="judged", name="Judged")
    Criterion.objects.create(project=project, name="overall", question="Which response is better?")
    _project.load_texts(texts, TEXTS)
    _project.sql(
        "CREATE TABLE benchmark_responses AS SELECT t.number, r.position, r.messages"
        " FROM annotation_response r JOIN benchmark_texts t ON t.id = r.comparison_id"
    )
    _project.fill(project, size, rendered=0)
    _project.insert_select(
        Response,
        f"FROM generate_series(1, {size}) n JOIN benchmark_responses r"
        " ON r.number = n % (SELECT count(*) FROM benchmark_texts) ORDER BY n, r.position",
        comparison_id="n",
        position="r.position",
        messages="r.messages",
    )
    _project.sql("SET session_replication_role = DEFAULT; VACUUM ANALYZE annotation_response")
    assert Comparison.objects.count() == size
    return project


def start(project: Any, port: int, flight: int, calls: int, per_minute: int | None = None) -> int:
    """A run of a new judge that is asked about `calls` / 2 comparisons; gives its key."""
    from annotation.models import Comparison, Demand, JudgeRun
    from llm_judges import runs
    from llm_judges.models import Judge
    from llm_judges.registry import annotator_of, set_judge

    name = f"judge{Judge.objects.count()}"
    judge = set_judge(
        project,
        name=name,
        base_url=f"http://127.0.0.1:{port}/v1",
        model=name,
        input_price=1,
        output_price=4,
        concurrency=flight,
        requests_per_minute=per_minute,
    )
    # What the endpoint can do is known, as it is after a judge's first run: the baseline finds out nothing.
    Judge.objects.filter(pk=judge.pk).update(capabilities=CAPABLE, probed_at=judge.version.created_at)
    annotator = annotator_of(judge)
    chosen = Comparison.objects.order_by("pk").values_list("pk", flat=True)[: calls // 2]
    Demand.objects.bulk_create(
        [Demand(comparison_id=pk, judge=annotator, wanted=1) for pk in chosen], batch_size=5000
    )
    run = runs.start(judge)
    # Begun: else the judge would be asked for all there is.
    JudgeRun.objects.filter(pk=run.pk).update(state=JudgeRun.State.RUNNING, started_at=run.created_at)
    return run.pk


CAPABLE = {"json_schema": True, "logprobs": False, "seed": True, "usage": True, "system_role": True}


def make_bodies(project: Any) -> list[dict[str, Any]]:
    """Requests as a judge makes them, for the baseline."""
    from annotation.models import Comparison, JudgeCall
    from llm_judges.calls import brief
    from llm_judges.models import Judge
    from llm_judges.preparing import orders, prepare
    from llm_judges.registry import annotator_of

    start(project, 9, 1, 0)
    judge = Judge.objects.select_related("version", "version__project").latest("pk")
    its = brief(judge, annotator_of(judge), project)
    bodies = []
    for comparison in Comparison.objects.prefetch_related("responses").order_by("pk")[:TEXTS]:
        order = orders(its, comparison)[0]
        call = JudgeCall(annotator=its.annotator, comparison=comparison, order=order)
        prepared = prepare(its, call, comparison, list(comparison.responses.all()))
        bodies.append(dict(prepared.request.body))
    return bodies


# --- processes ---


@contextlib.contextmanager
def endpoint(latency: float, per_minute: int = 0) -> Iterator[int]:
    command = [sys.executable, str(Path(__file__).with_name("_judge_endpoint.py"))]
    command += ["--latency", str(latency), "--per-minute", str(per_minute)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def child(*arguments: Any) -> dict[str, Any]:
    return end(begin(*arguments))


def begin(*arguments: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, str(Path(__file__).with_name("_judge_client.py")), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def end(process: "subprocess.Popen[str]") -> dict[str, Any]:
    written, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"a measurement failed with code {process.returncode}")
    found: dict[str, Any] = json.loads(written)
    return found


class Database:
    """Processor seconds that PostgreSQL has used since this was made, ended processes included."""

    def __init__(self) -> None:
        from _server import parent
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.root = parent(cursor.fetchone()[0])
        self.before = self._read()

    def seconds(self) -> float:
        return self._read() - self.before

    def _read(self) -> float:
        from _server import parent, tree

        children: dict[int, list[int]] = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    children.setdefault(parent(int(entry)), []).append(int(entry))
        return tree(self.root, children)


def lines(results: dict[str, Any]) -> list[str]:
    return [
        f"{name:24}" + ", ".join(f"{key} {figure}" for key, figure in figures.items())
        for name, figures in results.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
