"""Releases: frozen, hashed exports with a manifest and a dataset card.

`start` asks for one and `work_on` builds it in the background; `build` does both at once. What goes in is
fixed by one statement (`frozen`), so the same labels give the same bytes and hash, and a build that was
killed begins anew from the same.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..models import Project, Release
from .diff import Diff, diff
from .formats import FLAT, FORMATS
from .jobs import build_now, due, start, work_on
from .options import FILE_TYPES, SOURCES, TIES, ExportError, Options
from .preview import preview
from .rows import logical_hash

__all__ = [
    "FILE_TYPES",
    "FLAT",
    "FORMATS",
    "SOURCES",
    "TIES",
    "Diff",
    "ExportError",
    "Options",
    "build",
    "diff",
    "due",
    "logical_hash",
    "preview",
    "start",
    "with_salt",
    "work_on",
]


def build(project: Project, formats: str | tuple[str, ...], out_dir: Path, **options: Any) -> Release:
    """Builds a release of the project's current labels into `out_dir`, which must not hold anything yet.

    `options` are those of `Options`. Raises ExportError; a release that fails leaves nothing.
    """
    names = (formats,) if isinstance(formats, str) else formats
    return build_now(start(project, with_salt(Options(names, **options), project), out_dir))


def with_salt(options: Options, project: Project) -> Options:
    """The options with the project's own draw of splits where none was asked for."""
    return options if options.split_salt else replace(options, split_salt=project.slug)
