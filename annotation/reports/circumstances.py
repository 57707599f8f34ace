"""Reading what stands around votes: the order shown, the time taken, the same asked again, judges' orders."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from django.db.models import BigIntegerField, F, IntegerField, Max, TextField
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Length

from ..agreement.groups import Floats
from ..models import (
    Annotation,
    Annotator,
    AnnotatorSkill,
    Assignment,
    Comparison,
    Criterion,
    JudgeCall,
    Label,
    PoolMembership,
    Project,
    Response,
)
from ..ranking import RankingError, parse, signed
from ..votes import Ints, Mask, Votes
from .columns import MISSING, numbers_by

SWAPPED = "ba"
IN_ORDER = "ab"
SKILLS = "mace"


class Circumstances(NamedTuple):
    """How each vote came about; one element a vote, in the order of the votes.

    `annotation` ids ascend with time. `swapped`: a pair was shown with its second response first; `ordered`:
    the order is known and it is a person's. `seconds` of active time, nan where unknown.
    """

    annotation: Ints
    swapped: Mask
    ordered: Mask
    seconds: Floats

    def where(self, mask: Mask) -> "Circumstances":
        """Those of the votes that the mask picks."""
        return Circumstances(
            self.annotation[mask], self.swapped[mask], self.ordered[mask], self.seconds[mask]
        )


class Again(NamedTuple):
    """Answers to pairs that the same annotator had answered before; one element an answer.

    `voter` indexes the votes' voters; `before` and `after` are signed preferences over stored letters.
    `mirror`: the responses had changed sides. `swapped`: before, the second response was shown first.
    """

    voter: Ints
    before: Ints
    after: Ints
    mirror: Mask
    swapped: Mask


class Orders(NamedTuple):
    """Judges' answers to pairs by the order they were asked in; one element an answered call.

    `value` is signed over stored letters.
    """

    annotator: Ints
    comparison: Ints
    swapped: Mask
    value: Ints


def read_circumstances(project: Project, criterion: Criterion, votes: Votes) -> Circumstances:
    """The circumstances of these votes, which must have been read in the same `snapshot`. One statement."""
    labels = Label.objects.filter(project=project, criterion=criterion, current=True, independent=True)
    time = Cast(F("annotation__active_seconds") * 1000, BigIntegerField())
    numbers = ("comparison_id", "annotator_id", "annotation_id", time)
    none = np.zeros((0, len(numbers)), dtype=np.int64)
    found = [(shown, rows) for (shown,), rows in numbers_by(labels, ("annotation__shown",), numbers)]
    rows = np.concatenate([none, *(rows for _, rows in found)])
    shown = np.repeat([shown for shown, _ in found], [len(rows) for _, rows in found])
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    swapped, in_order = (shown == SWAPPED)[order], (shown == IN_ORDER)[order]
    annotation, milliseconds = rows[order, 2], rows[order, 3]
    seconds = np.where(milliseconds == MISSING, np.nan, milliseconds / 1000)
    return Circumstances(annotation, swapped, (swapped | in_order) & votes.human, seconds)


def read_again(project: Project, criterion: Criterion, votes: Votes, circumstances: Circumstances) -> Again:
    """Pairs that somebody was asked about twice, as a repeat or as a mirror. One statement."""
    purposes = (Assignment.Purpose.REPEAT, Assignment.Purpose.MIRROR)
    labels = Label.objects.filter(
        project=project,
        criterion=criterion,
        current=True,
        independent=False,
        comparison__k=2,
        annotation__assignment__purpose__in=purposes,
    ).order_by("pk")
    rows = [
        (comparison, annotator, signed(parse(ranking, 2), strength), purpose == Assignment.Purpose.MIRROR)
        for comparison, annotator, ranking, strength, purpose in labels.values_list(
            "comparison_id", "annotator_id", "ranking", "strength", "annotation__assignment__purpose"
        )
    ]
    comparison, annotator, after, mirror = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    ids = _ids(votes)
    # Votes are ordered by comparison and annotator, so a first answer is found by halving.
    reach = int(max(ids.max(initial=0), annotator.max(initial=0))) + 1
    key = votes.comparison_ids[votes.comparison] * reach + ids[votes.voter]
    first, known = _found(key, comparison * reach + annotator)
    value = np.array(
        [signed(vote.parsed, vote.strength) if vote.k == 2 else 0 for vote in votes.distinct], dtype=np.int64
    )
    return Again(
        votes.voter[first],
        value[votes.code[first]],
        after[known],
        mirror[known].astype(bool),
        circumstances.swapped[first],
    )


def read_orders(project: Project, criterion: Criterion) -> Orders:
    """What judges answered to pairs in each order, from their first sample; trials left out. One
    statement."""
    calls = (
        JudgeCall.objects.filter(
            annotator__project=project, state=JudgeCall.State.OK, sample=0, order__in=(IN_ORDER, SWAPPED)
        )
        .filter(purpose__in=JudgeCall.LABELLING)
        .annotate(said=KeyTextTransform("ranking", KeyTransform(criterion.name, "verdict")))
    )
    found = [np.zeros((0, 4), dtype=np.int64)]
    for (annotator, order, ranking), ids in numbers_by(
        calls, ("annotator_id", "order", "said"), ("comparison_id",)
    ):
        if (value := _preference(ranking)) is not None:
            rows = np.empty((len(ids), 4), dtype=np.int64)
            rows[:] = annotator, 0, order == SWAPPED, value
            rows[:, 1] = ids[:, 0]
            found.append(rows)
    annotators, comparisons, swapped, values = np.concatenate(found).T
    return Orders(annotators, comparisons, swapped.astype(bool), values)


def read_longer(votes: Votes, project: Project) -> Ints:
    """Which response of each pair is longer (one element a comparison): 1 the first, -1 the second, 0 neither
    or more than two responses. Lengths are those of the stored messages. One statement."""
    responses = Response.objects.filter(comparison__project=project, comparison__k=2)
    numbers = ("comparison_id", Length(Cast("messages", TextField())))
    difference = np.zeros(len(votes.comparison_ids), dtype=np.int64)
    for (position,), rows in numbers_by(responses, ("position",), numbers):
        comparison, length = rows.T
        at, known = _found(votes.comparison_ids, comparison)
        difference[at] += length[known] if position == 0 else -length[known]
    return np.sign(difference)


def read_categories(project: Project, votes: Votes) -> tuple[list[str], Ints]:
    """The categories of the comparisons voted on, sorted, and each one's index; -1 without a category."""
    comparisons = Comparison.objects.filter(project=project).exclude(category="")
    found = {name: rows[:, 0] for (name,), rows in numbers_by(comparisons, ("category",), ("pk",))}
    category = np.full(len(votes.comparison_ids), -1)
    for index, name in enumerate(sorted(found)):
        at, _ = _found(votes.comparison_ids, found[name])
        category[at] = index
    return sorted(found), category


