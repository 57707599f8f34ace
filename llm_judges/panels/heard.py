"""What the members of a panel have said on some comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from annotation.models import Annotation, Annotator, Assignment, Label, SoftLabel
from annotation.ranking import parse

from ..models import Judge
from ..reconcile import Settled, vote_of

_ENDED = (Assignment.State.SUBMITTED, Assignment.State.RETURNED)


@dataclass(slots=True)
class Heard:
    """One member on one comparison. `ended`: it will say nothing more; `said` by criterion, empty where it
    has no label; `consistent`: whether its orders agreed."""

    judge: Judge
    annotator: Annotator
    ended: bool = False
    annotation: int | None = None
    consistent: bool | None = None
    said: dict[str, Settled] = field(default_factory=dict)
    criteria: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.judge.version.name


def hear(
    members: Sequence[tuple[Judge, Annotator]], comparisons: Sequence[int], criteria: Sequence[int]
) -> dict[int, list[Heard]]:
    """By comparison, in the order of the members. Three SQL statements."""
    found = {pk: [Heard(judge, annotator) for judge, annotator in members] for pk in comparisons}
    place = {annotator.pk: at for at, (_, annotator) in enumerate(members)}
    lent = Assignment.objects.filter(annotator__in=place, comparison__in=comparisons, round=0)
    for comparison, annotator, state in lent.values_list("comparison", "annotator", "state"):
        found[comparison][place[annotator]].ended = state in _ENDED
    current = Annotation.objects.filter(
        assignment__annotator__in=place,
        assignment__comparison__in=comparisons,
        assignment__round=0,
        superseded_at=None,
    )
    names = ("pk", "assignment__comparison", "assignment__annotator", "order_consistent")
    by_annotation: dict[int, Heard] = {}
    for pk, comparison, annotator, consistent in current.values_list(*names):
        heard = found[comparison][place[annotator]]
        heard.annotation, heard.consistent, heard.ended = pk, consistent, True
        by_annotation[pk] = heard
    labels = Label.objects.filter(annotation__in=list(by_annotation), criterion__in=criteria)
    for label in labels.select_related("soft", "rationale", "criterion", "comparison"):
        heard = by_annotation[label.annotation_id]
        heard.said[label.criterion.name] = _settled(label)
        heard.criteria[label.criterion.name] = label.criterion_id
    for heard in by_annotation.values():
        if len(heard.said) < len(criteria):  # it answered other questions than are asked today
            heard.said = {}
    return found


def _settled(label: Label) -> Settled:
    k = label.comparison.k
    ranking = parse(label.ranking, k)
    soft: Any = getattr(label, "soft", None)
    rationale: Any = getattr(label, "rationale", None)
    text = rationale.text if rationale else ""
    if soft is None:  # an imported label
        counted = vote_of(ranking, k)
        return Settled(ranking, label.strength, text, counted, SoftLabel.Source.VOTES, 1, None, None, None)
    return Settled(
        ranking,
        label.strength,
        text,
        soft.probabilities,
        soft.source,
        soft.votes,
        soft.mass,
        soft.shift,
        soft.order_consistent,
        asked=soft.asked,
    )
