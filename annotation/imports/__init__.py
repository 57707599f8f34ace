"""Importing comparisons and labels (docs/data-formats.md): streaming, one transaction a file, idempotent."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from django.db import connection, transaction

from .. import bulk
from ..models import Project
from ..summaries import look_again, newest_known
from .batches import Batches
from .comparisons import ComparisonFile
from .files import Line, check, rows
from .labels import LabelFile
from .problems import Bad, Unreadable
from .report import ImportReport, Refusals, Tally
from .session import Session

__all__ = ["ImportReport", "Unreadable", "load_comparisons", "load_labels"]

Progress = Callable[[str, int], None]
Item = TypeVar("Item")


class _LineFile(Protocol[Item]):
    """What to do with the lines of a file: `read` each, without SQL, and `store` them batch by batch."""

    def read(self, line: Line) -> Item: ...

    def store(self, batch: list[Item], batches: Batches[Item]) -> None: ...


class _Refused(Exception):
    """Ends the transaction of a file that is not imported."""


def load_comparisons(
    project: Project,
    paths: Iterable[str | Path],
    *,
    skip_bad: bool = False,
    progress: Progress | None = None,
    media: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    refusals: Refusals | None = None,
) -> ImportReport:
    """Imports comparison lines, with the labels and known answers inside them.

    Nothing of a file with a malformed line is imported unless `skip_bad`; every malformed line is counted
    and the first 1,000 are listed either way, while `refusals` is told all of them. `progress` is told each
    file and its lines so far. With a folder `media`, pictures, sound and film that lines name by a path
    inside it, or hold as data: URLs, are stored in the project. With `columns` the file's own columns stand
    for our keys (see `imports.columns`). Raises Unreadable, before anything is imported, when a path is no
    file of a known format or `media` no folder.
    """
    folder = Path(media) if media is not None else None
    if folder is not None and not folder.is_dir():
        raise Unreadable(0, f"{folder} is no folder; expected the one that holds the media")
    kind = partial(ComparisonFile, media=folder, columns=columns)
    return _load(kind, project, paths, skip_bad, progress, refusals)


def load_labels(
    project: Project, paths: Iterable[str | Path], *, skip_bad: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Imports label lines on comparisons that the project has; otherwise like `load_comparisons`."""
    return _load(LabelFile, project, paths, skip_bad, progress)


def _load(
    kind: Callable[[Session], "_LineFile[Any]"],
    project: Project,
    paths: Iterable[str | Path],
    skip_bad: bool,
    progress: Progress | None,
    refusals: Refusals | None = None,
) -> ImportReport:
    files = [Path(path) for path in paths]
    for path in files:
        check(path)
    report = ImportReport()
    for path in files:
        tally = Tally(str(path), refusals)
        try:
            with transaction.atomic(), bulk.loading():
                _one_at_a_time(project)
                known = newest_known(project)
                session = Session(project, path, tally)
                _load_file(kind(session), path, progress)
                session.finish()
                look_again(project, *known)
                if tally.counts.refused and not skip_bad:
                    raise _Refused
        except _Refused:
            tally.close(report, imported=False)
        except Unreadable as error:
            tally.refuse(Bad("", error.message), error.line or None)
            tally.close(report, imported=False)
        else:
            tally.close(report, imported=True)
    return report


def _load_file(file: _LineFile[Item], path: Path, progress: Progress | None) -> None:
    lines = 0
    batches = Batches((line.size, file.read(line)) for line in rows(path))
    for batch in batches:
        file.store(batch, batches)
        lines += len(batch)
        if progress:
            progress(str(path), lines)


def _one_at_a_time(project: Project) -> None:
    """Has two imports into one project take turns, so that neither meets rows that the other is making.

    SQLite's transactions do so anyway; on PostgreSQL a lock of our own keeps nobody else waiting.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"annotation.imports {project.pk}"]
            )
