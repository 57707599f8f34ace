"""What people did and what it earns them: answers, active time, money.

Imported answers were paid for elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from .models import Annotation, Annotator, Assignment, Project
from .planned import planned_anew


@dataclass(frozen=True, slots=True)
class Work:
    """One person's work in a time. `answers`: what was answered, once each, instruments among them;
    `seconds`: active time of all their revisions. Both are paid whoever is paused or excluded."""

    answers: int = 0
    seconds: float = 0.0
    first: datetime | None = None
    last: datetime | None = None

    @property
    def hours(self) -> float:
        return self.seconds / 3600

    def earned(self, price: Decimal) -> Decimal:
        """At `price` an answer, rounded to cents."""
        return (self.answers * price).quantize(Decimal("0.01"))

    def hourly(self, price: Decimal) -> Decimal | None:
        """What an hour of active time paid; None without a price or where no time is known."""
        if not price or not self.seconds:
            return None
        return (self.answers * price * 3600 / Decimal(self.seconds)).quantize(Decimal("0.01"))


def work_of_people(
    project: Project,
    since: datetime | None = None,
    until: datetime | None = None,
    annotator: Annotator | None = None,
) -> dict[int, Work]:
    """Everybody's work by annotator id, or that of one, from `since` and before `until` where given.

    One statement.
    """
    given: Any = Annotation.objects.filter(
        assignment__annotator__project=project, assignment__annotator__kind=Annotator.Kind.HUMAN
    ).exclude(assignment__purpose=Assignment.Purpose.IMPORT)
    if annotator is not None:
        given = given.filter(assignment__annotator=annotator)
    if since is not None:
        given = given.filter(created_at__gte=since)
    if until is not None:
        given = given.filter(created_at__lt=until)
    rows = (
        given.order_by()
        .values_list("assignment__annotator")
        .annotate(
            answers=Count("pk", filter=Q(revision=0)),
            seconds=Sum("active_seconds"),
            first=Min("created_at"),
            last=Max("created_at"),
        )
    )
    with planned_anew():
        return {pk: Work(answers, seconds or 0.0, first, last) for pk, answers, seconds, first, last in rows}
