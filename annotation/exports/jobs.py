"""The life of a release: asked for, frozen, built by one worker after the other until it is done.

The row is the queue. A worker holds it by a lease that it renews while it writes; when it dies, the lease
ends and the next one begins anew in a folder of its own, from what was frozen. The files take their place by
one rename, and only a release in state `ready` is ever shown.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Q
from django.utils import timezone

from ..audit import record
from ..models import Criterion, Project, Release, User
from ..reports import Unknown, criteria_named
from ..webhooks import release_ready
from .building import build_into
from .formats import FLAT, FORMATS
from .frozen import freeze
from .options import ExportError, Options

LEASE = timedelta(seconds=60)
_RENEW_SECONDS = 5.0
_State = Release.State


class Lost(Exception):
    """Another worker has the release: this one was thought to be dead."""


def start(
    project: Project, options: Options, out_dir: Path | None = None, started_by: User | None = None
) -> Release:
    """Asks for a release; `work_on` builds it. Without `out_dir` it goes into the data folder.

    Raises ExportError for options that cannot be met and for a folder that holds something.
    """
    options.check(FORMATS, FLAT)
    try:
        criteria_named(project, options.criterion)
    except Unknown as error:
        raise ExportError(str(error)) from error
    free = None if out_dir is None else _free(out_dir)
    with transaction.atomic():
        # Numbers have no doubles. NO KEY: labels refer to this row and do not wait for it.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        last = Release.objects.filter(project=project).aggregate(Max("number"))["number__max"]
        number = (last or 0) + 1
        release = Release.objects.create(
            project=project,
            number=number,
            format=",".join(options.formats),
            options=options.as_dict(),
            path=str(free or settings.RELEASES_DIR / project.slug / str(number)),
            started_by=started_by,
        )
        record(project, started_by, "release", str(number), after=options.as_dict())
    return release


def due() -> Iterator[Release]:
    """Releases that nobody builds at the moment, oldest first."""
    waiting = Q(leased_until=None) | Q(leased_until__lt=timezone.now())
    return Release.objects.filter(waiting, state=_State.BUILDING).order_by("pk").iterator()


def work_on(release: Release) -> bool:
    """Builds a release unless somebody else does; whether it was this call. A release that cannot be built
    ends in state `failed` with the reason; anything else that goes wrong is raised, and it is tried again."""
    worker = uuid.uuid4().hex
    with _held(release, worker) as held:
        if not held:
            return False
        try:
            _build(release, worker)
        except ExportError as error:
            _end(release, worker, state=_State.FAILED, error=str(error)[:500])
    return True


def build_now(release: Release) -> Release:
    """Builds a release for a caller that waits; one that fails leaves nothing. Raises ExportError."""
    worker = uuid.uuid4().hex
    try:
        with _held(release, worker):
            _build(release, worker)
    except BaseException:
        release.delete()
        raise
    return release


def _build(release: Release, worker: str) -> None:
    out_dir = Path(release.path)
    _clear(out_dir)
    partial = out_dir.with_name(f".{out_dir.name}.{worker[:8]}.partial")
    options = Options.of(release.options)
    beat = _Beat(release, worker)
    try:
        criteria = criteria_named(release.project, options.criterion)
        freeze(release, criteria)
        criteria = list(Criterion.objects.filter(pk__in=release.facts["criterion_ids"]))
        partial.mkdir(parents=True)
        with beat:
            made = build_into(partial, release, criteria, beat)
        beat.renew()
        if out_dir.exists() and _in_data_folder(out_dir):
            shutil.rmtree(out_dir)  # of a worker that died between the rename and the commit
        partial.rename(out_dir)
        _end(
            release,
            worker,
            state=_State.READY,
            sha256=made["sha256"],
            rows=made["rows"],
            manifest=made,
            written=release.items,
        )
    except Unknown as error:
        raise ExportError(str(error)) from error
    except OSError as error:
        raise ExportError(f"cannot write {out_dir}: {error.strerror or error}") from error
    except DatabaseError:
        if not partial.exists() and out_dir.exists():  # what is not recorded may not stand
            out_dir.rename(partial)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _held(release: Release, worker: str) -> Iterator[bool]:
    """Takes the release's lease and gives it back, unless somebody else has it."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    mine = Release.objects.filter(free, pk=release.pk, state=_State.BUILDING)
    if not mine.update(leased_until=now + LEASE, claimed_by=worker):
        yield False
        return
    release.refresh_from_db()
    try:
        yield True
    finally:
        Release.objects.filter(pk=release.pk, claimed_by=worker).update(leased_until=None, claimed_by="")


def _end(release: Release, worker: str, **values: object) -> None:
    """Writes the end of a release that this worker still holds. Raises Lost."""
    values["finished_at"] = timezone.now()
    mine = Release.objects.filter(pk=release.pk, claimed_by=worker, state=_State.BUILDING)
    with transaction.atomic():
        if not mine.update(**values):
            raise Lost(f"release {release.pk} was taken over")
        for name, value in values.items():
            setattr(release, name, value)
        if release.state == _State.READY:
            release_ready(release)


class _Beat:
    """Renews the lease now and then, with how far the writing is, while it is used as a context.

    From a thread with a connection of its own: while rows are copied, the builder's own takes no statement.
    """

    def __init__(self, release: Release, worker: str) -> None:
        self.release, self.worker = release, worker
        self.written = 0
        self.lost = False
        self.ended = Event()
        self.thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> "_Beat":
        self.thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.ended.set()
        self.thread.join()

    def __call__(self, written: int) -> None:
        self.written = max(self.written, written)
        if self.lost:
            raise Lost(f"release {self.release.pk} was taken over")

    def renew(self) -> None:
        """Raises Lost where another worker has the release."""
        mine = Release.objects.filter(pk=self.release.pk, claimed_by=self.worker)
        self.lost = not mine.update(leased_until=timezone.now() + LEASE, written=self.written)
        self(self.written)

    def _run(self) -> None:
        try:
            while not self.ended.wait(_RENEW_SECONDS):
                self.renew()
        except (Lost, DatabaseError):
            pass  # the builder is told by `lost`, or finds out when it ends
        finally:
            connection.close()


def _clear(out_dir: Path) -> None:
    """Removes what killed workers left beside the folder."""
    for left in out_dir.parent.glob(f".{out_dir.name}.*.partial"):
        shutil.rmtree(left, ignore_errors=True)


def _in_data_folder(folder: Path) -> bool:
    return folder.is_relative_to(settings.RELEASES_DIR)


def _free(out_dir: Path) -> Path:
    """The folder's absolute path. Raises ExportError when there is something in it."""
    out_dir = Path(os.path.abspath(out_dir))
    if out_dir.is_dir() and not any(out_dir.iterdir()):
        return out_dir
    if out_dir.exists():
        raise ExportError(f"{out_dir} is not an empty folder; a release is never overwritten")
    return out_dir
