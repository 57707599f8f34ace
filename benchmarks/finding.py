#!/usr/bin/env python3
"""How long an owner waits for a page of comparisons in a large project, whatever is searched for.

A million comparisons (100,000 with `--quick`) with texts of MT-bench under serial numbers, half of them
labelled, in a private PostgreSQL. Each search is asked for on its first page, in the middle and at the end,
common and rare alike, and the slowest of all counts. Beside them stands, as baseline, what the plain list
takes. `--plans` prints PostgreSQL's plan of every search.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from _benchmark import INSIDE, arguments, finish, goal, machine, run_with_services, set_up, texts_of

REPEATS = 5
SEARCHES: dict[str, dict[str, str]] = {
    "everything": {},
    "nobody": {"state": "nobody"},
    "labelled": {"state": "labelled"},
    "waiting": {"state": "waiting"},
    "to adjudicate, few": {"state": "adjudicate"},
    "by people": {"source": "people"},
    "by judges, none": {"source": "judges"},
    "audited, none": {"source": "audit"},
    "people differ, few": {"differ": "people"},
    "flagged, few": {"flag": "open"},
    "category": {"category": "c3"},
    "rare category": {"category": "rare"},
    "common word": {"words": "the"},
    "two words": {"words": "write story"},
    "one number": {"words": "99999"},
    "no such word": {"words": "zyzzyva"},
    "word and state": {"words": "write", "state": "nobody"},
    "category and flag": {"category": "c3", "flag": "open"},
    "no such state here": {"category": "rare", "source": "people"},
}
# Nothing fits for a long while along the list, and very much in all: all texts are read, once.
LATE = {"late word": {"words": "zebra"}, "late word and state": {"words": "zebra", "state": "nobody"}}


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    texts = texts_of("mtbench.jsonl.gz")
    if not os.environ.get(INSIDE):
        return run_with_services(__file__)
    result = run(texts, 100_000 if options.quick else 1_000_000, options.plans)
    lines = [f"{name:28}{figure:>10}" for name, figure in result["results"].items()]
    return finish(result, options.json, *lines)


def run(texts: Path, size: int, plans: bool) -> dict[str, Any]:
    set_up()
    import _project
    from django.core.management import call_command

    from annotation import summaries
    from annotation.models import SearchText

    call_command("migrate", verbosity=0)
    project = _project.make_project()
    _project.load_texts(texts, 80)
    _project.fill(project, size, 0)
    _project.sql("UPDATE annotation_comparison SET category = 'c' || id % 10;")
    _project.sql(f"UPDATE annotation_comparison SET category = 'rare' WHERE id % {size // 20} = 7")
    _project.queue(project, labelled=True, overlap=1)
    _rare(project, size)
    _project.insert_select(
        SearchText,
        "FROM annotation_comparison c ORDER BY c.id",
        comparison_id="c.id",
        text=f"left(c.prompt->-1->>'content', {summaries.LONGEST_TEXT})"
        f" || CASE WHEN c.id > {0.7 * size:.0f} THEN ' zebra' ELSE '' END",
    )
    began = time.perf_counter()
    _project.sql(summaries.COUNT.format(ids="SELECT id FROM annotation_comparison"))
    counted = time.perf_counter() - began
    _project.sql("VACUUM ANALYZE annotation_summary; VACUUM ANALYZE annotation_searchtext")
    slowest = {name: _slowest(project, given, size, plans) for name, given in SEARCHES.items()}
    late = {name: _slowest(project, given, size, plans) for name, given in LATE.items()}
    return {
        "benchmark": "finding",
        "machine": machine(),
        "results": {
            "comparisons": size,
            "summarised_a_second": round(size / counted),
            **{f"{name} (ms)": round(1000 * took, 1) for name, took in (slowest | late).items()},
        },
        "goals": [
            goal("slowest search", round(1000 * max(slowest.values())), 300, "at_most", "ms"),
            goal("word of the last third", round(1000 * max(late.values())), 2000, "at_most", "ms"),
        ],
    }


def _rare(project: Any, size: int) -> None:
    """What few comparisons have, at the end of the list: flags, a second opinion, an adjudicator asked."""
    from annotation.models import Annotator, Demand, Flag, Label, Pool

    last = range(size - 200, size)
    one, other = Annotator.objects.filter(project=project).order_by("pk")[:2]
    Flag.objects.bulk_create(Flag(comparison_id=pk, annotator=one, note="Cut off.") for pk in last)
    pool = Pool.objects.create(project=project, name="experts", adjudicates=True)
    Demand.objects.bulk_create(
        Demand(id=10 * size + pk, comparison_id=pk, pool=pool, wanted=1) for pk in last
    )
    said = Label.objects.filter(comparison__in=last)
    Label.objects.bulk_create(
        Label(
            id=10 * size + label.pk,
            annotation_id=10 * size + label.pk,  # nobody looks it up
            project=project,
            comparison_id=label.comparison_id,
            annotator=other,
            criterion_id=label.criterion_id,
            ranking="b>a" if label.ranking == "a>b" else "a>b",
        )
        for label in said
    )


def _slowest(project: Any, given: dict[str, str], size: int, plans: bool) -> float:
    """Seconds of the slowest of some pages, the best of REPEATS each; one of them is the first page."""
    from django.db import connection

    from annotation.searching import Search, find

    search = Search.read(given)
    if plans:
        with connection.execute_wrapper(_explain(given)):
            find(project, search)
    took = []
    for after in (0, size // 2, size - 300):
        times = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            find(project, search, after)
            times.append(time.perf_counter() - began)
        took.append(min(times))
    return max(took)


def _explain(given: dict[str, str]) -> Any:
    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with context["connection"].connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", params)
            print(given, *(row[0] for row in cursor), sep="\n", file=sys.stderr)
        return execute(sql, params, many, context)

    return explain


if __name__ == "__main__":
    sys.exit(main())
