"""Reading what a policy needs: a project's open comparisons, the labelled ones, and what judges said of them.

Six statements, five of them streamed, whatever the number of comparisons.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from numpy.typing import NDArray

from annotation.models import Annotator, Assignment, Comparison, Gold, Label, Project

from .answers import contradicted, seen, standing_ranking, summary, unsure
from .features import SHARED
from .features.judging import COLUMNS
from .policy import Labelled, Signals
from .texts import RULES, Basis, read_texts

CHUNK = 5000
DESCRIBED = SHARED.index("prompt_length")  # a column that rules fill in whatever else is known

Found = tuple[int, str, str, str, int]  # id, key, group, category, k


@dataclass(frozen=True, slots=True)
class Open:
    """The open comparisons in order of id: `ids` and `judged` (the judge has answered) have shape (n,), and
    `rankings` are what it answered, n of them, empty where it has not."""

    ids: NDArray[np.int64]
    signals: Signals
    judged: NDArray[np.bool_]
    rankings: Sequence[str]


@dataclass(frozen=True, slots=True)
class Read:
    """What is open and what was learned; `described` says how many open comparisons have a known text."""

    open: Open
    labelled: Labelled
    described: int
    basis: Basis = RULES


def open_comparisons(project: Project) -> QuerySet[Comparison]:
    """Comparisons without a person's label, not lent to one, fit to be lent, and no gold: what is known needs
    nobody's label, and instruments are lent by themselves."""
    here = {"comparison": OuterRef("pk"), "annotator__kind": Annotator.Kind.HUMAN}
    labelled = Label.objects.filter(**here, current=True)
    started = Assignment.objects.filter(
        **here,
        purpose=Assignment.Purpose.WORK,
        state__in=[Assignment.State.LIVE, Assignment.State.SUBMITTED],
    )
    gold = Gold.objects.filter(reference__comparison=OuterRef("pk"))
    comparisons = Comparison.objects.filter(
        ~Exists(labelled), ~Exists(started), ~Exists(gold), project=project
    )
    return comparisons if project.lend_unfit else comparisons.filter(fit=True)


def read(project: Project, judge: Annotator | None) -> Read:
    """The open comparisons with their signals, seen from `judge`, and those that people and it labelled."""
    with _to_the_end():
        return _read(project, judge)


def _read(project: Project, judge: Annotator | None) -> Read:
    is_open = list(_found(open_comparisons(project)))
    people = Label.objects.filter(
        comparison=OuterRef("pk"), annotator__kind=Annotator.Kind.HUMAN, independent=True, current=True
    )
    both = Comparison.objects.filter(Exists(people), project=project)
    if judge is not None:
        both = both.filter(
            Exists(Label.objects.filter(comparison=OuterRef("pk"), annotator=judge, current=True))
        )
    labelled = list(_found(both)) if judge is not None else []
    known = {pk for pk, *_ in labelled}
    rows = [*is_open, *labelled]
    signals, judged, standing, basis = _signals(project, judge, rows)
    n = len(is_open)
    rankings = [standing.get(row, "") for row in range(n)]
    wrong = _wrong(project, judge, known) if judge else {}
    told = [(place, wrong[pk]) for place, (pk, *_) in enumerate(labelled) if pk in wrong]
    places = np.array([n + place for place, _ in told], dtype=np.int64)
    figures = np.array([pair for _, pair in told], dtype=np.float64).reshape(-1, 2)
    opened = signals.at(np.arange(n))
    return Read(
        Open(np.fromiter((pk for pk, *_ in is_open), np.int64, n), opened, judged[:n], rankings),
        Labelled(signals.at(places), figures[:, 0], figures[:, 1]),
        int(np.count_nonzero(~np.isnan(opened.shared[:, DESCRIBED]))) if n else 0,
        basis,
    )


