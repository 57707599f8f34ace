"""Many at once: nothing lost, nothing doubled, nothing over-lent; and the same crowd without the lock."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, connections

from annotation.leases import open_queue
from tests.annotation import crowd

ROOT = Path(__file__).resolve().parents[2]


def in_thread(slug: str, annotator_id: int, seed: int) -> int:
    try:
        return crowd.label_until_done(slug, annotator_id, seed)
    finally:
        connections.close_all()


def run_threads(slug: str, annotators: list[int]) -> int:
    """Everybody at once; raises what the first unlucky annotator met."""
    with ThreadPoolExecutor(len(annotators)) as threads:
        jobs = [threads.submit(in_thread, slug, pk, seed) for seed, pk in enumerate(annotators)]
        return sum(job.result() for job in jobs)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_32_people_on_postgresql_label_300_comparisons_three_times_each() -> None:
    assert connection.vendor == "postgresql"
    slug, people = crowd.build(comparisons=300, wanted=3, people=52)
    crowd.abandon(slug, people[32:])

    submitted = run_threads(slug, people[:32])

    tally = crowd.tally(slug)
    assert (tally.counted, tally.done, tally.live) == (900, 900, 0)
    assert (tally.over_lent, tally.twice) == (0, 0)
    assert submitted == 900 + tally.surplus


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_the_same_crowd_without_the_lock_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    # Between finding a slot and taking it there is time for another.
    monkeypatch.setattr(open_queue, "lock_clause", lambda: "OFFSET (SELECT 0 FROM pg_sleep(0.01))")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE annotation_demand DROP CONSTRAINT demand_never_over_lent")
    try:
        slug, people = crowd.build(comparisons=300, wanted=3, people=32)
        run_threads(slug, people)
        tally = crowd.tally(slug)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE annotation_demand CASCADE")
            cursor.execute(
                "ALTER TABLE annotation_demand ADD CONSTRAINT demand_never_over_lent "
                "CHECK (wanted >= (live + done))"
            )
    assert tally.over_lent > 0


def test_8_processes_on_sqlite_label_300_comparisons_three_times_each(tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'crowd.sqlite3'}",
        "TANDEM_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    python("manage.py", "migrate", "--verbosity=0")
    setup = (
        "import django; django.setup()\nfrom tests.annotation import crowd\n"
        "slug, people = crowd.build(300, 3, 14)\ncrowd.abandon(slug, people[8:])\nprint(slug, *people[:8])"
    )
    slug, *people = python("-c", setup).split()
    with ThreadPoolExecutor(8) as waiting:
        outputs = list(
            waiting.map(
                lambda seed: python("-m", "tests.annotation.crowd", slug, people[seed], str(seed)), range(8)
            )
        )
    report = python(
        "-c",
        f"import django; django.setup()\nfrom tests.annotation import crowd\nt = crowd.tally({slug!r})\n"
        "print(t.counted, t.done, t.live, t.over_lent, t.twice, t.surplus)",
    )
    counted, done, live, over_lent, twice, surplus = map(int, report.split())
    assert (counted, done, live, over_lent, twice) == (900, 900, 0, 0, 0)
    assert sum(map(int, outputs)) == 900 + surplus
