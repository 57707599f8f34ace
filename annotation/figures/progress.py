"""How far a project is, who did what, and what it cost: figures that take a scan of its labels."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Sum, Value, When
from django.db.models.functions import TruncDate

from ..flags import skips
from ..models import (
    Annotation,
    Annotator,
    Assignment,
    Comparison,
    Demand,
    JudgeCall,
    JudgeRun,
    Label,
    Project,
)

_HUMAN, _JUDGE = Annotator.Kind.HUMAN, Annotator.Kind.JUDGE
_OPEN = (JudgeCall.State.PENDING, JudgeCall.State.IN_FLIGHT)


def progress_of(project: Project) -> dict[str, Any]:
    """As JSON: `coverage` (comparisons by who has labelled them), `people`, `judges`, `queues` (what pools
    and judges are asked for and have done), `days` (answers and money by day) and `skips`. Eight SQL
    statements, whatever the project's size."""
    days = _Days()
    people = _people(project, days)
    judges = _judges(project, days)
    labels = _labels(project)
    for pk, judge in judges.items():
        judge["labels"], judge["comparisons"] = labels.pop(pk, (0, 0))
    people["labels"] = sum(number for number, _ in labels.values())
    return {
        "coverage": _coverage(project),
        "people": people,
        "judges": list(judges.values()),
        "queues": _queues(project),
        "days": days.rows(),
        "skips": skips(project),
    }


class _Days:
    """Figures by day, for every day on which something happened."""

    def __init__(self) -> None:
        self._by_day: dict[date, dict[str, Any]] = defaultdict(
            lambda: {"people": 0, "judges": 0, "imported": 0, "seconds": 0.0, "spent": Decimal(0)}
        )

    def add(self, day: date, **figures: Any) -> None:
        for name, figure in figures.items():
            self._by_day[day][name] += figure

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"day": day.isoformat(), **row, "spent": str(row["spent"])}
            for day, row in sorted(self._by_day.items())
        ]


def _coverage(project: Project) -> dict[str, int]:
    labels = Label.objects.filter(comparison=OuterRef("pk"), current=True)
    groups = (
        Comparison.objects.filter(project=project)
        .annotate(
            by_people=Exists(labels.filter(annotator__kind=_HUMAN)),
            by_judges=Exists(labels.filter(annotator__kind=_JUDGE)),
        )
        .order_by()
        .values_list("by_people", "by_judges")
        .annotate(Count("pk"))
    )
    names = {(1, 1): "both", (1, 0): "people", (0, 1): "judges", (0, 0): "neither"}
    found = dict.fromkeys(names.values(), 0)
    return found | {names[int(people), int(judges)]: number for people, judges, number in groups}


def _labels(project: Project) -> dict[int, tuple[int, int]]:
    """(labels, comparisons) by annotator."""
    rows = Label.objects.filter(project=project, current=True).order_by().values_list("annotator")
    figures = rows.annotate(Count("pk"), Count("comparison", distinct=True))
    return {pk: (labels, comparisons) for pk, labels, comparisons in figures}


def _people(project: Project, days: _Days) -> dict[str, Any]:
    """What people and judges gave by day; what people's answers cost, once each, and the time of all their
    revisions. Imported ones were paid for elsewhere."""
    given = Annotation.objects.filter(assignment__annotator__project=project)
    rows = (
        given.order_by()
        .annotate(
            day=TruncDate("created_at"),
            who=Case(
                When(assignment__purpose=Assignment.Purpose.IMPORT, then=Value("imported")),
                When(assignment__annotator__kind=_HUMAN, then=Value("people")),
                default=Value("judges"),
            ),
        )
        .values_list("day", "who")
        .annotate(number=Count("pk", filter=Q(superseded_at=None)), active=Sum("active_seconds"))
    )
    answers, seconds = 0, 0.0
    for day, who, number, active in rows:
        days.add(day, **{who: number})
        if who == "people":
            answers, seconds = answers + number, seconds + (active or 0.0)
            days.add(day, seconds=active or 0.0, spent=number * project.human_label_price)
    return {"answers": answers, "seconds": seconds, "spent": str(answers * project.human_label_price)}


def _judges(project: Project, days: _Days) -> dict[int, dict[str, Any]]:
    """Every judge with its calls and what it cost, trials and probes too: they were paid for."""
    names = Annotator.objects.filter(project=project, kind=_JUDGE).values_list("pk", "name")
    judges: dict[int, dict[str, Any]] = {
        pk: {"pk": pk, "name": name, "calls": 0, "states": {}, "unfit": 0, "spent": Decimal(0)}
        for pk, name in names
    }
    calls = JudgeCall.objects.filter(annotator__in=judges).exclude(state__in=_OPEN)
    calls = calls.filter(purpose__in=JudgeCall.LABELLING).order_by("annotator", "state")
    for pk, state, number in calls.values_list("annotator", "state").annotate(Count("pk")):
        if state == JudgeCall.State.INVALID_INPUT:
            judges[pk]["unfit"] = number
        else:
            judges[pk]["calls"] += number
            judges[pk]["states"][state] = number
    runs = JudgeRun.objects.filter(project=project).order_by().annotate(day=TruncDate("created_at"))
    for pk, day, cost in runs.values_list("annotator", "day").annotate(Sum("spent")):
        judges[pk]["spent"] += cost
        days.add(day, spent=cost)
    for judge in judges.values():
        judge["spent"] = str(judge["spent"])
    return judges


def _queues(project: Project) -> list[dict[str, Any]]:
    """By pool and judge: labels `done`, and those `wanted` still, what is out on loan included."""
    rows = Demand.objects.filter(comparison__project=project).order_by("pool", "judge")
    figures = rows.values_list("pool", "pool__name", "pool__adjudicates", "judge").annotate(
        Sum("done"), still=Sum(F("wanted") - F("done"))
    )
    return [
        {"pool": name, "adjudicates": bool(adjudicates), "judge": judge, "done": done, "wanted": wanted}
        for _, name, adjudicates, judge, done, wanted in figures
    ]
