"""Lending: the only place that creates a working Assignment.

One short transaction of two statements. PostgreSQL skips rows that others are locking; SQLite has no such
thing and needs none, because an IMMEDIATE transaction holds the only write lock. `Demand.live` counts the
slots out on loan, and a check constraint keeps `live + done <= wanted`.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from .models import Annotator, Assignment, Demand, Project
from .projects import lock_demand, pool_ids_of
from .ranking import letters

# The annotator's slot in the open queue: best priority first, never what they hold, gave back or answered.
# MATERIALIZED keeps PostgreSQL from running the locking SELECT more than once.
_TAKE = """
WITH picked AS MATERIALIZED (
    SELECT d.id FROM annotation_demand d
    WHERE d.{source} = %(source)s AND d.wanted > (d.live + d.done)
      AND NOT EXISTS (SELECT 1 FROM annotation_assignment a WHERE a.comparison_id = d.comparison_id
                      AND a.annotator_id = %(annotator)s AND a.round = 0 AND a.state <> 'expired')
      AND (SELECT count(*) FROM annotation_assignment h
           WHERE h.annotator_id = %(annotator)s AND h.state = 'live' AND h.leased_until > %(now)s) < %(hold)s
    ORDER BY d.priority DESC, d.id
    LIMIT {limit:d} {lock}
)
UPDATE annotation_demand SET live = live + 1 WHERE id IN (SELECT id FROM picked)
RETURNING id, comparison_id, (SELECT k FROM annotation_comparison c WHERE c.id = comparison_id), -priority
"""

# A lease that ran out may be taken up again by the same annotator: the row comes back to life.
_LEND = """
INSERT INTO annotation_assignment
    (comparison_id, annotator_id, round, purpose, state, demand_id, shown, claimed_at, leased_until)
VALUES {rows}
ON CONFLICT (comparison_id, annotator_id, round) DO UPDATE SET state = 'live', demand_id = excluded.demand_id,
    claimed_at = excluded.claimed_at, leased_until = excluded.leased_until
    WHERE annotation_assignment.state = 'expired' AND annotation_assignment.purpose = 'work'
