"""Releases: frozen, hashed exports with a manifest and a dataset card. `build` is the only entry.

All reading happens at one instant (`reports.snapshot`), so the same data gives the same bytes and hash. Files
are written under a temporary name beside the target and renamed at the end: a failed export leaves nothing.
"""

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
from django.db import DatabaseError, transaction
from django.db.models import Max

from ..models import Criterion, Project, Release
from ..reports import Unknown, criteria_named, snapshot
from . import labels, trl
from .card import card
from .files import FILE_TYPES, write, write_whole
from .manifest import facts, manifest
from .rows import Account, Row, in_order, logical_hash
from .source import Source

__all__ = ["FILE_TYPES", "FORMATS", "ExportError", "Options", "build", "logical_hash"]


class ExportError(ValueError):
    """The release cannot be built; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a release was asked for; stored with it."""

    format: str
    criterion: str | None = None
    min_labels: int = 1
    min_probability: float = 0.0
    file_type: str = "parquet"
    test_share: float = 0.0
    split_salt: str = ""
    rationales: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """A shape of files: which configurations there may be, and the rows that go into them."""

    about: str
    unit: str
    columns: dict[str, str]
    configs: Callable[[Iterable[Criterion], Options], dict[str, pa.Schema]]
    rows: Callable[[Source, Options, Account], Iterator[Row]]


FORMATS = {
    "trl-preference": Format(
        about="Preferences between two answers, as chat messages for DPO and reward training.",
        unit="pairs of responses",
        columns=trl.COLUMNS,
        configs=lambda criteria, options: trl.configs(criteria),
        rows=lambda source, options, account: trl.rows(
            source, options.min_labels, options.min_probability, account
        ),
    ),
    "labels": Format(
        about="Every label, of people and of judges.",
        unit="labels",
        columns=labels.COLUMNS,
        configs=lambda criteria, options: labels.configs(criteria, options.rationales),
        rows=lambda source, options, account: labels.rows(
            source, options.min_labels, options.rationales, account
        ),
    ),
}


def build(
    project: Project,
    format: str,
    out_dir: Path,
    *,
    criterion: str | None = None,
    min_labels: int = 1,
    min_probability: float = 0.0,
    file_type: str = "parquet",
    test_share: float = 0.0,
    split_salt: str | None = None,
    rationales: bool = False,
) -> Release:
    """Builds a release of the project's current labels into `out_dir`, which must not hold anything yet.

    `criterion`: only this one (default all). `min_labels`: fewest votes that a row rests on.
    `min_probability`: smallest `chosen_prob`. `test_share`: share of groups in the test split, by default
    none; another `split_salt` (default the slug) draws other groups. `rationales`: include the annotators'
    free texts. Raises ExportError.
    """
    salt = project.slug if split_salt is None else split_salt
    options = Options(format, criterion, min_labels, min_probability, file_type, test_share, salt, rationales)
    _check(options)
    out_dir = _free(out_dir)
    partial = out_dir.with_name(f".{out_dir.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        partial.mkdir(parents=True)
        return _build(project, options, partial, out_dir)
    except OSError as error:
        raise ExportError(f"cannot write {out_dir}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _build(project: Project, options: Options, partial: Path, out_dir: Path) -> Release:
    shape = FORMATS[options.format]
    account = Account(shape.unit)
    with snapshot():
        try:
            source = Source(project, criteria_named(project, options.criterion))
        except Unknown as error:
            raise ExportError(str(error)) from error
        schemas = shape.configs(source.criteria, options)
        files, sha256 = write(
            in_order(shape.rows(source, options, account)),
            partial,
            schemas,
            options.file_type,
            options.split_salt,
            options.test_share,
        )
        known = facts(source)
    if not files:
        raise ExportError(f"nothing to export from {project.slug}: {account}")
    try:
        with transaction.atomic():
            # Numbers have no gaps and no doubles. NO KEY: labels refer to this row and do not wait for it.
            Project.objects.select_for_update(no_key=True).get(pk=project.pk)
            last = Release.objects.filter(project=project).aggregate(Max("number"))["number__max"]
            made = manifest((last or 0) + 1, asdict(options), known, files, sha256, account)
            write_whole(partial / "manifest.json", orjson.dumps(made, option=orjson.OPT_INDENT_2))
            readme = card(made, schemas, shape.columns, shape.about)
            write_whole(partial / "README.md", readme.encode())
            release = _record(project, options, made, out_dir)
            partial.rename(out_dir)
    except DatabaseError:
        if not partial.exists():  # the commit failed after the files had taken their place
            out_dir.rename(partial)
        raise
    return release


def _record(project: Project, options: Options, made: dict[str, Any], out_dir: Path) -> Release:
    return Release.objects.create(
        project=project,
        number=made["release"],
        format=options.format,
        options=asdict(options),
        path=str(out_dir),
        sha256=made["sha256"],
        rows=made["rows"],
        manifest=made,
    )


def _check(options: Options) -> None:
    if options.format not in FORMATS:
        raise ExportError(
            f"format {options.format!r} is not available in this version; there are: {', '.join(FORMATS)}"
        )
    if options.file_type not in FILE_TYPES:
        raise ExportError(f"file type {options.file_type!r} is not one of {', '.join(FILE_TYPES)}")
    if options.min_labels < 1:
        raise ExportError(f"min-labels must be at least 1, not {options.min_labels}")
    if not 0 <= options.min_probability <= 1:
        raise ExportError(f"min-probability must be from 0 to 1, not {options.min_probability}")
    if not 0 <= options.test_share < 1:
        raise ExportError(f"test-share must be at least 0 and below 1, not {options.test_share}")
    if options.format == "labels" and options.min_probability:
        raise ExportError("min-probability does not apply to the labels format: a label has none")
    if options.format != "labels" and options.rationales:
        raise ExportError(f"rationales are part of the labels format only, not of {options.format}")


def _free(out_dir: Path) -> Path:
    """The folder's absolute path. Raises ExportError when there is something in it."""
    out_dir = Path(os.path.abspath(out_dir))
    if out_dir.is_dir() and not any(out_dir.iterdir()):
        return out_dir
    if out_dir.exists():
        raise ExportError(f"{out_dir} is not an empty folder; a release is never overwritten")
    return out_dir
