"""Lending: the only place that creates a working Assignment.

One short transaction of two statements. PostgreSQL skips rows that others are locking; SQLite has no such
thing and needs none, because an IMMEDIATE transaction holds the only write lock. `Demand.live` counts the
slots out on loan, and a check constraint keeps `live + done <= wanted`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..instruments import before_work, lending
from ..models import Annotator, Assignment, Demand, Project
from ..projects import pool_ids_of
from ..rows import listed
from .ending import HOLD_SECONDS, expire, give_back, lend_again, renew
from .in_hand import SHOWN, held_by, lent_columns, read
from .open_queue import UNLIMITED, next_open, open_count, take
from .order import shown_order
from .urgency import set_priorities

__all__ = [
    "HOLD_SECONDS",
    "claim",
    "claim_those",
    "done_by",
    "done_count",
    "expire",
    "give_back",
    "holds",
    "lend_again",
    "next_open",
    "open_count",
    "renew",
    "set_priorities",
    "shown_order",
]

# A lease that ran out may be taken up again by the same annotator, whatever it was for: the row comes back to
# life.
_LEND = """
INSERT INTO annotation_assignment ({columns}) {rows}
ON CONFLICT (comparison_id, annotator_id, round) DO UPDATE SET state = 'live', purpose = 'work',
    demand_id = excluded.demand_id, claimed_at = excluded.claimed_at, leased_until = excluded.leased_until
    WHERE annotation_assignment.state = 'expired'
