"""import_comparisons and import_labels as scripts call them."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Comparison, Label, Project
from tests.factories import make_comparison, make_project

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"added", "unchanged", "refused", "labels_added", "warnings", "errors"}


def run(name: str, *arguments: Any) -> tuple[str, str | None]:
    """Standard output, and the message of a failure."""
    out = StringIO()
    failure = None
    try:
        call_command(name, *map(str, arguments), stdout=out)
    except CommandError as error:
        failure = str(error)
    return out.getvalue(), failure


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    row = {"prompt": "Name a bird.", "response_a": "Wren", "response_b": "Cod"}
    path.write_text("".join(json.dumps(row | {"id": number}) + "\n" for number in range(3)))
    return path


def test_json_prints_one_object_and_nothing_else(project: Project, rows: Path) -> None:
    out, failure = run("import_comparisons", project.slug, rows, "--json")
    report = json.loads(out)
    assert failure is None
    assert report.keys() >= KEYS
    assert (report["added"], report["errors"], report["warnings"]) == (3, [], [])


def test_a_bad_line_fails_the_command_but_the_object_is_printed(project: Project, rows: Path) -> None:
    rows.write_text(rows.read_text() + "nonsense\n" + '{"id": "x"}\n')
    out, failure = run("import_comparisons", project.slug, rows, "--json")
    report = json.loads(out)
    assert (report["added"], report["refused"]) == (0, 2)
    assert report["errors"][1] == {
        "file": str(rows),
        "line": 5,
        "field": "prompt",
        "message": "expected a text or a list of {role, content}, found nothing",
    }
    assert failure
    assert f"{rows}, line 4: not valid JSON" in failure
    assert "2 refused" in failure
    assert "\n" not in failure
    assert not Comparison.objects.filter(project=project).exists()


def test_skip_bad_takes_the_good_lines_and_succeeds(project: Project, rows: Path) -> None:
    rows.write_text("nonsense\n" + rows.read_text())
    out, failure = run("import_comparisons", project.slug, rows, "--skip-bad")
    assert failure is None
    assert "added: 3" in out
    assert f"{rows}, line 1: not valid JSON" in out


def test_labels_are_imported_by_their_own_command(project: Project, tmp_path: Path) -> None:
    make_comparison(project, external_id="q1")
    path = tmp_path / "labels.jsonl"
    path.write_text('{"comparison": "q1", "annotator": "w1", "choice": "a"}\n{"comparison": "q2"}\n')
    out, failure = run("import_labels", project.slug, path, "--json")
    assert failure
    assert json.loads(out)["errors"][0]["field"] == "comparison"
    out, failure = run("import_labels", project.slug, path, "--json", "--skip-bad")
    assert failure is None
    assert json.loads(out)["labels_added"] == Label.objects.count() == 1


@pytest.mark.parametrize("command", ["import_comparisons", "import_labels"])
def test_a_path_that_cannot_be_read_is_one_clear_line(project: Project, tmp_path: Path, command: str) -> None:
    (tmp_path / "rows.txt").write_text("x")
    assert run(command, project.slug, tmp_path / "none.jsonl", "--json") == (
        "",
        f"there is no file {tmp_path / 'none.jsonl'}",
    )
    assert run(command, project.slug, tmp_path)[1] == f"{tmp_path} is a folder; expected a file"
    assert "ends in none of .jsonl" in str(run(command, project.slug, tmp_path / "rows.txt")[1])


def test_an_unknown_project_is_one_clear_line(db: None, rows: Path) -> None:
    assert "there is no project 'nowhere'" in str(run("import_comparisons", "nowhere", rows)[1])


@pytest.mark.services
def test_the_process_exits_with_one_and_one_line_on_standard_error(
    process_environment: dict[str, str], rows: Path
) -> None:
    project = make_project()
    rows.write_text("nonsense\n")
    command = [sys.executable, "manage.py", "import_comparisons", project.slug, str(rows), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=process_environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert json.loads(done.stdout)["refused"] == 1
    assert len(done.stderr.strip().splitlines()) == 1
