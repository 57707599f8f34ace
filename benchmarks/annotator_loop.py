#!/usr/bin/env python3
"""What an annotator's next comparison costs: gunicorn as in production, PostgreSQL, Redis, people over HTTP.

A cycle is one request: an answer is sent, the next comparison is there. Every fourth answer ticks a reason
and writes a sentence. Projects of 10,000, 100,000 and 1,000,000 comparisons, with none or half of the labels
there, one or three labels wanted, 300 comparisons held by others. The texts are real (MT-Bench, from the
folder TANDEM_BENCH_DATA), repeated under a serial number. There are no Response rows: the page reads the
rendering. PostgreSQL keeps its default settings, with fsync, unlike in tests; it does not vacuum by itself
meanwhile, so what has died in the queue stays there.

`cpu_ms_per_cycle`: gunicorn and PostgreSQL with all their processes, those that ended included; Redis and the
generator stand beside it. `sql_per_cycle`: from PostgreSQL's own log, of a person alone, the costliest of
forty cycles (`--quick`: sixteen). `next_1m_over_10k`: of a person alone, the same state in both, the lower
quartiles, because what else the machine does only ever adds. `others_cores`: what foreign processes took
meanwhile; times mean little where it is far from 0. Goals are held against the worst of all states.

The baseline is `GET /healthz` on the same gunicorn by the same 32 people: Django, the middleware and one
`SELECT 1`, without session, account, templates or writes. No page here can cost less.

`--quick` takes under a minute: two states at 10,000 and one at 1,000,000. `--sizes N,N` sets other numbers.
A full run takes about a quarter of an hour and 8 GB in the folder for temporary files.
"""

import os
import statistics
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

from _benchmark import INSIDE, arguments, finish, goal, machine, run_with_services, set_up, texts_of
from _server import Meter, crowd, gunicorn, statements

POSTGRES = ("autovacuum=off", "max_wal_size=8GB")
MILLION = 1_000_000
QUICK_RENDERED = 20_000  # from the head of the queue, of which a quick run never sees the end
PEERS = [
    "Label Studio 1.23: 110 ms CPU, 118 statements, about 8 cycles/s at 10,000; 340 ms at 100,000",
    "doccano 1.8: 66 to 81 ms CPU, 41 statements, 3.8 to 5.6 cycles/s at 10,000 (32 people)",
]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--sizes", help="numbers of comparisons, such as 10000,100000")
    options = parser.parse_args()
    texts = texts_of("mtbench.jsonl.gz")
    if not os.environ.get(INSIDE):
        return run_with_services(__file__, POSTGRES)
    sizes = [int(size) for size in options.sizes.split(",")] if options.sizes else None
    result = run(states(options.quick, sizes), texts, quick=options.quick)
    return finish(result, options.json, *report(result["results"]))


def states(quick: bool, sizes: list[int] | None) -> list[tuple[int, bool, int]]:
    """(comparisons, half labelled, labels wanted), the sizes in groups."""
    if quick and not sizes:
        return [(10_000, False, 1), (10_000, True, 3), (MILLION, False, 1)]
    return list(product(sizes or [10_000, 100_000, MILLION], [False, True], [1, 3]))


