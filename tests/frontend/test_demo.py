"""`manage.py demo` as a newcomer runs it: no services, everything up, everything down again."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
FIRST_PORT = 18300
WITH_MEDIA = 2  # comparisons with a picture or a sound, which a judge that reads text is not asked about


def environment(folder: Path) -> dict[str, str]:
    foreign = {"DATABASE_URL", "CELERY_BROKER_URL", "TANDEM_CACHE_URL", "TANDEM_TEST_SERVICES"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return kept | {"TANDEM_DATA_DIR": str(folder)}


@contextlib.contextmanager
def demo(folder: Path) -> Iterator[dict[str, str]]:
    """A running demo; gives what it announced. Stops it by Ctrl-C and checks that it went quietly."""
    command = [sys.executable, "manage.py", "demo", "--json", "--port", str(FIRST_PORT)]
    with (folder / "stderr").open("w+") as words:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE, stderr=words, text=True
        )
        try:
            assert process.stdout is not None
            first_line = process.stdout.readline()
            assert first_line, (folder / "stderr").read_text()
            yield json.loads(first_line)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=PATIENCE)
    assert code == 0
    assert "Traceback" not in (folder / "stderr").read_text()


def counts(folder: Path) -> dict[str, int]:
    code = """
import json
from annotation.models import Comparison, Label, MediaFile, Project, User
by_judges, by_people = (Label.objects.filter(annotator__kind=kind) for kind in ("judge", "human"))
print(json.dumps({
    "projects": Project.objects.count(),
    "users": User.objects.count(),
    "media": MediaFile.objects.count(),
    "pairs": Comparison.objects.filter(k=2).count(),
    "ranked": Comparison.objects.filter(k__gt=2).count(),
    "judge_labels": by_judges.count(),
    "judges": by_judges.values("annotator").distinct().count(),
    "people": by_people.values("annotator").distinct().count(),
}))
"""
    run = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, int] = json.loads(run.stdout.splitlines()[-1])
    return found


def answers(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.xdist_group("demo")
def test_the_demo_starts_labels_stops_and_takes_up_where_it_left(tmp_path: Path) -> None:
    with demo(tmp_path) as announced:
        with urllib.request.urlopen(announced["address"]) as page:
            assert "Sign in" in page.read().decode()
        deadline = time.monotonic() + 300  # a lost judge, not a slow machine
        while (found := counts(tmp_path))["judge_labels"] < 2 * (
            found["pairs"] + found["ranked"] - WITH_MEDIA
        ):
            assert time.monotonic() < deadline, f"the judges have not finished: {found}"
            time.sleep(2)  # to look costs as much as the judges' work
    port = int(announced["address"].rstrip("/").rsplit(":", 1)[1])
    assert not answers(port)
    assert found["pairs"] >= 60
    assert found["ranked"] >= 12
    assert found["media"] == WITH_MEDIA
    assert (found["judges"], found["people"], found["projects"]) == (2, 5, 1)

    with socket.create_server(("127.0.0.1", port)), demo(tmp_path) as again:
        assert again["address"] != announced["address"], "a taken port gives way to the next"
        assert again["password"] == announced["password"]
    assert counts(tmp_path) == found
    assert str(port) in (tmp_path / "stderr").read_text()
