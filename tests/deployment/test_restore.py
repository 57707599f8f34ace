"""Backup and restore as docs/deployment.md says, on a real PostgreSQL."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from annotation.labels import Answer, Submission, submit_many
from annotation.leases import claim
from annotation.models import Label
from tests.factories import make_comparison, make_person, make_project
from tests.with_services import postgres_folder

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/deployment.md").read_text()

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def documented(mark: str) -> list[str]:
    """The fenced blocks of the guide that are marked as tested."""
    return re.findall(rf"<!-- tested: {mark} -->\n```\w+\n(.*?)```", GUIDE, re.DOTALL)


def contents(database: str) -> dict[str, str]:
    """A hash of every table's rows, and of every sequence's position."""
    rows = "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {} t"
    with psycopg.connect(database) as reader:
        tables = reader.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        hashes = {name: reader.execute(rows.format(name)).fetchone()[0] for (name,) in tables}
        sequences = reader.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall()
    return hashes | {name: str(value) for name, value in sequences}


@pytest.fixture
def environment(process_environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """What an operator has set: the guide's variables, and the programs on PATH."""
    name = f"restored_{uuid.uuid4().hex[:12]}"
    source = process_environment["DATABASE_URL"]
    programs = [str(Path(sys.executable).parent), str(postgres_folder())]
    yield process_environment | {
        "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
        "BACKUP": str(tmp_path / "backup.tar"),
        # The other way to write a socket's folder; DATABASE_URL has it percent-encoded.
        "NEW_DATABASE_URL": f"postgres://postgres@/{name}?host={unquote(urlsplit(source).netloc.split('@')[1])}",
    }
    with psycopg.connect(source, autocommit=True) as administrator:
        administrator.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def shell(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-euc", script], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def label_something() -> None:
    project = make_project()
    for _ in range(20):
        make_comparison(project, "Ein Umlaut: ü. 一", "Emoji: 🦉, and a 'quote'.")
    person = make_person(project)
    while lent := claim(person, project, n=5):
        answers = {"overall": Answer("a>b", strength=2, rationale="reads\nbetter")}
        submit_many(person, project, [Submission(a.pk, answers) for a in lent])


def test_what_the_guide_says_brings_everything_back(environment: dict[str, str]) -> None:
    label_something()
    release = settings.RELEASES_DIR / "demo" / "1" / "train.jsonl"
    release.parent.mkdir(parents=True, exist_ok=True)
    release.write_text('{"chosen": "ü"}\n')
    before = contents(environment["DATABASE_URL"])
    assert before["annotation_label"].startswith("20 ")

    (backup,), (restore,) = documented("backup"), documented("restore")
    done = shell(backup, environment)
    assert (done.returncode, done.stderr) == (0, "")

    Label.objects.all().delete()
    release.unlink()
    done = shell(restore, environment)
    assert (done.returncode, done.stderr) == (0, "")

    assert contents(environment["NEW_DATABASE_URL"]) == before
    assert release.read_text() == '{"chosen": "ü"}\n'

    again = shell(restore, environment)
    assert again.returncode != 0
    assert "already exists" in again.stderr
    assert contents(environment["NEW_DATABASE_URL"]) == before


def test_media_come_back_but_none_that_was_still_being_written(environment: dict[str, str]) -> None:
    folder = settings.DATA_DIR / "media" / "1"
    folder.mkdir(parents=True)
    whole, part = folder / ("ab" * 32), folder / ".tmp0a1b2c"
    for file in (whole, part):
        file.write_bytes(b"GIF89a")
    (backup,), (restore,) = documented("backup"), documented("restore")
    assert shell(backup, environment).returncode == 0
    whole.unlink()
    part.unlink()
    done = shell(restore, environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert [file.name for file in folder.iterdir()] == [whole.name]


def test_a_backup_from_before_there_were_media_is_restored(environment: dict[str, str]) -> None:
    (backup,), (restore,) = documented("backup"), documented("restore")
    assert shell(backup, environment).returncode == 0
    done = shell('tar --delete --file="$BACKUP" media', environment)
    assert (done.returncode, done.stderr) == (0, "")
    done = shell(restore, environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(environment["NEW_DATABASE_URL"]) == contents(environment["DATABASE_URL"])


def test_a_damaged_backup_is_refused(environment: dict[str, str]) -> None:
    (backup,), (restore,) = documented("backup"), documented("restore")
    assert shell(backup, environment).returncode == 0
    file = Path(environment["BACKUP"])
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])
    assert shell(restore, environment).returncode != 0


def test_the_queries_to_watch_run() -> None:
    queries = documented("sql")
    assert len(queries) == 2
    for query in queries:
        with connection.cursor() as cursor:
            cursor.execute(query)
