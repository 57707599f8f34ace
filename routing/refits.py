"""The rows of refits. Each is its refit's lease: one runs at a time in a project, a doubled message finds it
and leaves, and one whose process died is taken over when its lease has run out."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from annotation.models import Annotator, Label, Project
from annotation.projects import criteria_of

from .features import VERSION as FEATURES
from .learned import Learned
from .models import Refit

LEASE = timedelta(minutes=15)


class LostLease(RuntimeError):
    """Another process took the refit over; nothing may be stored."""


def human_labels(project: Project) -> QuerySet[Label]:
    """Labels of people that a model may learn from, on the first criterion: one a submission."""
    return Label.objects.filter(
        criterion=criteria_of(project)[0],
        annotator__kind=Annotator.Kind.HUMAN,
        independent=True,
        current=True,
    )


def newest_label(project: Project) -> int:
    """The id of the newest label on that criterion, whoever gave it, 0 where there is none: labels of people
    that come later are beyond it. Reads one entry of an index, however much judges have said since people."""
    here = Label.objects.filter(criterion=criteria_of(project)[0])
    return here.order_by("-pk").values_list("pk", flat=True).first() or 0


def begin(project: Project) -> Refit | None:
    """Takes the project's lease; None while another refit runs."""
    now = timezone.now()
    lost = project.refits.filter(state=Refit.State.RUNNING, leased_until__lte=now)
    lost.update(state=Refit.State.LOST, finished_at=now, message="it did not end within its lease")
    try:
        with transaction.atomic():
            Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # plans are numbered too
            return _new(project, state=Refit.State.RUNNING, leased_until=now + LEASE)
    except IntegrityError:
        return None


def note(row: Refit, learned: Learned, features: int) -> None:
    """Keeps what a refit learned, before anything is stored that refers to it, and its lease while it is.
    Raises LostLease."""
    _keep(
        row,
        leased_until=timezone.now() + LEASE,
        feature_version=features,
        learned_from=learned.learned_from,
        model=learned.model,
        quality=learned.quality,
        next_batch=learned.next_batch,
        message=learned.message,
    )


def finish(row: Refit, seconds: float) -> None:
    """Ends a refit whose plan is stored. Raises LostLease."""
    _keep(row, state=Refit.State.DONE, finished_at=timezone.now(), seconds=seconds)


def _keep(row: Refit, **values: Any) -> None:
    if not Refit.objects.filter(pk=row.pk, state=Refit.State.RUNNING).update(**values):
        raise LostLease(f"refit {row.number} is not running any more")


def _new(project: Project, **values: Any) -> Refit:
    number = project.refits.aggregate(last=Max("number"))["last"] or 0
    return Refit.objects.create(
        project=project,
        number=number + 1,
        feature_version=FEATURES,
        through=newest_label(project),
        labels=human_labels(project).count(),
        **values,
    )
