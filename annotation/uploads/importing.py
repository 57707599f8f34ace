"""A received file into the project, in the background."""

import csv
import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..audit import record
from ..imports import load_comparisons
from ..imports.looking import lines_about
from ..imports.report import Refusals
from ..models import Upload, User
from ..spreadsheets import plain
from .receiving import UploadError

_STILL_AT_IT = 60.0  # seconds without progress after which an import may have died
_LISTED = 50  # refused lines that the page shows; the file has all
_State = Upload.State
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Lines read so far, of `about` so many (None: nobody knows)."""

    lines: int = 0
    about: int | None = None


def ask(upload: Upload, by: User | None, skip_bad: bool) -> None:
    """Has a received file imported, as its columns are mapped; `work_on` does it, in the background.

    Raises UploadError for one that is imported already or not here, and in a project that is put away.
    """
    with transaction.atomic():
        waiting = (_State.RECEIVED, _State.REFUSED)
        found = Upload.objects.select_related("project").filter(pk=upload.pk, state__in=waiting)
        if not found.exists() or not upload.path.exists():
            raise UploadError(_("This file is imported already, or about to be."))
        if found.get().project.put_away:
            raise UploadError(_("This project is put away: restore it first."))
        found.update(state=_State.IMPORTING, skip_bad=skip_bad, started_at=timezone.now(), report={})
        record(upload.project, by, "import", upload.name, after={"columns": upload.columns})
    (upload.folder / "progress").unlink(missing_ok=True)
    upload.refresh_from_db()


def due() -> Iterator[int]:
    """Uploads that wait for a worker: new ones whose message was lost, and those whose worker died."""
    for upload in Upload.objects.filter(state=_State.IMPORTING):
        beat = upload.folder / "progress"
        if not beat.exists() or time.time() - beat.stat().st_mtime > _STILL_AT_IT:
            yield upload.pk


def work_on(upload_id: int) -> bool:
    """Imports one upload unless that is done or somebody is at it; whether it was this call.

    Raises DatabaseError where the database gave up; it is tried again. Anything else that goes wrong refuses
    the file, which is kept.
    """
    with transaction.atomic():
        upload = (
            Upload.objects.select_related("project", "uploaded_by")
            .select_for_update(skip_locked=True, of=("self",))
            .filter(pk=upload_id, state=_State.IMPORTING)
            .first()
        )
        if upload is None:
            return False
        beat = _Beat(upload)
        beat(0)
        try:
            with transaction.atomic(), _refusals(upload) as refusals:
                report = load_comparisons(
                    upload.project,
                    [upload.path],
                    skip_bad=upload.skip_bad,
                    columns=upload.columns or None,
                    progress=lambda _file, lines: beat(lines),
                    refusals=refusals,
                ).as_dict()
        except DatabaseError:
            raise
        except Exception:
            _log.exception("upload %s could not be imported", upload.pk)
            report = {"refused": 0, "files_imported": 0, "broken": True}
        upload.report = _without_paths(report, upload)
        upload.state = _State.DONE if report["files_imported"] else _State.REFUSED
        upload.finished_at = timezone.now()
        upload.save(update_fields=["report", "state", "finished_at"])
        counts = {key: value for key, value in upload.report.items() if type(value) is int and value}
        record(upload.project, upload.uploaded_by, "imported", upload.name, after=counts)
    if upload.state == _State.DONE and not report["refused"]:
        upload.path.unlink(missing_ok=True)
    return True


def progress(upload: Upload) -> Progress:
    """How far the import is. On disk, because its transaction shows nothing before it ends."""
    try:
        lines, about = (upload.folder / "progress").read_text().split()
        return Progress(int(lines), int(about) if about != "?" else None)
    except (OSError, ValueError):
        return Progress()


def refused_file(upload: Upload) -> Path | None:
    """The CSV file of all refused lines, each with field and reason; None where there are none."""
    path = upload.folder / "refused.csv"
    return path if upload.report.get("refused") and path.exists() else None


def remove(upload: Upload, by: User | None) -> None:
    """Forgets an upload with its files; comparisons that came with it stay. Raises UploadError while it is
    being imported."""
    with transaction.atomic():
        found = Upload.objects.select_for_update(of=("self",)).filter(pk=upload.pk)
        if found.exclude(state=_State.IMPORTING).first() is None:
            raise UploadError(_("It is being imported: wait for its end."))
        before = {"state": upload.state, "size": upload.size}
        record(upload.project, by, "remove-upload", upload.name, before=before)
        folder = upload.folder
        found.delete()
        transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


class _Beat:
    """Writes how far the import is, which also says that somebody is at it."""

    def __init__(self, upload: Upload) -> None:
        self._path = upload.folder / "progress"
        about = lines_about(upload.path)
        self._about = "?" if about is None else str(about)

    def __call__(self, lines: int) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(f"{lines} {self._about}")
        new.replace(self._path)


@contextmanager
def _refusals(upload: Upload) -> Iterator[Refusals]:
    """A file for every refused line, with no limit; safe to open in a spreadsheet."""
    with (upload.folder / "refused.csv").open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(["line", "field", "reason"])

        def refuse(line: int | None, field: str, message: str) -> None:
            sheet.writerow(["" if line is None else line, plain(field), plain(message)])

        yield refuse


def _without_paths(report: dict[str, object], upload: Upload) -> dict[str, object]:
    """The report in the names that people gave: where a file lies on the server is nobody's business."""
    ours, theirs = str(upload.path), upload.name
    warnings = [str(text).replace(ours, theirs) for text in _list(report, "warnings")]
    errors = [{**error, "file": theirs} for error in _list(report, "errors")[:_LISTED]]
    errors = [{**error, "message": str(error["message"]).replace(ours, theirs)} for error in errors]
    return report | {"warnings": warnings, "errors": errors}


def _list(report: Mapping[str, object], key: str) -> list[dict[str, object]]:
    found = report.get(key)
    return found if isinstance(found, list) else []
