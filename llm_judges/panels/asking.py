"""Whom a panel asks: its members, about what is asked of it."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet

from annotation.models import Annotator, Assignment, Comparison, Demand

from ..demand import open_to, undecided, want
from ..models import Judge, Panel
from ..runs import retry_failed as retry_failed_of


def annotator_of(panel: Panel) -> Annotator:
    """The annotator under which this version of the panel labels."""
    return Annotator.objects.get(judge_version=panel.version)


def members_of(panel: Panel) -> list[Judge]:
    """In their order."""
    judges = Judge.objects.filter(memberships__panel=panel).order_by("memberships__position")
    return list(judges.select_related("version", "version__project", "pair_template", "ranking_template"))


def ask_for(panel: Panel) -> int:
    """Asks the panel about all that no routing decision speaks about, and its members with it. Gives the
    number of comparisons newly asked for."""
    added = want(annotator_of(panel), undecided(panel.version.project))
    ask_members(panel)
    return added


def ask_members(panel: Panel) -> int:
    """Asks every member about what is open to the panel; of a cascade the first one only, since the others
    come in where it is not sure. Gives the number of labels newly asked for."""
    wanted = open_to(annotator_of(panel))
    members = [annotator for _, annotator in with_annotators(panel)]
    first = members[:1] if panel.rule == Panel.Rule.CASCADE else members
    return sum(want(member, _lacking(wanted, member)) for member in first)


def with_annotators(panel: Panel) -> list[tuple[Judge, Annotator]]:
    """The members in their order, each with the annotator under which it labels."""
    judges = members_of(panel)
    versions = [judge.version_id for judge in judges]
    found = {one.judge_version_id: one for one in Annotator.objects.filter(judge_version__in=versions)}
    return [(judge, found[judge.version_id]) for judge in judges]


def retry_failed(panel: Panel) -> int:
    """Lets the members be asked again about what they failed on, and the panel answer once they have. Gives
    the number of labels of members that are asked for again."""
    return sum(retry_failed_of(judge) for judge in members_of(panel))


def _lacking(wanted: QuerySet[Demand], member: Annotator) -> QuerySet[Comparison]:
    """What is wanted of the panel and has not been asked of the member."""
    asked = Demand.objects.filter(comparison=OuterRef("comparison"), judge=member, wanted__gt=0)
    open_here = wanted.filter(comparison=OuterRef("pk")).exclude(Exists(asked))
    return Comparison.objects.filter(Exists(open_here))


def ready(annotator: Annotator, members: Sequence[Annotator]) -> QuerySet[Demand]:
    """What is wanted of a panel where members were asked and each of those has ended, well or badly."""
    asked = Demand.objects.filter(comparison=OuterRef("comparison"), judge__in=members, wanted__gt=0)
    ended = Assignment.objects.filter(
        comparison=OuterRef("comparison"),
        annotator=OuterRef("judge"),
        round=0,
        state__in=[Assignment.State.SUBMITTED, Assignment.State.RETURNED],
    )
    return open_to(annotator).filter(Exists(asked)).exclude(Exists(asked.exclude(Exists(ended))))
