#!/usr/bin/env python3
"""Releases of a million labels from PostgreSQL while twenty annotators write.

`labels_rows_per_second`: from asking for the release to its last file, the freezing included, the slower of
Parquet and JSON lines. `preference_rows_per_second`: the same for `trl-preference`, a row a pair.
`peak_memory_mb`: of the building process as the system counts it, Python and its libraries included, the
worst of all builds. `same_hash_twice`: what was frozen is built a second time while people go on writing, and
every file is the same. `torn_annotations`: submissions of which a release holds some labels and not others,
or labels of two revisions. The writers change their answers, four criteria in a transaction, about forty
times a second together.

The baseline is `COPY` of the bare rows by psql into a file: what the database alone needs for them.

`--quick` takes under a minute and has a tenth of the labels; the goal for speed is then not held.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from _benchmark import INSIDE, ROOT, arguments, finish, goal, machine, run_with_services, set_up

MILLION = 1_000_000
WRITERS = 20
PAUSE = 0.5  # seconds between two answers of a writer
HERE = Path(__file__).resolve().parent


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--labels", type=int, help="another number of labels")
    options = parser.parse_args()
    if not os.environ.get(INSIDE):
        return run_with_services(__file__)
    set_up()
    size = options.labels or (MILLION // 10 if options.quick else MILLION)
    found = run(size)
    builds = [found["parquet"], found["jsonl"], found["trl-preference"]]
    labels = min(found["parquet"]["rows_per_second"], found["jsonl"]["rows_per_second"])
    goals = [
        goal("labels_rows_per_second", labels, 1 if options.quick else 100_000, "at_least", "rows/s"),
        goal("peak_memory_mb", max(one["peak_memory_mb"] for one in builds), 300, "at_most", "MB"),
        goal("same_hash_twice", int(all(one["same"] for one in builds)), 1, "at_least", ""),
        goal("torn_annotations", sum(one["torn"] for one in builds), 0, "at_most", ""),
    ]
    found["preference_rows_per_second"] = found["trl-preference"]["rows_per_second"]
    result = {"machine": machine(), "results": found, "goals": goals}
    return finish(result, options.json, *lines(found))


def run(size: int) -> dict[str, Any]:
    from _voted import CRITERIA, voted_project
    from django.core.management import call_command
    from django.db import connection

    say("making a project")
    call_command("migrate", verbosity=0)
    project = voted_project(size // len(CRITERIA))
    database = connection.settings_dict["NAME"]
    found: dict[str, Any] = {"labels": size, "baseline": baseline(project.pk)}
    writers = Writers(project.pk)
    writers.start()
    try:
        for name, format, file_type in (
            ("parquet", "labels", "parquet"),
            ("jsonl", "labels", "jsonl"),
            ("trl-preference", "trl-preference", "parquet"),
        ):
            say(f"building {format} as {file_type}")
            with tempfile.TemporaryDirectory() as folder:
                before = writers.written
                found[name] = build(format, file_type, folder, database)
                found[name]["written_meanwhile"] = writers.written - before
                path = Path(found[name].pop("path"))
                found[name]["torn"] = torn(path, len(CRITERIA)) if format == "labels" else 0
    finally:
        writers.stop()
    return found


def build(format: str, file_type: str, folder: str, database: str) -> dict[str, Any]:
    """A release in a process of its own, twice from the same membership."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE / "_releasing.py"), format, file_type, folder, "again"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{database}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def torn(folder: Path, criteria: int) -> int:
    """Submissions that are not whole: each has its own `seconds`, the same on all of its labels."""
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.json as pj

    files = sorted(folder.glob("labels/*"))
    names = ["comparison", "annotator", "seconds", "criterion"]
    if files[0].suffix == ".parquet":
        table = ds.dataset(files).to_table(columns=names)
    else:
        table = pa.concat_tables(
            [pj.read_json(file, pj.ReadOptions(block_size=1 << 24)).select(names) for file in files]
        )
    by_submission = table.group_by(["comparison", "annotator"]).aggregate(
        [("seconds", "min"), ("seconds", "max"), ("criterion", "count_distinct"), ("criterion", "count")]
    )
    columns = [by_submission.column(name).to_numpy() for name in by_submission.column_names[-4:]]
    least, most, distinct, number = columns
    return int(((least != most) | (distinct != criteria) | (number != criteria)).sum())


