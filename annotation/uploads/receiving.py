"""Files that come in part by part, and which of their columns is what."""

import fcntl
import os
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from django.utils import timezone
from django.utils.translation import gettext as _

from ..imports.columns import check as check_columns
from ..imports.columns import suggest
from ..imports.looking import Look, look
from ..imports.problems import Bad
from ..models import Project, Upload, User

LARGEST = 5 * 1024**3  # bytes of a file
_ABANDONED = timedelta(days=7)
_COPY = 1 << 20
_State = Upload.State


class UploadError(ValueError):
    """The upload cannot go on so; the message says why. `field` is the key of ours at fault, if any."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Gap(Exception):
    """A part does not begin where the file ends; `received` says where that is."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


def announce(project: Project, by: User | None, name: str, size: int) -> Upload:
    """An upload to be filled by `receive`; the same file that broke off before is found again.

    Raises UploadError for a format that nobody reads, an empty file and one that is too large.
    """
    name = Path(name.replace("\\", "/").replace("\x00", "")).name.strip()[-200:]
    kept = Upload(project=project, name=name, size=size, uploaded_by=by)
    if not kept.path.name.endswith((".jsonl", ".jsonl.gz", ".csv", ".parquet")):
        raise UploadError(_("Choose a file that ends in .jsonl, .jsonl.gz, .csv or .parquet."))
    if size < 1:
        raise UploadError(_("The file is empty."))
    if size > LARGEST:
        raise UploadError(
            _("The file is larger than %(most)s GB: import it with import_comparisons.")
            % {"most": LARGEST // 1024**3}
        )
    known = Upload.objects.filter(
        project=project, uploaded_by=by, name=name, size=size, state=_State.RECEIVING
    ).first()
    if known is None:
        kept.save()
        known = kept
        shutil.rmtree(known.folder, ignore_errors=True)  # SQLite gives the id of a rolled-back row again
    known.folder.mkdir(parents=True, exist_ok=True)
    known.path.touch()
    return known


def received(upload: Upload) -> int:
    """Bytes that are here."""
    return upload.path.stat().st_size if upload.path.exists() else 0


def receive(upload: Upload, start: int, part: BinaryIO) -> int:
    """Appends a part that begins at byte `start`; gives the bytes that are here now.

    When the last byte is in, the file is looked into and the likely columns are noted. Raises Gap where the
    file ends elsewhere, UploadError for a file that was received already or holds more than announced.
    """
    if upload.state != _State.RECEIVING:
        raise UploadError(_("This file was received already."))
    with upload.path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        here = os.fstat(file.fileno()).st_size
        if here != start:
            raise Gap(here)
        shutil.copyfileobj(part, file, _COPY)
        file.flush()
        here = os.fstat(file.fileno()).st_size
    if here > upload.size:
        os.truncate(upload.path, start)
        raise UploadError(_("The file holds more than was announced."))
    if here == upload.size:
        seen = look(upload.path)
        upload.columns = {} if seen.known else suggest(seen.names)
        upload.state = _State.RECEIVED
        upload.save(update_fields=["columns", "state"])
    return here


def map_columns(upload: Upload, columns: Mapping[str, str]) -> Look:
    """Says which columns stand for our keys; none at all: the file has our keys. Gives what the file is like.

    Raises UploadError for a mapping that makes no comparison, and once the import has begun.
    """
    if upload.state not in (_State.RECEIVED, _State.REFUSED):
        raise UploadError(_("This file is imported already, or about to be."))
    seen = look(upload.path)
    if columns:
        try:
            check_columns(columns, seen.names)
        except Bad as bad:
            raise UploadError(bad.message, bad.field) from bad
    upload.columns = dict(columns)
    upload.save(update_fields=["columns"])
    return seen


def sweep() -> int:
    """Forgets uploads that broke off and were not taken up again for a week; gives their number."""
    old = Upload.objects.filter(state=_State.RECEIVING, created_at__lt=timezone.now() - _ABANDONED)
    gone = list(old)
    for upload in gone:
        shutil.rmtree(upload.folder, ignore_errors=True)
        upload.delete()
    return len(gone)
