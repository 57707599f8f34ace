"""A release in the background: frozen when it begins, built again after a killed worker, never half seen."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation import exports
from annotation.exports import building, jobs
from annotation.models import Comparison, Decision, Label, Project, Release, ReleaseItem
from annotation.tasks import build_release, look_for_releases
from tests.annotation.releases import all_rows, read, sample
from tests.annotation.voting import answer, decide, make_judge
from tests.factories import make_comparison, make_person, make_project

TRL = exports.Options(("trl-preference",), split_salt="s")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.RELEASES_DIR = tmp_path / "releases"
    return tmp_path / "releases"


@pytest.mark.django_db
def test_a_release_is_built_by_its_task_and_only_once(folder: Path) -> None:
    project = sample([1, 2, 3])
    release = exports.start(project, TRL)
    assert (release.state, release.number, folder.exists()) == ("building", 1, False)
    build_release(release.pk)
    release.refresh_from_db()
    assert (release.state, release.rows, release.items) == ("ready", 3, 3)
    assert release.path == str(folder / project.slug / "1")
    assert release.leased_until is None
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    build_release(release.pk)
    look_for_releases()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.django_db
def test_what_comes_after_the_freezing_changes_nothing(folder: Path) -> None:
    project = sample([1, 2])
    judge = make_judge(project)
    undecided = make_comparison(project, external_id="z")
    answer(judge, undecided, "a>b", 1)
    decide(undecided, "ai", judge)
    release, twin = exports.start(project, TRL), exports.start(project, TRL)
    criteria = list(project.criteria.all())
    jobs.freeze(release, criteria)
    jobs.freeze(twin, criteria)
    exports.work_on(release)
    sample([3], project)
    Label.objects.filter(comparison__external_id="q1").update(current=False)
    Decision.objects.update(superseded_at=timezone.now())
    answer(make_person(project), Comparison.objects.get(external_id="q2"), "b>a", 2)
    exports.work_on(twin)
    assert release.sha256 == twin.sha256
    assert release.manifest["files"] == twin.manifest["files"]
    assert {row["comparison"] for row in read(twin)} == {"q1", "q2", "z"}


@pytest.mark.django_db
def test_the_membership_is_frozen_in_one_statement() -> None:
    for size in (3, 30):
        project = sample(list(range(size)))
        release = exports.start(project, TRL)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            jobs.freeze(release, list(project.criteria.all()))
        inserts = [q for q in queries if "INSERT INTO annotation_releaseitem" in q["sql"]]
        assert len(inserts) == 1
        assert ReleaseItem.objects.filter(release=release).count() == size
        assert len(queries) <= 16


@pytest.mark.django_db
def test_statements_do_not_grow_with_the_data() -> None:
    counts = []
    for size in (4, 40):
        release = exports.start(sample(list(range(size))), exports.Options(tuple(exports.FORMATS)))
        with CaptureQueriesContext(connection) as queries:
            exports.work_on(release)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 50


@pytest.mark.django_db
def test_a_release_that_cannot_be_built_says_why_and_shows_nothing(folder: Path) -> None:
    release = exports.start(make_project(), TRL)
    assert exports.work_on(release)
    release.refresh_from_db()
    assert (release.state, release.error) == (
        "failed",
        f"nothing to export from {release.project.slug}: 0 pairs of responses, removed: none",
    )
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_two_workers_do_not_build_the_same_release(monkeypatch: pytest.MonkeyPatch) -> None:
    release = exports.start(sample([1, 2]), TRL)
    build = building.build_into
    others: list[bool] = []

    def meanwhile(*args: object) -> object:
        others.append(exports.work_on(Release.objects.get(pk=release.pk)))
        return build(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "build_into", meanwhile)
    assert exports.work_on(release)
    assert others == [False]


@pytest.mark.django_db
def test_a_worker_that_was_taken_for_dead_leaves_the_release_to_the_other(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    release = exports.start(sample([1, 2]), TRL)
    build = building.build_into

    def stalled(*args: object) -> object:
        monkeypatch.setattr(jobs, "build_into", build)
        Release.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert exports.work_on(Release.objects.get(pk=release.pk))
        return build(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "build_into", stalled)
    with pytest.raises((jobs.Lost, exports.ExportError, OSError)):
        exports.work_on(release)
    release.refresh_from_db()
    assert (release.state, len(all_rows(release))) == ("ready", 2)
    assert [path.name for path in (folder / release.project.slug).iterdir()] == ["1"]


KILLED = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from pathlib import Path
from django.conf import settings
from annotation import exports
from annotation.exports import building, files
from annotation.models import Release
settings.RELEASES_DIR = Path(sys.argv[2])
settings.DATABASES["default"]["NAME"] = sys.argv[3]
finish = files.Sheets.finish
def slowly(self):
    found = finish(self)
    print("written", flush=True)
    time.sleep(600)
    return found
files.Sheets.finish = slowly
exports.work_on(Release.objects.get(pk=int(sys.argv[1])))
"""


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_nothing_to_be_seen_and_the_next_one_finishes(
    folder: Path,
) -> None:
    project: Project = sample(list(range(20)))
    undisturbed = exports.start(project, TRL)
    exports.work_on(undisturbed)
    release = exports.start(project, TRL)
    database = str(configured.DATABASES["default"]["NAME"])
    worker = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(release.pk), str(folder), database],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "written\n"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    release.refresh_from_db()
    assert release.state == "building"
    assert not Path(release.path).exists()
    assert [release.pk for release in exports.due()] == []  # its lease is not over
    Release.objects.filter(pk=release.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    look_for_releases()
    for due in exports.due():
        exports.work_on(due)
    release.refresh_from_db()
    assert (release.sha256, release.manifest["files"]) == (undisturbed.sha256, undisturbed.manifest["files"])
    assert sorted(path.name for path in (folder / project.slug).iterdir()) == ["1", "2"]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_while_rows_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_RENEW_SECONDS", 0.001)
    release = exports.start(sample(list(range(40))), exports.Options(("labels",)))
    assert exports.work_on(release)
    assert (release.state, release.rows) == ("ready", 40)