def run(wanted: list[tuple[int, bool, int]], texts: Path, quick: bool) -> dict[str, Any]:
    """Every state measured, with the goals."""
    set_up()
    import _project
    from django.core.cache import cache
    from django.core.management import call_command
    from django.urls import reverse

    say("migrating")
    call_command("migrate", verbosity=0)
    say(f"importing and rendering texts of {texts.name}")
    _project.load_texts(texts, 200 if quick else 2400)
    project = _project.make_project()
    people = _project.sessions(project, 32)
    say("starting gunicorn")
    seconds, alone, checked = (2.5, 1, 16) if quick else (15, 5, 40)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="tandem-benchmark-") as folder:
        with gunicorn(Path(folder)) as (port, server):
            meter = Meter(server)
            plan = {"port": port, "path": reverse("label", args=[project.slug]), "warm": 3}
            filled = 0
            for size, labelled, overlap in wanted:
                name = f"{size:,} comparisons, {50 if labelled else 0} % labelled, overlap {overlap}"
                say(f"preparing {name}")
                start = time.perf_counter()
                if size != filled:
                    _project.fill(project, size, rendered=min(size, QUICK_RENDERED) if quick else size)
                    filled = size
                _project.queue(project, labelled, overlap)
                prepared = time.perf_counter() - start
                cache.clear()
                # Leave work for everybody until the end, however small the project.
                plan |= {"most": int(size * overlap * (0.3 if labelled else 0.6))}
                one = crowd(meter, **plan, cookies=people[:1], seconds=alone)
                many = crowd(meter, **plan, cookies=people, seconds=seconds)
                found[name] = {
                    "prepared_seconds": round(prepared, 1),
                    "alone": one,
                    "with_32": many,
                    **_project.double_lent(),
                    "lost": lost(project, prepared=labelled, answered=one["answered"] + many["answered"]),
                }
            say("the baseline")
            bare = crowd(
                meter,
                port=port,
                path="/healthz",
                cookies=people,
                seconds=1.5 if quick else 5,
                most=10**6,
                warm=5,
                bare=True,
            )
        say("counting statements")
        _project.sql("ALTER DATABASE tandem SET log_statement = 'all'")
        with gunicorn(Path(folder)) as (port, _server):
            counted = statements(port, plan["path"], people[0], cycles=checked)
    results = {
        "states": found,
        "baseline, GET /healthz": bare,
        "statements_of_a_cycle": {
            "fewest": counted[0],
            "median": statistics.median(counted),
            "most": counted[-1],
        },
        "peers, published": PEERS,
    }
    return {"machine": machine(), "results": results, "goals": goals(found, counted[-1])}


def lost(project: Any, prepared: bool, answered: int) -> int:
    """Answers that were confirmed and are not there (above 0), or are there twice (below)."""
    from annotation.models import Label

    stored = Label.objects.filter(project=project, annotation__active_seconds=41.5).count()
    return answered - stored


def goals(found: dict[str, Any], most_statements: int) -> list[dict[str, Any]]:
    """Held against the worst state."""
    many = [state["with_32"] for state in found.values()]
    double = sum(
        state["beyond_wanted"] + state["twice_to_one"] + state["miscounted"] for state in found.values()
    )
    listed = [
        goal("cpu_ms_per_cycle", max(one["cpu_ms_per_cycle"] for one in many), 6, "at_most", "ms"),
        goal("sql_per_cycle", most_statements, 10, "at_most", "statements"),
        goal("cycles_per_second_32", min(one["cycles_per_second"] for one in many), 200, "at_least", "1/s"),
        goal("next_p95_ms_32", max(one["next_p95_ms"] for one in many), 150, "at_most", "ms"),
    ]
    ratios = []
    for name, state in found.items():
        small = found.get(name.replace(f"{MILLION:,}", "10,000"))
        if name.startswith(f"{MILLION:,} ") and small:
            ratios.append(state["alone"]["next_p25_ms"] / small["alone"]["next_p25_ms"])
    if ratios:
        listed.append(goal("next_1m_over_10k", round(max(ratios), 2), 1.5, "at_most", "times"))
    listed.append(goal("double_lent", double, 0, "at_most", "comparisons"))
    listed.append(goal("lost", sum(abs(state["lost"]) for state in found.values()), 0, "at_most", "answers"))
    return listed


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text} …", file=sys.stderr)


def report(results: dict[str, Any]) -> list[str]:
    rows = [(name, state["with_32"]) for name, state in results["states"].items()]
    rows.append(("baseline, GET /healthz", results["baseline, GET /healthz"]))
    lines = [
        f"{name:50}{one['cycles_per_second']:>8} 1/s   p50 {one['next_p50_ms']} p95 {one['next_p95_ms']}"
        f" ms   CPU {one['cpu_ms_per_cycle']} ms (server {one['cpu_ms_server']}, database"
        f" {one['cpu_ms_database']}; Redis {one['cpu_ms_redis']}, generator {one['cpu_ms_generator']})"
        f"   others {one['others_cores']} cores"
        for name, one in rows
    ]
    for name, state in results["states"].items():
        one = state["alone"]
        lines.append(
            f"{name + ', alone':60} next p50 {one['next_p50_ms']} p95 {one['next_p95_ms']} ms"
            f"   page opened {one['open_p50_ms']} ms   CPU {one['cpu_ms_per_cycle']} ms"
        )
    lines.append(f"statements of a cycle: {results['statements_of_a_cycle']}")
    return [*lines, *(f"published: {note}" for note in PEERS)]


if __name__ == "__main__":
    sys.exit(main())
