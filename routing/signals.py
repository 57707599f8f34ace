"""Reading what a policy needs: the open comparisons of a project and what judges said of them.

Three streamed statements whatever the number of comparisons.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from numpy.typing import NDArray

from annotation.models import Annotator, Assignment, Comparison, Label, Project
from annotation.ranking import pairs, parse

from .policy import Signals

CHUNK = 5000

# (criterion, ranking, judges that gave it, of which with another answer in the other order)
Vote = tuple[int, str, int, int]


@dataclass(frozen=True, slots=True)
class Open:
    """The open comparisons in order of id: `ids` and `judged` (the judge has answered) have shape (n,)."""

    ids: NDArray[np.int64]
    signals: Signals
    judged: NDArray[np.bool_]


def open_comparisons(project: Project) -> QuerySet[Comparison]:
    """Comparisons without a person's label, not lent to one, and fit to be lent."""
    here = {"comparison": OuterRef("pk"), "annotator__kind": Annotator.Kind.HUMAN}
    labelled = Label.objects.filter(**here, current=True)
    started = Assignment.objects.filter(
        **here,
        purpose=Assignment.Purpose.WORK,
        state__in=[Assignment.State.LIVE, Assignment.State.SUBMITTED],
    )
    comparisons = Comparison.objects.filter(~Exists(labelled), ~Exists(started), project=project)
    return comparisons if project.lend_unfit else comparisons.filter(fit=True)


def read(project: Project, judge: Annotator | None) -> Open:
    """The project's open comparisons with all judges' signals, and which of them `judge` has answered."""
    found = open_comparisons(project).order_by("pk").values_list("pk", "external_id", "k")
    rows = list(found.iterator(chunk_size=CHUNK))
    place = {pk: index for index, (pk, _, _) in enumerate(rows)}
    columns = np.zeros((4, len(rows)))
    for pk, votes in groupby(_votes(project), key=itemgetter(0)):
        index = place.get(pk)
        if index is not None:
            columns[:, index] = summary(tuple(vote[1:] for vote in votes), rows[index][2])
    judged = np.zeros(len(rows), dtype=np.bool_)
    judged[[place[pk] for pk in _labelled_by(judge) if pk in place]] = True
    judges, differing, flipped, tied = columns
    keys = [key for _, key, _ in rows]
    signals = Signals(keys, judges.astype(np.int64), differing, flipped, tied)
    return Open(np.fromiter(place, np.int64, len(rows)), signals, judged)


@lru_cache(maxsize=65536)
def summary(votes: tuple[Vote, ...], k: int) -> tuple[int, float, float, float]:
    """Judges, share of differing pairs of judges, share flipped by order, share tied, of one comparison.

    Two rankings of more than two responses differ by the share of implied pairs on which they do. Criteria
    count alike. Cached: a million comparisons have a few hundred patterns of votes.
    """
    by_criterion = [list(group) for _, group in groupby(votes, key=itemgetter(0))]
    differing = [share for group in by_criterion if (share := _differing(group, k)) is not None]
    labels = sum(count for _, _, count, _ in votes)
    tied = sum(count for _, ranking, count, _ in votes if parse(ranking, k).winner is None)
    return (
        max(sum(count for _, _, count, _ in group) for group in by_criterion),
        sum(differing) / len(differing) if differing else 0.0,
        sum(flipped for _, _, _, flipped in votes) / labels,
        tied / labels,
    )


def _differing(votes: Iterable[Vote], k: int) -> float | None:
    """Mean over implied pairs of responses of the share of judge pairs that differ; None below two judges."""
    counts: dict[tuple[str, str], list[int]] = {}
    for _, ranking, count, _ in votes:
        for x, y, sign in pairs(parse(ranking, k), k):
            counts.setdefault((x, y), [0, 0, 0])[sign + 1] += count
    shares = []
    for signs in counts.values():
        judges = sum(signs)
        if judges > 1:
            alike = sum(count * (count - 1) for count in signs)
            shares.append(1 - alike / (judges * (judges - 1)))
    return sum(shares) / len(shares) if shares else None


def _votes(project: Project) -> Iterable[tuple[int, int, str, int, int]]:
    """(comparison, criterion, ranking, labels, flipped) of every judge's independent label, in that order."""
    labels = Label.objects.filter(
        project=project,
        annotator__kind=Annotator.Kind.JUDGE,
        independent=True,
        current=True,
        criterion__retired_at=None,
    ).order_by("comparison_id", "criterion_id", "ranking")
    return (
        labels.values_list("comparison_id", "criterion_id", "ranking")
        .annotate(
            number=Count("pk"),
            flipped=Count("pk", filter=Q(annotation__order_consistent=False)),
        )
        .iterator(chunk_size=CHUNK)
    )


def _labelled_by(judge: Annotator | None) -> Iterable[int]:
    if judge is None:
        return ()
    labels = Label.objects.filter(annotator=judge, current=True).order_by()
    return labels.values_list("comparison_id", flat=True).distinct().iterator(chunk_size=CHUNK)