RETURNING {returning}
"""
_LENT = (
    *("comparison_id", "annotator_id", "round", "purpose", "state", "skip_reason", "demand_id", "shown"),
    *("claimed_at", "leased_until"),
)


class _Raced(Exception):
    """The same annotator claimed twice at once and both picked the same comparison."""


def claim(
    annotator: Annotator,
    project: Project,
    n: int = 1,
    have: Sequence[int] = (),
    *,
    ahead: bool = False,
    lean: bool = False,
) -> list[Assignment]:
    """Lends up to `n` comparisons, best first, with `comparison` and its `rendering` loaded.

    `ahead`: somebody renews these leases while they are needed, so until then they last HOLD_SECONDS only.
    `lean`: of a person's comparisons only `k` is loaded beside the rendering, which is all that a card shows.

    A person gets what they already hold before anything new, so a reload or a second tab shows the same
    work, and is lent nothing more while they hold `n` (tabs opened at the same instant may each take one).
    Whoever is paused or excluded gets what they hold, and nothing new; so does everybody in a project that is
    not open. Judges work in any that is not put away. Before the work come the project's consent, test and
    training, and whatever there is to read (`instruments.before_work`); instruments come behind the work
    (`instruments.lending`).
    Assignments that they `have` count towards `n` and are left out of the result.
    `open_queue.take` says in which order they go through what is open.
    A judge's workers run side by side, so a judge always gets new ones.
    Leases that ran out go back to the queue when it looks empty, and every 30 s in any case.
    """
    lent_for = min(project.lease_seconds, HOLD_SECONDS) if ahead else project.lease_seconds
    if annotator.kind == Annotator.Kind.HUMAN:
        if project.labels_per_person is None:
            return _claim_for_person(annotator, project, n, have, lent_for, lean)
        with transaction.atomic():
            most = min(n, _room_of(annotator, project.labels_per_person))
            return _claim_for_person(annotator, project, most, have, lent_for, lean)
    if project.put_away:
        return []
    sources = [("judge_id", annotator.pk)]
    lent = _take(annotator, sources, n, UNLIMITED, lent_for)
    if len(lent) < n and expire(project):
        lent += _take(annotator, sources, n - len(lent), UNLIMITED, lent_for)
    return _loaded([pk for (pk,) in lent])


def claim_those(annotator: Annotator, project: Project, comparison_ids: Sequence[int]) -> list[Assignment]:
    """Lends a judge these comparisons, as far as they are asked of it and it has neither answered, given back
    nor holds them. For one that answers from what others have said, when they have. Some four statements."""
    taken = Assignment.objects.filter(comparison=OuterRef("comparison"), annotator=annotator, round=0)
    asked = Demand.objects.filter(
        judge=annotator, comparison__in=comparison_ids, wanted__gt=F("live") + F("done")
    ).exclude(Exists(taken.exclude(state=Assignment.State.EXPIRED)))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            free = asked.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
            picked = list(free.values_list("pk", "comparison_id", "comparison__k"))
            Demand.objects.filter(pk__in=[pk for pk, _, _ in picked]).update(live=F("live") + 1)
            lent = _lend(cursor, annotator, picked, project.lease_seconds, "id")
    except _Raced:
        return []
    return _loaded([pk for (pk,) in lent])


def _claim_for_person(
    annotator: Annotator, project: Project, n: int, have: Sequence[int], lent_for: int, lean: bool
) -> list[Assignment]:
    wanted = n - len(have)
    if wanted < 1:
        return []
    only = SHOWN if lean else ()
    if not (annotator.may_be_lent and project.lends):
        return held_by(annotator, wanted, have, only)
    if not before_work.is_over(annotator, project):
        before_work.lend(annotator, project, n, lent_for)
        if before_work.waits(annotator, project):
            return []
        if not before_work.is_over(annotator, project):
            return held_by(annotator, wanted, have, only)
    sources = [("pool_id", pool) for pool in pool_ids_of(annotator, project)]
    lent = _take(annotator, sources, wanted, n, lent_for, lent_columns() if lean else "id")
    lending.behind(annotator, project, [row[0] for row in lent], lent_for)
    lacking = [row for row in lent if row[0] not in have]  # a lease that ran out may have come back to life
    if lean and len(lacking) == wanted:
        return [read(row, SHOWN) for row in lacking]
    held = held_by(annotator, wanted, have, only)
    if len(held) < wanted and expire(project):
        more = _take(annotator, sources, wanted - len(held), n, lent_for)
        lending.behind(annotator, project, [row[0] for row in more], lent_for)
        held = held_by(annotator, wanted, have, only)
    return held


def _room_of(annotator: Annotator, cap: int) -> int:
    """How many they may hold at once under the project's cap for a person. Locks the annotator, so that two
    tabs do not both take the last one."""
    Annotator.objects.select_for_update(of=("self",)).get(pk=annotator.pk)
    return max(0, cap - done_by(annotator))


def done_count() -> Coalesce:
    """For `project_for(..., done=done_count())`: how many the member has submitted, in the same statement."""
    return _number(_given().filter(annotator=OuterRef("annotator")))


def holds(annotator: Annotator | None, comparison_id: int) -> bool:
    """Whether this comparison is lent to them and unanswered: what others said of it is not for them yet."""
    if annotator is None:
        return False
    held = Assignment.objects.filter(annotator=annotator, state=Assignment.State.LIVE)
    return held.filter(comparison=comparison_id).exists()


def done_by(annotator: Annotator) -> int:
    """How many answers this annotator has given. One SQL statement, which takes the longer the more
    they are."""
    return _given().filter(annotator=annotator).count()


def _given() -> QuerySet[Assignment]:
    """What was answered here, instruments among it: to the person they are work like any other."""
    elsewhere = (Assignment.Purpose.IMPORT, Assignment.Purpose.ADJUDICATION)
    return Assignment.objects.filter(state=Assignment.State.SUBMITTED).exclude(purpose__in=elsewhere)


def _number(rows: QuerySet[Any]) -> Coalesce:
    """The number of `rows` as an expression, to be counted inside another statement."""
    number = Count("pk")
    counted = rows.order_by().values(all=Value(1)).annotate(number=number).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _take(
    annotator: Annotator,
    sources: list[tuple[str, int]],
    n: int,
    hold: int,
    lent_for: int,
    returning: str = "id",
) -> list[Any]:
    """Lends up to `n`; rows of these columns."""
    lent: list[Any] = []
    for source in sources:
        while len(lent) < n:
            # One at a time to people, because what they hold is counted before each.
            step = n - len(lent) if hold == UNLIMITED else 1
            got = _take_from(annotator, source, step, hold, lent_for, returning)
            lent += got
            if len(got) < step:
                break
    return lent


def _take_from(
    annotator: Annotator, source: tuple[str, int], n: int, hold: int, lent_for: int, returning: str
) -> list[Any]:
    for _ in range(3):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                return _lend(cursor, annotator, take(cursor, annotator, source, n, hold), lent_for, returning)
        except _Raced:
            continue
    return []


def _lend(
    cursor: Any, annotator: Annotator, picked: list[tuple[int, int, int]], lent_for: int, returning: str
) -> list[Any]:
    if not picked:
        return []
    now = timezone.now()
    until = now + timedelta(seconds=lent_for)
    rows = [
        (comparison, annotator.pk, 0, "work", "live", "", demand, shown_order(annotator, comparison, k))
        for demand, comparison, k in picked
    ]
    table, values = listed(Assignment, _LENT, [(*row, now, until) for row in rows])
    statement = _LEND.format(columns=", ".join(_LENT), rows=table, returning=returning)
    cursor.execute(statement, values)
    lent = cursor.fetchall()
    if len(lent) < len(picked):
        raise _Raced
    return lent


def _loaded(ids: list[int]) -> list[Assignment]:
    lent = Assignment.objects.filter(pk__in=ids).select_related("comparison", "comparison__rendering")
    return list(lent.order_by("id")) if ids else []
