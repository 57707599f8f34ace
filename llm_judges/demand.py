"""What judges are still wanted for: their side of the queue."""

from django.db.models import Exists, F, OuterRef, QuerySet

from annotation.models import Annotator, Assignment, Comparison, Decision, Demand, Project

from .models import Judge
from .registry import annotator_of

BATCH = 2000


def ask_for(judge: Judge, project: Project) -> int:
    """Wants one label of the judge on every comparison that no current Decision speaks about.

    Decided comparisons get exactly what routing decided. Those with nothing to judge are asked for too, and
    end as `invalid_input` without a call: so they count where coverage is said. Idempotent; works through the
    comparisons in batches, so memory does not grow with the project. Gives the number of comparisons newly
    asked for.
    """
    return want(annotator_of(judge), undecided(project))


def undecided(project: Project) -> QuerySet[Comparison]:
    """Comparisons that no current Decision speaks about."""
    return Comparison.objects.filter(project=project).exclude(
        Exists(Decision.objects.filter(comparison=OuterRef("pk"), superseded_at=None))
    )


def want(annotator: Annotator, comparisons: QuerySet[Comparison]) -> int:
    """Wants one label of a judge or panel on each of these comparisons, in batches. Idempotent; gives the
    number newly asked for."""
    unasked = comparisons.exclude(Exists(Demand.objects.filter(comparison=OuterRef("pk"), judge=annotator)))
    added = Demand.objects.filter(judge=annotator, wanted=0, comparison__in=comparisons).update(wanted=1)
    last = 0
    while ids := list(unasked.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows = [Demand(comparison_id=pk, judge=annotator, wanted=1) for pk in ids]
        Demand.objects.bulk_create(rows, ignore_conflicts=True)
        added += len(rows)
        last = ids[-1]
    return added


def open_for(judge: Judge) -> QuerySet[Demand]:
    """The demands that the judge could take now: not what it holds, answered or failed on."""
    return open_to(annotator_of(judge))


def open_to(annotator: Annotator) -> QuerySet[Demand]:
    """The same of a judge's or panel's annotator."""
    taken = Assignment.objects.filter(comparison=OuterRef("comparison"), annotator=annotator, round=0)
    return Demand.objects.filter(judge=annotator, wanted__gt=F("live") + F("done")).exclude(
        Exists(taken.exclude(state=Assignment.State.EXPIRED))
    )


def held_by(judge: Judge) -> QuerySet[Assignment]:
    """What some worker has lent out for the judge and not answered yet."""
    return Assignment.objects.filter(annotator=annotator_of(judge), state=Assignment.State.LIVE)
