"""Whose label stands where no person is asked, and what it costs."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from annotation.models import Annotator, JudgeCall, Label, Project

from .policy import PlanError


@dataclass(frozen=True, slots=True)
class Standing:
    """The judge whose label stands. `name` is what `--judge` takes, `others` how many more there are."""

    judge: Annotator
    name: str
    others: int

    @property
    def can_be_asked(self) -> bool:
        return can_be_asked(self.judge)


def can_be_asked(judge: Annotator) -> bool:
    """False for a judge known from imported labels only, and for a retired version."""
    return judge.judge_version is not None and judge.judge_version.retired_at is None


def standing_judge(project: Project, name: str | None = None) -> Standing | None:
    """The judge named, by its version in service, else its newest; `NAME@2` is that version whatever else
    there is. None where the project has no judge.

    Of a configured judge and an imported one that share the name, the configured one, even if retired.
    Without a name: a judge that can be asked, else the imported one with the most labels; of several the
    first by name. Raises PlanError when there is no judge of that name.
    """
    judges: dict[str, Annotator] = {}
    versions: dict[str, Annotator] = {}
    for judge in _judges_of(project):
        if judge.judge_version:
            versions[_numbered(judge)] = judge
        known = judges.get(_name(judge))
        if known is None or _version(judge) > _version(known):
            judges[_name(judge)] = judge
    if name is None:
        name = min(map(_name, _likely(judges.values())), default=None)
    elif name in versions and name not in judges:
        return Standing(versions[name], name, len(judges) - 1)
    elif name not in judges:
        known_names = ", ".join(sorted(judges)) or "none"
        raise PlanError(f"{project.slug} has no judge {name!r}; its judges: {known_names}")
    return Standing(judges[name], name, len(judges) - 1) if name is not None else None


def judge_names(project: Project) -> list[str]:
    """What `standing_judge` takes, by name: every judge, and each version of those that have several."""
    judges = list(_judges_of(project))
    names = [_name(judge) for judge in judges]
    several = [_numbered(judge) for judge in judges if judge.judge_version and names.count(_name(judge)) > 1]
    return sorted({*names, *several})


def mean_cost(judge: Annotator) -> Decimal | None:
    """What a label on one comparison has cost on average, failed calls included; None where unknown. A
    panel's costs what its members' have on the comparisons that it has labelled."""
    calls = JudgeCall.objects.filter(annotator=judge, purpose=JudgeCall.Purpose.WORK)
    if members := list(judge.members.all()):
        own = Label.objects.filter(comparison=OuterRef("comparison"), annotator=judge, current=True)
        calls = JudgeCall.objects.filter(Exists(own), annotator__in=members, purpose=JudgeCall.Purpose.WORK)
    booked = calls.aggregate(
        cost=Sum("cost"),
        labelled=Count("comparison", distinct=True, filter=Q(state=JudgeCall.State.OK)),
    )
    return booked["cost"] / booked["labelled"] if booked["labelled"] else None


def _name(judge: Annotator) -> str:
    """The same for every version of a judge."""
    return judge.judge_version.name if judge.judge_version else judge.name


def _judges_of(project: Project) -> QuerySet[Annotator]:
    return project.annotators.filter(kind=Annotator.Kind.JUDGE).select_related("judge_version")


def _numbered(judge: Annotator) -> str:
    return f"{_name(judge)}@{_version(judge)[1]}"


def _version(judge: Annotator) -> tuple[bool, int]:
    return (can_be_asked(judge), judge.judge_version.version if judge.judge_version else 0)


def _likely(judges: Collection[Annotator]) -> Collection[Annotator]:
    if len(judges) < 2:
        return judges
    if askable := [judge for judge in judges if can_be_asked(judge)]:
        return askable
    current = Label.objects.filter(annotator__in=list(judges), current=True).order_by()
    counted = current.values("annotator").annotate(number=Count("pk"))
    labels = dict(counted.values_list("annotator", "number"))
    most = max(labels.values(), default=0)
    return [judge for judge in judges if labels.get(judge.pk, 0) == most]
