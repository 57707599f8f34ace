"""A project's overview: how far it is, who labelled what, what it cost, what came out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation.flags import open_flags, skips
from annotation.models import (
    Annotation,
    Annotator,
    Assignment,
    Comparison,
    Demand,
    JudgeCall,
    JudgeRun,
    Label,
    Project,
    Release,
)
from annotation.people import appeals
from annotation.permissions import project_for
from routing.series import newest_plan

from ..words import skip_reason
from .signed_in import SignedInRequest, signed_in

_HUMAN, _JUDGE = Annotator.Kind.HUMAN, Annotator.Kind.JUDGE
_OPEN = (JudgeCall.State.PENDING, JudgeCall.State.IN_FLIGHT)

# Judges that are listed in full; imports may bring dozens. The rest is summed up, and listed when asked for.
LISTED = 6


@dataclass(slots=True)
class Coverage:
    """Comparisons by who has labelled them."""

    people: int = 0
    judges: int = 0
    both: int = 0
    neither: int = 0

    @property
    def total(self) -> int:
        return self.people + self.judges + self.both + self.neither

    @property
    def labelled(self) -> int:
        return self.total - self.neither

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all of them."""
        return 100 * self.labelled // self.total if self.total else 0


@dataclass(slots=True)
class Who:
    """A line of the ledger: people together, or one judge.

    `calls` and `states` are of what a judge could be asked; `unfit` comparisons (empty, identical, too long)
    cost nothing and are no failure of it.
    """

    name: str
    kind: str
    labels: int = 0
    comparisons: int = 0
    wanted: int = 0
    spent: Decimal = Decimal(0)
    calls: int = 0
    states: dict[str, int] = field(default_factory=dict)
    unfit: int = 0
    seconds: float | None = None

    @property
    def failed(self) -> int:
        return self.calls - self.states.get(JudgeCall.State.OK, 0)


@signed_in
@require_safe
def overview(request: SignedInRequest, slug: str) -> HttpResponse:
    """A constant number of statements, whatever the project's size."""
    access = project_for(request.user, slug, "view")
    project = access.project
    coverage = _coverage(project)
    ledger = _ledger(project)
    people, judges = ledger[0], ledger[1:]
    spent = sum((who.spent for who in ledger), Decimal(0))
    skipped = _skips(project)
    context = {
        "access": access,
        "project": project,
        "may_label": access.may("label"),
        "coverage": coverage,
        "people": people,
        "judges": judges,
        "listed": judges[:LISTED],
        "others": judges[LISTED:],
        "rest": _together(judges[LISTED:]),
        "judge_labels": sum(who.labels for who in judges),
        "judge_spent": spent - people.spent,
        "spent": spent,
        "over_budget": project.budget is not None and spent > project.budget,
        "totals": {
            "labels": sum(who.labels for who in ledger),
            "wanted": sum(who.wanted for who in ledger),
        },
        "failed_calls": sum(who.failed for who in judges),
        "flags": open_flags(project).aggregate(
            number=Count("pk"), comparisons=Count("comparison", distinct=True)
        ),
        "appeals": appeals(project).values("annotator").distinct().count() if access.manages else 0,
        "skips": skipped,
        "skipped": sum(skipped.values()),
        "failing": [who for who in judges if who.failed],
        "plan": newest_plan(project),
        "releases": Release.objects.filter(project=project, state=Release.State.READY).order_by("-number")[
            :10
        ],
    }
    return render(request, "frontend/overview.html", context)


def _coverage(project: Project) -> Coverage:
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
    names = {
        (True, True): "both",
        (True, False): "people",
        (False, True): "judges",
        (False, False): "neither",
    }
    return Coverage(**{names[bool(people), bool(judges)]: number for people, judges, number in groups})


def _ledger(project: Project) -> list[Who]:
    """People first, then every judge with its calls: those that fail, cost and label most come first."""
    people = Who("", _HUMAN)
    judges = {
        pk: Who(name, _JUDGE)
        for pk, name in Annotator.objects.filter(project=project, kind=_JUDGE).values_list("pk", "name")
    }
    current = Label.objects.filter(project=project, current=True)
    people.labels, people.comparisons = _labels_of_people(current)
    for pk, labels, comparisons in _grouped(
        current.filter(annotator__kind=_JUDGE), Count("pk"), Count("comparison", distinct=True)
    ):
        judges[pk].labels, judges[pk].comparisons = labels, comparisons
    calls = JudgeCall.objects.filter(annotator__in=judges).exclude(state__in=_OPEN)
    calls = calls.filter(purpose__in=JudgeCall.LABELLING).order_by("annotator", "state")
    for pk, state, number in calls.values_list("annotator", "state").annotate(Count("pk")):
        if state == JudgeCall.State.INVALID_INPUT:
            judges[pk].unfit = number
        else:
            judges[pk].calls += number
            judges[pk].states[state] = number
    runs = JudgeRun.objects.filter(project=project).order_by().values_list("annotator")
    for pk, cost in runs.annotate(Sum("spent")):  # trials and probes too: they were paid for
        judges[pk].spent += cost
    _add_demand(project, people, judges)
    _add_work(project, people)
    order = attrgetter("failed", "spent", "labels")
    return [people, *sorted(judges.values(), key=order, reverse=True)]


def _together(judges: Sequence[Who]) -> Who:
    return Who(
        "",
        _JUDGE,
        labels=sum(who.labels for who in judges),
        wanted=sum(who.wanted for who in judges),
        spent=sum((who.spent for who in judges), Decimal(0)),
    )


def _grouped(labels: Any, *figures: Any) -> Iterable[Any]:
    return labels.order_by().values_list("annotator").annotate(*figures)


def _labels_of_people(current: Any) -> tuple[int, int]:
    figures = current.filter(annotator__kind=_HUMAN).aggregate(
        labels=Count("pk"), comparisons=Count("comparison", distinct=True)
    )
    return figures["labels"], figures["comparisons"]


def _add_demand(project: Project, people: Who, judges: dict[int, Who]) -> None:
    """What each is still asked for, what is out on loan included."""
    rows = (
        Demand.objects.filter(comparison__project=project)
        .filter(wanted__gt=F("done"))
        .order_by()
        .values_list("judge")
    )
    for judge, wanted in rows.annotate(still=Sum(F("wanted") - F("done"))):
        (people if judge is None else judges[judge]).wanted += wanted


def _add_work(project: Project, people: Who) -> None:
    """What people's answers cost, once each, and the time of all their revisions; imported labels were paid
    for elsewhere."""
    given = Annotation.objects.filter(
        assignment__annotator__project=project, assignment__annotator__kind=_HUMAN
    ).exclude(assignment__purpose=Assignment.Purpose.IMPORT)
    figures = given.aggregate(
        answers=Count("pk", filter=Q(superseded_at=None)), seconds=Sum("active_seconds")
    )
    people.spent = figures["answers"] * project.human_label_price
    people.seconds = figures["seconds"]


def _skips(project: Project) -> dict[str, int]:
    return {skip_reason(reason): number for reason, number in skips(project).items()}
