"""Learning while people label: after every batch models refit and the open part of the plan follows.

The row of a refit is its lease: one runs at a time in a project, a doubled message finds it and leaves, and
one whose process died is taken over when its lease has run out. What it learned and the plan made of it are
stored in one transaction, or not at all; then the plan is put into effect slice by slice, and the lease ends.
"""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from annotation.models import Annotator, Label, Project
from annotation.projects import criteria_of

from .error_model import TooFew, fit, held_out
from .features import VERSION as FEATURES
from .learning import categories_of, columns, gains_of, human_error, inputs
from .limits import settings_of
from .measures import quality
from .models import Plan, Refit
from .paying import NextBatch, gain_of
from .policies import POLICIES
from .policy import Labelled, Signals
from .series import newest_plan

LEASE = timedelta(minutes=15)
FOLDS = 10
# A refit waits for the batch that the owner set, or for this part of the labels it knew, if that is more: so
# that what refits cost grows no faster than the labels.
PART = 20


class LostLease(RuntimeError):
    """Another process took the refit over; nothing may be stored."""


@dataclass(slots=True)
class Learned:
    """What a refit keeps; empty but for `message` where too little is labelled."""

    learned_from: int = 0
    model: dict[str, Any] = field(default_factory=dict)
    quality: dict[str, Any] = field(default_factory=dict)
    next_batch: dict[str, Any] = field(default_factory=dict)
    message: str = ""


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


def to_carry_on(project: Project) -> Plan | None:
    """The plan that refits update: the newest, if its policy learns and leaves a choice."""
    plan = newest_plan(project)
    policy = POLICIES.get(plan.policy) if plan else None
    return plan if policy and policy.texts and policy.share is None else None


def due(project: Project) -> bool:
    """Whether a plan is there to be updated and a batch of people's labels came since the last refit.

    Reads an index, and no further than it takes.
    """
    after = settings_of(project).refit_after
    plan = to_carry_on(project)
    if not after or plan is None:
        return False
    last = project.refits.filter(state=Refit.State.DONE).order_by("-number").first()
    batch = max(after, last.labels // PART) if last else after
    known = max(last.through if last else 0, plan.parameters.get("through", 0))
    newer = human_labels(project).filter(pk__gt=known)
    return newer.order_by("pk")[:batch].count() >= batch


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


def refit(project: Project, force: bool = False) -> Refit | None:
    """Learns anew and updates the plan if a batch of labels came, or `force`; None where nothing is to do.

    Only comparisons that nobody has begun move. Running it twice changes nothing. Raises PlanError where the
    plan's own request cannot be kept any more; the refit's row says so.
    """
    from .updating import update_plan  # which finishes what this begins

    plan = to_carry_on(project)
    if plan is None or not (force or due(project)):
        return None
    row = begin(project)
    if row is None:
        return None
    if not (force or due(project)):  # another one has just ended
        row.delete()
        return None
    try:
        update_plan(plan, row)
    except LostLease:
        return None
    except Exception as error:
        running = Refit.objects.filter(pk=row.pk, state=Refit.State.RUNNING)
        running.update(state=Refit.State.FAILED, finished_at=timezone.now(), message=str(error)[:500])
        raise
    row.refresh_from_db()
    return row


def learn(labelled: Labelled, rows: Signals, seed: int, cost: Decimal, worth: Decimal | None) -> Learned:
    """The error model, how good it is on groups it has not seen, and what asking about `rows` would gain.

    `cost` is of people's labels on those comparisons, `worth` of one right label; both in currency.
    """
    categories = categories_of(labelled)
    known, groups = inputs(labelled.signals, categories), list(labelled.signals.groups)
    try:
        model = fit(known, labelled.wrong, groups, seed)
        unseen = held_out(known, labelled.wrong, groups, FOLDS, seed)
    except TooFew as few:
        return Learned(learned_from=len(labelled), message=str(few)[:500])
    human, note = human_error(labelled)
    batch = model.probability(inputs(rows, categories)) - human if len(rows) else np.zeros(0)
    gain = gain_of(batch, unseen - human, gains_of(labelled), groups, seed=abs(seed))
    next_batch = NextBatch(len(rows), gain, float(cost), None if worth is None else float(worth))
    measured = quality(unseen, labelled.wrong, groups, seed=abs(seed))
    return Learned(
        learned_from=len(labelled),
        model={**model.as_dict(columns(categories)), "human_error": human},
        quality={name: asdict(one) for name, one in measured.items()},
        next_batch=next_batch.as_dict(),
        message=note[:500],
    )


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