@contextmanager
def _to_the_end() -> Iterator[None]:
    """PostgreSQL plans a cursor as if a tenth of its rows were wanted, and soon; here all of them are read.
    What it chose for the tenth took a hundred times as long for the whole."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        # Its figures may be from before the first label of people, after an import of a million: autovacuum
        # waits for a tenth of the table. It then compares every comparison with every lease.
        cursor.execute("SET cursor_tuple_fraction = 1; ANALYZE annotation_assignment")
        try:
            yield
        finally:
            cursor.execute("RESET cursor_tuple_fraction")


def _found(comparisons: QuerySet[Comparison]) -> Iterator[Found]:
    columns = ("pk", "external_id", "group", "category", "k")
    return comparisons.order_by("pk").values_list(*columns).iterator(chunk_size=CHUNK)


def _signals(
    project: Project, judge: Annotator | None, rows: list[Found]
) -> tuple[Signals, NDArray[np.bool_], dict[int, str], Basis]:
    """Signals of these comparisons, whether the judge has answered, by row what it answered, and what the
    texts are described by."""
    n = len(rows)
    place = {pk: index for index, (pk, *_) in enumerate(rows)}
    totals = np.zeros((4, n))
    judging = np.full((n, len(COLUMNS)), np.nan)
    judged = np.zeros(n, dtype=np.bool_)
    standing: dict[int, str] = {}
    panel = judge is not None and judge.members.exists()  # it says what others have said already
    for pk, votes in groupby(_votes(project, judge), key=itemgetter(0)):
        index = place.get(pk)
        if index is not None:
            pattern, k = tuple(vote[1:] for vote in votes), rows[index][4]
            own_voices = tuple(vote for vote in pattern if not vote[1]) if panel else pattern
            totals[:, index] = summary(own_voices or pattern, k)
            ranking = standing_ranking(pattern)
            if ranking is not None:
                judged[index] = True
                standing[index] = ranking
                judging[index] = seen(pattern, k)
    judges, differing, flipped, tied = totals
    shared, toward, basis = read_texts(project, place, [row[4] for row in rows], standing)
    signals = Signals(
        keys=[row[1] for row in rows],
        groups=[row[2] for row in rows],
        categories=[row[3] for row in rows],
        judges=judges.astype(np.int64),
        differing=differing,
        flipped=flipped,
        tied=tied,
        judging=judging,
        shared=shared,
        toward=toward,
    )
    return signals, judged, standing, basis


def _votes(
    project: Project, judge: Annotator | None
) -> Iterable[tuple[int, int, bool, str, bool, float | None]]:
    """(comparison, criterion, stands, ranking, flipped, unsure) of every judge's label, in that order.

    Only independent labels on current criteria; `stands` where `judge` gave it, and only there it is said how
    unsure it was. Panels that do not stand are left out: their members are there.
    """
    panels = Annotator.objects.filter(project=project, members__isnull=False).exclude(
        pk=judge.pk if judge else 0
    )
    labels = (
        Label.objects.filter(
            project=project,
            annotator__kind=Annotator.Kind.JUDGE,
            independent=True,
            current=True,
            criterion__retired_at=None,
        )
        .exclude(annotator__in=panels)
        .order_by("comparison_id", "criterion__position", "criterion_id", "annotator_id")
    )
    who = ("comparison_id", "criterion_id", "annotator_id")
    said = ("ranking", "annotation__order_consistent", "confidence", "soft__probabilities", "comparison__k")
    rows = labels.values_list(*who, *said).iterator(CHUNK)
    own = judge.pk if judge else 0
    for pk, criterion, annotator, ranking, consistent, word, chances, k in rows:
        sure = unsure(ranking, k, chances, word) if annotator == own else None
        yield pk, criterion, annotator == own, ranking, consistent is False, sure


def _wrong(project: Project, judge: Annotator, known: set[int]) -> dict[int, tuple[float, float]]:
    """By comparison: the share of people's answers that contradict the judge, and each other (or NaN)."""
    labels = Label.objects.filter(
        project=project, independent=True, current=True, criterion__retired_at=None
    ).order_by("comparison_id", "criterion_id")
    people = labels.filter(annotator__kind=Annotator.Kind.HUMAN) | labels.filter(annotator=judge)
    columns = ("comparison_id", "criterion_id", "annotator_id", "ranking", "comparison__k")
    figures = {}
    rows = people.values_list(*columns).iterator(CHUNK)
    for pk, group in groupby(rows, key=itemgetter(0)):
        if pk in known:
            votes = [(criterion, who == judge.pk, ranking, k) for _, criterion, who, ranking, k in group]
            pair = contradicted(votes)
            if pair is not None:
                figures[pk] = pair
    return figures