def read_pools(project: Project, votes: Votes) -> list[tuple[str, Mask]]:
    """Each pool that somebody who voted belongs to, by name, and who does (one element a voter)."""
    ids = _ids(votes)
    members: dict[str, list[int]] = {}
    rows = PoolMembership.objects.filter(pool__project=project).order_by("pool__name", "pk")
    for name, annotator in rows.values_list("pool__name", "annotator_id"):
        members.setdefault(name, []).append(annotator)
    pools = [(name, np.isin(ids, of)) for name, of in members.items()]
    return [(name, of) for name, of in pools if of.any()]


def read_skills(criterion: Criterion, method: str = SKILLS) -> dict[int, AnnotatorSkill]:
    """What the last fit of the default consensus method says of each annotator, by id: on pairs where there
    are pairs. Empty before the first fit. One statement."""
    skills = AnnotatorSkill.objects.filter(fit__criterion=criterion, fit__method=method)
    return {skill.annotator_id: skill for skill in skills.order_by("-fit__k")}


def moments_of(annotations: Iterable[int]) -> dict[int, Any]:
    """When each of a few annotations was made. One statement, for none of them too."""
    asked = [0, *annotations]  # 0 is nobody's: Django asks nothing about an empty list
    return dict(Annotation.objects.filter(pk__in=asked).values_list("pk", "created_at"))


def names_of(project: Project) -> dict[int, str]:
    """What members call each annotator; empty for an imported e-mail address, which is shown to nobody."""
    rows = Annotator.objects.filter(project=project).values_list("pk", "kind", "name")
    return {pk: name if kind == Annotator.Kind.JUDGE or "@" not in name else "" for pk, kind, name in rows}


def newest_label(project: Project) -> int:
    """The id of the project's newest label, 0 without one. Labels are only ever added, and one that is taken
    back is superseded by another, so it changes with every answer."""
    newest = Label.objects.filter(criterion__project=project).order_by()
    return newest.aggregate(newest=Max("pk", output_field=IntegerField()))["newest"] or 0


def _ids(votes: Votes) -> Ints:
    return np.array([voter.id for voter in votes.voters], dtype=np.int64)


def _preference(ranking: str | None) -> int | None:
    """The sign of a pair's answer as a call recorded it; None where it recorded none."""
    try:
        return None if ranking is None else signed(parse(ranking, 2), None)
    except RankingError:
        return None


def _found(keys: Ints, wanted: Ints) -> tuple[Ints, Mask]:
    """Where those of `wanted` that are among the ascending `keys` stand there, and which those are."""
    at = np.searchsorted(keys, wanted)
    known = at < len(keys)
    known[known] = keys[at[known]] == wanted[known]
    return at[known], known