def baseline(project: int) -> dict[str, Any]:
    """The bare rows by COPY, without any work on them."""
    from django.db import connection

    statement = (
        "COPY (SELECT c.external_id, l.annotator_id, l.criterion_id, l.ranking, l.strength, a.active_seconds"
        " FROM annotation_label l JOIN annotation_annotation a ON a.id = l.annotation_id"
        f" JOIN annotation_comparison c ON c.id = l.comparison_id WHERE l.project_id = {project})"
        " TO STDOUT (FORMAT CSV)"
    )
    start, rows = time.perf_counter(), 0
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        for _ in copy:
            rows += 1
    return {"rows": rows, "rows_per_second": round(rows / (time.perf_counter() - start))}


class Writers:
    """Twenty people, each in a connection of their own, who answer and change answers."""

    def __init__(self, project: int) -> None:
        self.project = project
        self.written = 0
        self.ended = threading.Event()
        self.threads = [
            threading.Thread(target=self._write, args=(number,), daemon=True) for number in range(WRITERS)
        ]

    def start(self) -> None:
        from _project import sql

        for table in ("assignment", "annotation", "label"):
            sql(
                f"SELECT setval(pg_get_serial_sequence('annotation_{table}', 'id'),"
                f" (SELECT max(id) + 1 FROM annotation_{table}), false)"
            )
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _write(self, number: int) -> None:
        from django.db import connection, transaction

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM annotation_assignment WHERE annotator_id ="
                " (SELECT min(id) + %s FROM annotation_annotator WHERE project_id = %s) ORDER BY id",
                [number, self.project],
            )
            mine = [row[0] for row in cursor.fetchall()]
        turn = 0
        while not self.ended.wait(PAUSE):
            with transaction.atomic(), connection.cursor() as cursor:
                self._revise(cursor, mine[turn % len(mine)], number * 1_000_000 + turn)
            self.written += 1
            turn += 1
        connection.close()

    def _revise(self, cursor: Any, assignment: int, mark: int) -> None:
        """A new revision of an answer, as `labels.submit_many` writes it."""
        cursor.execute(
            "UPDATE annotation_annotation SET superseded_at = now() WHERE assignment_id = %s"
            " AND superseded_at IS NULL RETURNING id, revision",
            [assignment],
        )
        last, revision = cursor.fetchone()
        cursor.execute('UPDATE annotation_label SET "current" = FALSE WHERE annotation_id = %s', [last])
        cursor.execute(
            "INSERT INTO annotation_annotation (assignment_id, revision, shown, active_seconds, surplus,"
            " view, created_at) VALUES (%s, %s, 'ab', %s, FALSE, '{}', now()) RETURNING id",
            [assignment, revision + 1, 100 + mark],
        )
        (fresh,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO annotation_label (annotation_id, project_id, comparison_id, annotator_id,"
            ' criterion_id, ranking, strength, confidence, independent, "current", created_at)'
            " SELECT %s, project_id, comparison_id, annotator_id, criterion_id, ranking, strength,"
            " confidence, independent, TRUE, now()"
            " FROM annotation_label WHERE annotation_id = %s",
            [fresh, last],
        )


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def lines(found: dict[str, Any]) -> list[str]:
    told = [f"{found['labels']:,} labels; COPY of bare rows: {found['baseline']['rows_per_second']:,} rows/s"]
    for name in ("parquet", "jsonl", "trl-preference"):
        one = found[name]
        told.append(
            f"{name:16}{one['rows']:>11,} rows in {one['seconds']:>6} s ({one['cpu_seconds']} s CPU):"
            f" {one['rows_per_second']:>9,} rows/s, {one['peak_memory_mb']} MB"
            f" (before the build {one['memory_at_start_mb']}), {one['written_meanwhile']} answers came in"
        )
    return told


if __name__ == "__main__":
    sys.exit(main())
