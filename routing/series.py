"""What the plans that a new one carries on have decided of comparisons that are still open, and begun."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from annotation.models import Decision, Project

from .models import Plan

CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Held:
    """Of the n open comparisons, (n,) each: `human` and `audit` as decided, `decided` at all.

    `started` counts, by category, those that people were asked about and that are not open any more.
    `labels` (n,) is what the default pool was asked for on each, and `spent` on those of `started` together.
    """

    human: NDArray[np.bool_]
    audit: NDArray[np.bool_]
    decided: NDArray[np.bool_]
    started: Mapping[str, int]
    labels: NDArray[np.int64]
    spent: int

    @property
    def asked(self) -> NDArray[np.bool_]:
        return self.human | self.audit


def newest_plan(project: Project) -> Plan | None:
    """The newest plan whose Decisions hold."""
    approved = Plan.objects.filter(project=project, state=Plan.State.APPROVED)
    return approved.defer("table", "report").order_by("-approved_at", "-created_at", "-pk").first()


def series_of(plan: Plan) -> Q:
    """Plans of the same series, the first one included."""
    first = plan.series or plan.pk
    return Q(pk=first) | Q(series=first)


def decisions_of(plan: Plan) -> QuerySet[Decision]:
    """The series' Decisions that hold now."""
    plans = list(Plan.objects.filter(series_of(plan)).values_list("pk", flat=True))
    return Decision.objects.filter(plan__in=plans, superseded_at=None, comparison__project_id=plan.project_id)


def lot_of(project: Project, ids: NDArray[np.int64]) -> int:
    """Which lot a new plan draws its audit from: how many comparisons people have begun of those that an
    earlier one drew, `ids` (n,) being open. So a plan made again before that audits the same ones."""
    asked = Q(destination=Decision.Destination.HUMAN) | Q(audit=True)
    here = Decision.objects.filter(asked, comparison__project=project, superseded_at=None)
    drawn = here.filter(probability__lt=1).order_by().values_list("comparison_id", flat=True)
    return int(np.count_nonzero(~np.isin(np.fromiter(drawn.iterator(CHUNK), np.int64), ids)))


def held_by(plan: Plan, ids: NDArray[np.int64], categories: Collection[str], usual: int) -> Held:
    """What the series of `plan` decided; `ids` and `categories` (n,) are of what is open. `usual` is what the
    default pool is asked for where a Decision does not say. Three statements."""
    human, audit, decided = (np.zeros(len(ids), dtype=np.bool_) for _ in range(3))
    labels = np.zeros(len(ids), dtype=np.int64)
    place = {pk: row for row, pk in enumerate(ids.tolist())}
    decisions = decisions_of(plan)
    asked = decisions.filter(Q(destination=Decision.Destination.HUMAN) | Q(audit=True)).order_by()
    by_category = asked.values("comparison__category").annotate(number=Count("pk"))
    started = Counter(dict(by_category.values_list("comparison__category", "number")))
    spent = asked.aggregate(labels=Sum(Coalesce("labels", usual)))["labels"] or 0
    columns = ("comparison_id", "destination", "audit", "labels")
    for pk, destination, audited, number in decisions.order_by().values_list(*columns).iterator(CHUNK):
        row = place.get(pk)
        if row is not None:
            decided[row], audit[row] = True, audited
            human[row] = destination == Decision.Destination.HUMAN
            if human[row] or audited:
                labels[row] = usual if number is None else number
    still = human | audit
    started.subtract(category for category, here in zip(categories, still.tolist(), strict=True) if here)
    begun = {name: number for name, number in started.items() if number > 0}
    return Held(human, audit, decided, begun, labels, int(spent - labels.sum()))
