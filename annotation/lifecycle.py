"""What becomes of a project as a whole: opened, closed, archived, deleted. Each is an entry of the audit log.

A project lends to people while it is open. Deleting has a grace period: until `delete_at` nothing is gone and
the project can be kept after all; then `delete_due` removes it with its files. The audit log stays.
"""

import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .audit import record
from .models import (
    Assignment,
    Comparison,
    Criterion,
    JudgeCall,
    JudgeRun,
    Label,
    Project,
    Reference,
    User,
)

GRACE = timedelta(days=7)
_State = Project.State
_BATCH = 2000  # comparisons that are deleted in one transaction


class ProjectStateError(ValueError):
    """The project cannot be treated so; the message says why, for the form."""


class NotConfirmed(ProjectStateError):
    """What was typed is not the project's slug."""


def open_project(project: Project, by: User | None) -> None:
    """Lends comparisons to people from now on. Raises ProjectStateError where it is open already, archived or
    about to be deleted, and where there is nothing to lend or to ask."""
    with transaction.atomic():
        found = _locked(project, _State.DRAFT, _State.CLOSED)
        if not Criterion.objects.filter(project=found, retired_at=None).exists():
            raise ProjectStateError(_("There is no question yet: add a criterion."))
        if not Comparison.objects.filter(project=found).exists():
            raise ProjectStateError(_("There is nothing to judge yet: upload comparisons first."))
        _move(found, by, "open", _State.OPEN)


def close_project(project: Project, by: User | None) -> None:
    """Lends nothing new to people. What they hold they may finish, and it counts."""
    with transaction.atomic():
        _move(_locked(project, _State.OPEN), by, "close", _State.CLOSED)


def archive(project: Project, by: User | None) -> None:
    """Puts a closed project (or one never opened) away: it can be read, and nobody works on it.

    Raises ProjectStateError where it is open, archived already, or a judge is at work.
    """
    with transaction.atomic():
        found = _locked(project, _State.DRAFT, _State.CLOSED)
        _no_judge_at_work(found)
        _move(found, by, "archive", _State.ARCHIVED)


def restore(project: Project, by: User | None) -> None:
    """Brings an archived project back, closed."""
    with transaction.atomic():
        _move(_locked(project, _State.ARCHIVED), by, "restore", _State.CLOSED)


def ask_deletion(project: Project, by: User | None, typed: str) -> None:
    """Has the project deleted when GRACE is over; nobody works on it from now on.

    Raises ProjectStateError unless `typed` is its slug, where that is asked already, or a judge is at work.
    """
    with transaction.atomic():
        found = _locked(project, *_State)
        if typed.strip() != found.slug:
            raise NotConfirmed(_("Type %(slug)s to confirm.") % {"slug": found.slug})
        _no_judge_at_work(found)
        delete_at = timezone.now() + GRACE
        Project.objects.filter(pk=found.pk).update(delete_at=delete_at)
        after = {"delete_at": delete_at.isoformat(timespec="minutes")}
        record(found, by, "ask-deletion", before={"delete_at": None}, after=after)


def keep(project: Project, by: User | None) -> None:
    """Takes the deletion back; the project is in the state that it was in."""
    with transaction.atomic():
        found = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if found.delete_at is None:
            raise ProjectStateError(_("It is not going to be deleted."))
        Project.objects.filter(pk=found.pk).update(delete_at=None)
        before = {"delete_at": found.delete_at.isoformat(timespec="minutes")}
        record(found, by, "keep", before=before, after={"delete_at": None})


def delete_due() -> int:
    """Deletes the projects whose grace is over; gives their number.

    In parts, so that a large one neither fills the memory nor holds locks for long; one that is interrupted
    goes on the next time. Whoever keeps a project while it is being deleted is too late.
    """
    due = list(Project.objects.filter(delete_at__lt=timezone.now()))
    for project in due:
        _delete(project)
    return len(due)


def _delete(project: Project) -> None:
    while ids := list(
        Comparison.objects.filter(project=project).order_by("pk").values_list("pk", flat=True)[:_BATCH]
    ):
        with transaction.atomic():
            # These point at annotators and criteria that must not go before them.
            for rows in (
                Label.objects.filter(comparison__in=ids),
                Reference.objects.filter(comparison__in=ids),
                JudgeCall.objects.filter(comparison__in=ids),
                Assignment.objects.filter(comparison__in=ids),
                Comparison.objects.filter(pk__in=ids),
            ):
                rows.delete()
    releases = [Path(path) for path in project.releases.values_list("path", flat=True)]
    pk = project.pk
    with transaction.atomic():
        record(project, None, "delete", project.name, before={"state": project.state})
        JudgeRun.objects.filter(project=project).delete()
        project.delete()
        transaction.on_commit(lambda: _remove_files(pk, releases))


def _remove_files(project_id: int, releases: Iterable[Path]) -> None:
    """The files of a project that is gone. Releases that somebody wrote elsewhere are theirs."""
    data = Path(settings.DATA_DIR)
    own = [path for path in releases if path.is_relative_to(settings.RELEASES_DIR)]
    for folder in (data / "media" / str(project_id), data / "uploads" / str(project_id), *own):
        shutil.rmtree(folder, ignore_errors=True)


_IN_WORDS = {
    _State.DRAFT: gettext_lazy("a draft"),
    _State.OPEN: gettext_lazy("open"),
    _State.CLOSED: gettext_lazy("closed"),
    _State.ARCHIVED: gettext_lazy("archived"),
}


def _locked(project: Project, *states: str) -> Project:
    """The project as it is now, its row locked. Raises ProjectStateError where it is in no such state."""
    found = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if found.delete_at is not None:
        raise ProjectStateError(_("It is about to be deleted. Keep it first."))
    if found.state not in states:
        raise ProjectStateError(
            _("That cannot be done while it is %(state)s.") % {"state": _IN_WORDS[_State(found.state)]}
        )
    return found


def _move(project: Project, by: User | None, act: str, state: str) -> None:
    Project.objects.filter(pk=project.pk).update(state=state)
    record(project, by, act, before={"state": project.state}, after={"state": state})


def _no_judge_at_work(project: Project) -> None:
    runs = JudgeRun.objects.filter(project=project, state__in=JudgeRun.OPEN)
    if run := runs.select_related("annotator").first():
        raise ProjectStateError(
            _("The judge %(name)s is at work: end its run first.") % {"name": run.annotator.name}
        )
