"""How far a panel is, what its members said beside it, and what that cost: for a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from annotation.models import Annotator, Demand, JudgeCall, Label

from ..models import Judge, Panel, PanelVerdict
from .asking import with_annotators

State = PanelVerdict.State


@dataclass(frozen=True, slots=True)
class Seat:
    """A member. `asked`: comparisons of the panel's that it was asked about; `labelled`: those it has
    labelled; `same` of `compared`: its labels that say what the panel's say on the same criterion, strength
    apart; `cost`: of its calls on the panel's comparisons, whoever else had them asked."""

    judge: Judge
    annotator: Annotator
    asked: int
    labelled: int
    same: int
    compared: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """A panel. `asked`: comparisons; `left`: those without a verdict yet; `reason`: what most verdicts
    without a label say."""

    panel: Panel
    annotator: Annotator
    seats: Sequence[Seat]
    asked: int
    labelled: int
    undecided: int
    below_quorum: int
    reason: str

    @property
    def ended(self) -> int:
        return self.labelled + self.undecided + self.below_quorum

    @property
    def left(self) -> int:
        return max(0, self.asked - self.ended)

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all of it."""
        return 100 * self.ended // self.asked if self.asked else 0

    @property
    def cost(self) -> Decimal:
        return sum((seat.cost for seat in self.seats), Decimal(0))

    @property
    def cost_each(self) -> Decimal | None:
        """Of a comparison that it is done with."""
        return self.cost / self.ended if self.ended else None


def standing_of(panel: Panel) -> Standing:
    """Nine SQL statements, whatever the number of comparisons and members."""
    members = with_annotators(panel)
    annotator = Annotator.objects.get(judge_version=panel.version_id)
    ids = [one.pk for _, one in members]
    mine = Demand.objects.filter(judge=annotator, wanted__gt=0)
    here = Exists(mine.filter(comparison=OuterRef("comparison")))
    asked = _numbers(Demand.objects.filter(here, judge__in=ids, wanted__gt=0), "judge")
    current = Label.objects.filter(here, annotator__in=ids, current=True)
    labelled = _numbers(current, "annotator", Count("comparison", distinct=True))
    calls = JudgeCall.objects.filter(here, annotator__in=ids, purpose=JudgeCall.Purpose.WORK)
    cost = _numbers(calls, "annotator", Sum("cost"))
    same = _same(annotator, ids)
    verdicts = PanelVerdict.objects.filter(panel=panel).order_by()
    states = dict(verdicts.values_list("state").annotate(Count("pk")))
    reasons = verdicts.exclude(state=State.LABELLED).values_list("reason").annotate(number=Count("pk"))
    commonest = reasons.order_by("-number", "reason").first()
    seats = [
        Seat(
            judge,
            one,
            asked.get(one.pk, 0),
            labelled.get(one.pk, 0),
            *same.get(one.pk, (0, 0)),
            cost.get(one.pk) or Decimal(0),
        )
        for judge, one in members
    ]
    return Standing(
        panel,
        annotator,
        seats,
        mine.count(),
        states.get(State.LABELLED, 0),
        states.get(State.UNDECIDED, 0),
        states.get(State.BELOW_QUORUM, 0),
        commonest[0] if commonest else "",
    )


def _numbers(rows: "QuerySet[Any]", by: str, what: Any = None) -> dict[int, Any]:
    return dict(rows.order_by().values_list(by).annotate(what or Count("pk")))


def _same(panel: Annotator, members: Sequence[int]) -> dict[int, tuple[int, int]]:
    """By member how many of its labels say what the panel's do, and of how many."""
    beside = Label.objects.filter(
        annotator=panel, current=True, comparison=OuterRef("comparison"), criterion=OuterRef("criterion")
    )
    both = Label.objects.filter(annotator__in=members, current=True).annotate(
        panel_says=Subquery(beside.values("ranking")[:1])
    )
    rows = both.filter(panel_says__isnull=False).order_by().values_list("annotator")
    found = rows.annotate(same=Count("pk", filter=Q(ranking=F("panel_says"))), of=Count("pk"))
    return {annotator: (same, of) for annotator, same, of in found}