RETURNING id
"""

_UNLIMITED = 2**31 - 1


class _Raced(Exception):
    """The same annotator claimed twice at once and both picked the same comparison."""


def claim(annotator: Annotator, project: Project, n: int = 1) -> list[Assignment]:
    """Lends up to `n` comparisons, best first, with `comparison` and its `rendering` loaded.

    A person gets what they already hold before anything new, so a reload or a second tab shows the same
    work, and is lent nothing more while they hold `n` (tabs opened at the same instant may each take one).
    A judge's workers run side by side, so a judge always gets new ones.
    Leases that ran out go back to the queue when it looks empty, and every 30 s in any case.
    """
    human = annotator.kind == Annotator.Kind.HUMAN
    sources = (
        [("pool_id", pool) for pool in pool_ids_of(annotator, project)]
        if human
        else [("judge_id", annotator.pk)]
    )
    hold = n if human else _UNLIMITED
    ids = _take(annotator, project, sources, n, hold)
    held = _held(annotator, n) if human else _loaded(ids)
    if len(held) < n and expire(project):
        ids += _take(annotator, project, sources, n - len(held), hold)
        held = _held(annotator, n) if human else _loaded(ids)
    return held


def expire(project: Project | None = None, at: datetime | None = None, limit: int = 1000) -> int:
    """Returns the slots of leases that ran out before `at` (now). Gives the number of leases expired."""
    with transaction.atomic():
        lapsed = Assignment.objects.filter(
            state=Assignment.State.LIVE, leased_until__lt=at or timezone.now()
        ).select_for_update(skip_locked=True, of=("self",))
        if project is not None:
            lapsed = lapsed.filter(comparison__project=project)
        return _release(list(lapsed.order_by("leased_until")[:limit]), Assignment.State.EXPIRED)


def give_back(annotator: Annotator, assignment_ids: Sequence[int], again: bool = False) -> int:
    """Ends live leases without an answer. Gives the number ended.

    The same annotator is not lent these comparisons any more; with `again` (it never looked at them) it is.
    """
    state = Assignment.State.EXPIRED if again else Assignment.State.RETURNED
    with transaction.atomic():
        live = Assignment.objects.filter(
            pk__in=assignment_ids, annotator=annotator, state=Assignment.State.LIVE
        ).select_for_update(of=("self",))
        return _release(list(live.order_by("pk")), state)


def lend_again(annotator: Annotator) -> int:
    """Lets an annotator be asked again about what they gave back (a judge's failed comparisons)."""
    return Assignment.objects.filter(annotator=annotator, state=Assignment.State.RETURNED).update(
        state=Assignment.State.EXPIRED
    )


def shown_order(annotator: Annotator, comparison_id: int, k: int) -> str:
    """Stored letters in the order shown: fixed for (annotator, comparison), uniform over comparisons.

    A judge's assignment is in stored order; the orders it is asked in are on its calls.
    """
    stored = letters(k)
    if annotator.kind == Annotator.Kind.JUDGE:
        return stored
    return "".join(sorted(stored, key=lambda letter: _draw(annotator.pk, comparison_id, letter)))


def done_count() -> Coalesce:
    """For `project_for(..., done=done_count())`: how many the member has submitted, in the same statement."""
    return _number(
        Assignment.objects.filter(
            annotator=OuterRef("annotator"), state=Assignment.State.SUBMITTED, purpose=Assignment.Purpose.WORK
        )
    )


def open_count(annotator: Annotator, project: Project) -> int:
    """Comparisons that this annotator could still be lent, those in hand included. One SQL statement."""
    mine = Assignment.objects.filter(annotator=annotator)
    gone = mine.filter(comparison=OuterRef("comparison")).exclude(state=Assignment.State.EXPIRED)
    free = Demand.objects.filter(
        ~Exists(gone), pool__in=pool_ids_of(annotator, project), wanted__gt=F("live") + F("done")
    )
    in_hand = mine.filter(state=Assignment.State.LIVE)
    return int(
        Annotator.objects.filter(pk=annotator.pk)
        .values_list(_number(free) + _number(in_hand), flat=True)
        .get()
    )


def _number(rows: QuerySet[Any]) -> Coalesce:
    """The number of comparisons in `rows` as an expression, to be counted inside another statement."""
    number = Count("comparison", distinct=True)
    counted = rows.order_by().values(all=Value(1)).annotate(number=number).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _draw(*parts: object) -> bytes:
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()


def _take(
    annotator: Annotator, project: Project, sources: list[tuple[str, int]], n: int, hold: int
) -> list[int]:
    ids: list[int] = []
    for column, source in sources:
        while len(ids) < n:
            # One at a time to people, because what they hold is counted before each.
            step = n - len(ids) if hold == _UNLIMITED else 1
            got = _take_from(annotator, project, column, source, step, hold)
            ids += got
            if len(got) < step:
                break
    return ids


def _take_from(
    annotator: Annotator, project: Project, column: str, source: int, n: int, hold: int
) -> list[int]:
    for _ in range(3):
        try:
            with transaction.atomic():
                return _lend(annotator, project, _pick(annotator, column, source, n, hold))
        except _Raced:
            continue
    return []


def _pick(annotator: Annotator, column: str, source: int, n: int, hold: int) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE.format(source=column, lock=_lock_clause(), limit=n),
            {"source": source, "annotator": annotator.pk, "hold": hold, "now": _adapt(timezone.now())},
        )
        picked = sorted(cursor.fetchall(), key=lambda row: (row[3], row[0]))  # an UPDATE keeps no order
    return [(demand, comparison, k) for demand, comparison, k, _ in picked]


def _lock_clause() -> str:
    return "FOR UPDATE OF d SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""


def _lend(annotator: Annotator, project: Project, picked: list[tuple[int, int, int]]) -> list[int]:
    if not picked:
        return []
    now = timezone.now()
    until = now + timedelta(seconds=project.lease_seconds)
    values: list[Any] = []
    for demand_id, comparison_id, k in picked:
        shown = shown_order(annotator, comparison_id, k)
        values += [comparison_id, annotator.pk, demand_id, shown, now, until]
    rows = ", ".join(["(%s, %s, 0, 'work', 'live', %s, %s, %s, %s)"] * len(picked))
    with connection.cursor() as cursor:
        cursor.execute(_LEND.format(rows=rows), [_adapt(value) for value in values])
        ids = [row[0] for row in cursor.fetchall()]
    if len(ids) < len(picked):
        raise _Raced
    return ids


def _adapt(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _with_content(assignments: QuerySet[Assignment]) -> QuerySet[Assignment]:
    return assignments.select_related("comparison", "comparison__rendering")


def _held(annotator: Annotator, n: int) -> list[Assignment]:
    live = Assignment.objects.filter(
        annotator=annotator, state=Assignment.State.LIVE, leased_until__gt=timezone.now()
    )
    return list(_with_content(live).order_by("id")[:n])


def _loaded(ids: list[int]) -> list[Assignment]:
    return list(_with_content(Assignment.objects.filter(pk__in=ids)).order_by("id")) if ids else []


def _release(assignments: list[Assignment], state: str) -> int:
    """Ends live leases (already locked) and gives their slots back."""
    if assignments:
        Assignment.objects.filter(pk__in=[a.pk for a in assignments]).update(state=state, demand=None)
        slots = Counter(a.demand_id for a in assignments if a.demand_id is not None)
        lock_demand(Demand.objects.filter(pk__in=list(slots)))
        for number in set(slots.values()):
            same = [demand for demand, count in slots.items() if count == number]
            Demand.objects.filter(pk__in=same).update(live=F("live") - number)
    return len(assignments)
