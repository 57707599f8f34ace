#!/usr/bin/env python3
"""How fast comparisons come in: `load_comparisons` beside Django's `bulk_create`, on a private PostgreSQL.

A comparison is a prompt of 1 KB and two responses of 2 KB, no labels. Each figure is taken by a process of
its own, so that its peak memory is its own too. `--quick` takes under a minute; without it a million lines
go in, which shows whether the memory is bounded, and the folder for temporary files needs 6 GB (and the
database as much). `--rows N` sets another number. `--json` prints one object.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _benchmark import INSIDE, arguments, finish, goal, machine, run_with_services, set_up

GOAL_ROWS_PER_SECOND = 8000
GOAL_PEAK_MB = 300
PROMPT, RESPONSE = 1000, 2000  # characters
BATCH = 2000  # rows of one bulk_create: its best size here


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, help="comparisons to import")
    parser.add_argument("--measure", choices=["ours", "baseline"], help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not os.environ.get(INSIDE):
        return run_with_services(__file__)
    if options.measure:
        print(json.dumps(measure(options.measure, options.file)))
        return 0
    rows = options.rows or (40_000 if options.quick else 1_000_000)
    result = compare(rows, baseline_rows=min(rows, 10_000 if options.quick else 50_000))
    return finish(result, options.json, *report(result["results"]))


def compare(rows: int, baseline_rows: int) -> dict[str, Any]:
    """Both measured, with the goals."""
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory(prefix="tandem-benchmark-") as folder:
        print(f"writing {rows:,} lines …", file=sys.stderr)
        part, whole = Path(folder, "part.jsonl"), Path(folder, "whole.jsonl")
        write(part, baseline_rows)
        baseline = child("baseline", part)
        first = child("ours", part)
        part.unlink()
        write(whole, rows)
        ours = child("ours", whole)
    results = {
        "load_comparisons": ours,
        f"load_comparisons, {baseline_rows:,} rows": first,
        "bulk_create": baseline,
        "times_faster": round(ours["rows_per_second"] / baseline["rows_per_second"], 1),
    }
    goals = [
        goal(
            "import_comparisons_per_second", ours["rows_per_second"], GOAL_ROWS_PER_SECOND, "at_least", "1/s"
        ),
        goal("import_peak_memory", ours["peak_mb"], GOAL_PEAK_MB, "at_most", "MB"),
    ]
    return {"machine": machine(), "results": results, "goals": goals}


def child(which: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", which, "--file", str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def measure(which: str, file: str) -> dict[str, Any]:
    """Imports the file into a project of its own; seconds of wall clock, megabytes of this process."""
    set_up()
    from annotation.imports import load_comparisons
    from annotation.models import Comparison, Criterion, Demand, Pool, Project, Response

    project = Project.objects.create(slug=f"benchmark-{os.getpid()}", name="Benchmark")
    Criterion.objects.create(project=project, name="overall")
    Pool.objects.create(project=project, name="people", default=True)
    before = peak_mb()
    server = server_cpu()
    start, cpu = time.perf_counter(), time.process_time()
    added = load_comparisons(project, [file]).added if which == "ours" else bulk_create(project, Path(file))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    server = server_cpu() - server
    mine = Comparison.objects.filter(project=project).count()
    counted = {mine, Demand.objects.filter(comparison__project=project).count(), added}
    if len(counted) > 1 or Response.objects.filter(comparison__project=project).count() != 2 * mine:
        raise SystemExit(f"{which} lost rows: {counted}")
    return {
        "rows": added,
        "seconds": round(seconds, 2),
        "rows_per_second": round(added / seconds),
        "client_cpu_us_per_row": round(cpu / added * 1e6, 1),
        "server_cpu_us_per_row": round(server / added * 1e6, 1),
        "peak_mb": round(peak_mb()),
        "peak_mb_before": round(before),
    }


def bulk_create(project: Any, path: Path) -> int:
    """What one would write first: the same rows as model instances, in one transaction."""
    from django.db import transaction

    from annotation.models import Comparison, Demand, Response

    pool = project.pools.get()
    added = 0

    def store(lines: list[dict[str, Any]]) -> int:
        comparisons = Comparison.objects.bulk_create(
            Comparison(
                project=project,
                external_id=line["id"],
                prompt=[{"role": "user", "content": line["prompt"]}],
                k=2,
                group=line["id"],
                content_hash=line["id"],
            )
            for line in lines
        )
        Response.objects.bulk_create(
            Response(
                comparison=comparison,
                position=position,
                messages=[{"role": "assistant", "content": line[f"response_{side}"]}],
                model=line[f"model_{side}"],
            )
            for comparison, line in zip(comparisons, lines, strict=True)
            for position, side in enumerate("ab")
        )
        Demand.objects.bulk_create(
            Demand(comparison=comparison, pool=pool, wanted=1) for comparison in comparisons
        )
        return len(comparisons)

    with path.open() as file, transaction.atomic():
        lines = []
        for text in file:
            lines.append(json.loads(text))
            if len(lines) == BATCH:
                added += store(lines)
                lines = []
        if lines:
            added += store(lines)
    return added


def write(path: Path, rows: int) -> None:
    """Comparison lines of made-up words, spread as words are, so that they pack about as texts do."""
    draw = random.Random(2)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    words = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(20_000)]
    weights = [1 / (rank + 5) for rank in range(len(words))]
    text = " ".join(draw.choices(words, weights, k=1_000_000))

    def piece(size: int) -> str:
        start = draw.randrange(len(text) - size)
        return text[start : start + size]

    with path.open("w") as file:
        for number in range(rows):
            line = {
                "id": f"{path.stem}-{number}",
                "prompt": piece(PROMPT),
                "response_a": piece(RESPONSE),
                "response_b": piece(RESPONSE),
                "model_a": "model-one",
                "model_b": "model-two",
                "category": "writing",
            }
            file.write(json.dumps(line) + "\n")


def server_cpu() -> float:
    """Seconds of processor time that our connection's PostgreSQL process has used."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def peak_mb() -> float:
    """Most memory that this process ever had; getrusage would count what its parent had when it forked."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def report(results: dict[str, Any]) -> list[str]:
    lines = [
        f"{name:36}{figure['rows_per_second']:>8,} rows/s  {figure['rows']:>9,} rows"
        f"  CPU a row: client {figure['client_cpu_us_per_row']} µs, server"
        f" {figure['server_cpu_us_per_row']} µs;  peak {figure['peak_mb']} MB"
        for name, figure in results.items()
        if isinstance(figure, dict)
    ]
    return [*lines, f"{'times faster':36}{results['times_faster']:>8}"]


if __name__ == "__main__":
    sys.exit(main())
