"""Small releases and what is in their files."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from annotation.models import Project, Release
from tests.annotation.voting import answer
from tests.factories import make_comparison, make_person, make_project

Rows = list[dict[str, Any]]


def read(release: Release, config: str = "overall", split: str = "train") -> Rows:
    """The rows of a release's files, in order."""
    rows: Rows = []
    for path in sorted(Path(release.path, config).glob(f"{split}-*")):
        if path.suffix == ".jsonl":
            rows += [json.loads(line) for line in path.read_text().splitlines()]
        else:
            rows += pq.read_table(path).to_pylist()
    return rows


def rows_by_config(release: Release) -> dict[str, Rows]:
    """Every row that the release's files hold."""
    found: dict[str, Rows] = {}
    for config, split in sorted({(f["config"], f["split"]) for f in release.manifest["files"]}):
        found.setdefault(config, []).extend(read(release, config, split))
    return found


def all_rows(release: Release) -> Rows:
    return [row for rows in rows_by_config(release).values() for row in rows]


def removed(release: Release) -> dict[str, int]:
    """What stayed out of the release's only format, by reason."""
    [account] = release.manifest["filters"]
    return {entry["reason"]: entry["removed"] for entry in account["removed"]}


def sample(numbers: list[int], project: Project | None = None) -> Project:
    """A project in which one person judged comparison n, in this order; even numbers went to a."""
    project = project or make_project()
    person = make_person(project)
    for number in numbers:
        comparison = make_comparison(
            project,
            f"Answer {number} with care.",
            f"Answer {number} in haste.",
            prompt=f"Question {number}?",
            external_id=f"q{number}",
            group=f"g{number // 2}",
        )
        answer(person, comparison, "a>b" if number % 2 == 0 else "b>a", 1 + number % 2)
    return project
