"""The ledger: what runs have spent, what their calls in flight may still cost, and the caps on both.

A call is sent only after its worst case was reserved under every cap: the run's, the judge's (all versions of
its name together) and the project's. So a cap holds however many workers there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet, Sum

from annotation.models import Demand, JudgeCall, JudgeRun, Project

from .models import Judge
from .models.judges import PRICES

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cap:
    """One of the caps on a run: of what (`run`, `judge` or `project`) and in words, the `most` it allows, and
    what is `left` under it, `in_flight` of the rest being reserved."""

    scope: str
    words: str
    most: Decimal
    left: Decimal
    in_flight: Decimal

    @property
    def spent(self) -> Decimal:
        return self.most - self.left - self.in_flight


@dataclass(frozen=True, slots=True)
class Allowance:
    """The first `number` of the calls asked about are paid for. When there are none: `waiting` says that what
    is in flight may leave enough when it is settled; otherwise `refused` says which cap is used up."""

    number: int
    waiting: bool = False
    refused: str = ""


def spent(project: Project) -> Decimal:
    """Booked cost of all runs of judges and of all labels that people gave to the queue, in the currency."""
    return _total(JudgeRun.objects.filter(project=project), "spent") + spent_on_people(project)


def spent_on_people(project: Project) -> Decimal:
    """Cost of all labels that people gave to the queue. Reads every demand of theirs: not for every call."""
    if not project.human_label_price:
        return NOTHING
    done = Demand.objects.filter(pool__project=project).aggregate(total=Sum("done"))["total"]
    return (done or 0) * project.human_label_price


def spent_by_purpose(project: Project) -> dict[str, Decimal]:
    """What runs, trials and probes have cost, each apart."""
    rows = JudgeRun.objects.filter(project=project).order_by().values_list("purpose")
    found = {purpose: total or NOTHING for purpose, total in rows.annotate(Sum("spent"))}
    return {purpose: found.get(purpose, NOTHING) for purpose in JudgeRun.Purpose.values}


def has_cap(run: JudgeRun, judge: Judge, project: Project) -> bool:
    return any(most is not None for most in (run.cap, judge.budget, project.budget))


def unpriced(judge: Judge, project: Project, cap: Decimal | None) -> str:
    """Why the judge cannot be kept within a cap (`cap`: of the run itself); empty where it can."""
    capped = [most for most in (cap, judge.budget, project.budget) if most is not None]
    if not capped or judge.priced:
        return ""
    return (
        f"its price is unknown, so it cannot be kept within {min(capped)} {project.currency}; "
        "give input_price and output_price (0 if it costs nothing)"
    )


def refresh(judge: Judge, project: Project) -> None:
    """Prices and budgets as they are now: the owner may change them while the judge is at work."""
    judge.refresh_from_db(fields=["budget", *PRICES])
    project.refresh_from_db(fields=["budget", "human_label_price"])


def caps(run: JudgeRun, judge: Judge, project: Project, people: Decimal) -> list[Cap]:
    """The caps there are, tightest first; `people` is what `spent_on_people` gives."""
    runs = JudgeRun.objects.filter(project=project)
    name = judge.version.name
    known = [
        ("run", f"this run may cost {run.cap}", run.cap, NOTHING, runs.filter(pk=run.pk)),
        ("judge", f"judge {name} may cost {judge.budget}", judge.budget, NOTHING, _runs_of(name, runs)),
        ("project", f"the budget of the project is {project.budget}", project.budget, people, runs),
    ]
    found = [
        _cap(scope, words, most, others, counted)
        for scope, words, most, others, counted in known
        if most is not None
    ]
    return sorted(found, key=lambda cap: cap.left)


def allow(
    run: JudgeRun, judge: Judge, project: Project, people: Decimal, costs: Sequence[Decimal]
) -> Allowance:
    """How many of the calls with these worst cases, in their order, every cap allows.

    Belongs into the transaction in which the calls are started with what is reserved for them: whoever
    reserves in this project does so one after the other. Nobody else waits for that.
    """
    if not any(costs) or not has_cap(run, judge, project):
        return Allowance(len(costs))
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    tightest = caps(run, judge, project, people)[0]
    number, total = 0, NOTHING
    for cost in costs:
        if cost and total + cost > tightest.left:
            break
        number, total = number + 1, total + cost
    if number:
        return Allowance(number)
    if tightest.in_flight > 0:
        return Allowance(0, waiting=True)
    left = f"{max(tightest.left, NOTHING):.4f} {project.currency}"
    words = f"{tightest.words} {project.currency}, and the {left} left may not pay for one more call"
    return Allowance(0, refused=words)


def _runs_of(name: str, runs: "QuerySet[JudgeRun]") -> "QuerySet[JudgeRun]":
    return runs.filter(annotator__judge_version__name=name)


def _cap(scope: str, words: str, most: Decimal, others: Decimal, runs: "QuerySet[JudgeRun]") -> Cap:
    calls = JudgeCall.objects.filter(run__in=runs, state=JudgeCall.State.IN_FLIGHT)
    in_flight = calls.aggregate(total=Sum("reserved"))["total"] or NOTHING
    return Cap(scope, words, most, most - others - _total(runs, "spent") - in_flight, in_flight)


def _total(runs: "QuerySet[JudgeRun]", what: str) -> Decimal:
    return runs.aggregate(total=Sum(what))["total"] or NOTHING
