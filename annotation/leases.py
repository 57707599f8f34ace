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
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from .models import Annotator, Assignment, Comparison, Demand, Project, Rendering
from .projects import lock_demand, pool_ids_of
from .ranking import letters
from .rows import adapt, columns, instance, optional

# The annotator's slot in the open queue: best priority first, never what they hold, gave back or answered.
# MATERIALIZED keeps PostgreSQL from running the locking SELECT more than once; OFFSET keeps it from comparing
# each slot with all that the annotator ever had, which it takes for little.
_TAKE = """
WITH picked AS MATERIALIZED (
    SELECT d.id FROM annotation_demand d
    WHERE d.{source} = %(source)s AND d.wanted > (d.live + d.done)
      AND NOT EXISTS (SELECT 1 FROM annotation_assignment a WHERE a.comparison_id = d.comparison_id
                      AND a.annotator_id = %(annotator)s AND a.round = 0 AND a.state <> 'expired'
                      LIMIT 1 OFFSET 0)
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
    (comparison_id, annotator_id, round, purpose, state, skip_reason, demand_id, shown, claimed_at,
     leased_until)
VALUES {rows}
ON CONFLICT (comparison_id, annotator_id, round) DO UPDATE SET state = 'live', demand_id = excluded.demand_id,
    claimed_at = excluded.claimed_at, leased_until = excluded.leased_until
    WHERE annotation_assignment.state = 'expired' AND annotation_assignment.purpose = 'work'
RETURNING id
"""

# What a person holds, with what a page shows of it.
_HELD = """
SELECT {columns} FROM annotation_assignment a
JOIN annotation_comparison c ON c.id = a.comparison_id
LEFT JOIN annotation_rendering r ON r.comparison_id = c.id
WHERE a.annotator_id = %s AND a.state = 'live' AND a.leased_until > %s {but}
ORDER BY a.id LIMIT {limit:d}
"""
_SHOWN = ("id", "k")
_RENDERING: Any = Comparison._meta.get_field("rendering")

_UNLIMITED = 2**31 - 1

# Seconds that a comparison fetched ahead stays with somebody who has not seen it yet; `renew` prolongs it.
HOLD_SECONDS = 300

# The most that `open_count` counts.
COUNTED = 5000


class _Raced(Exception):
    """The same annotator claimed twice at once and both picked the same comparison."""


def claim(
    annotator: Annotator, project: Project, n: int = 1, have: Sequence[int] = (), lean: bool = False
) -> list[Assignment]:
    """Lends up to `n` comparisons, best first, with `comparison` and its `rendering` loaded.

    `lean`: of a person's comparisons only `k` is loaded beside the rendering, which is all that a card shows.

    A person gets what they already hold before anything new, so a reload or a second tab shows the same
    work, and is lent nothing more while they hold `n` (tabs opened at the same instant may each take one).
    With `n` above one a person fetches ahead: leases are short, until `renew`. Assignments that they `have`
    count towards `n` and are left out of the result.
    A judge's workers run side by side, so a judge always gets new ones.
    Leases that ran out go back to the queue when it looks empty, and every 30 s in any case.
    """
    if annotator.kind == Annotator.Kind.HUMAN:
        return _claim_for_person(annotator, project, n, have, lean)
    sources = [("judge_id", annotator.pk)]
    ids = _take(annotator, project, sources, n, _UNLIMITED, project.lease_seconds)
    if len(ids) < n and expire(project):
        ids += _take(annotator, project, sources, n - len(ids), _UNLIMITED, project.lease_seconds)
    return _loaded(ids)


def _claim_for_person(
    annotator: Annotator, project: Project, n: int, have: Sequence[int], lean: bool
) -> list[Assignment]:
    wanted = n - len(have)
    if wanted < 1:
        return []
    sources = [("pool_id", pool) for pool in pool_ids_of(annotator, project)]
    lent_for = project.lease_seconds if n == 1 else min(project.lease_seconds, HOLD_SECONDS)
    _take(annotator, project, sources, wanted, n, lent_for)
    held = _held(annotator, wanted, have, lean)
    if len(held) < wanted and expire(project):
        _take(annotator, project, sources, wanted - len(held), n, lent_for)
        held = _held(annotator, wanted, have, lean)
    return held


def renew(annotator: Annotator, project: Project, shown: Sequence[int], held: Sequence[int] = ()) -> set[int]:
    """Prolongs the leases of a person at work: in full for what is shown, a short hold for what is fetched
    ahead. Gives the assignments that are still theirs. Two SQL statements."""
    now = timezone.now()
    theirs = Assignment.objects.filter(
        pk__in=[*shown, *held], annotator=annotator, state=Assignment.State.LIVE
    )
    until = Case(
        When(pk__in=list(shown), then=Value(now + timedelta(seconds=project.lease_seconds))),
        default=Value(now + timedelta(seconds=min(project.lease_seconds, HOLD_SECONDS))),
    )
    theirs.update(leased_until=Greatest(F("leased_until"), until))
    return set(theirs.values_list("pk", flat=True))


def expire(project: Project | None = None, at: datetime | None = None, limit: int = 1000) -> int:
    """Returns the slots of leases that ran out before `at` (now). Gives the number of leases expired."""
    with transaction.atomic():
        lapsed = Assignment.objects.filter(
            state=Assignment.State.LIVE, leased_until__lt=at or timezone.now()
        ).select_for_update(skip_locked=True, of=("self",))
        if project is not None:
            lapsed = lapsed.filter(comparison__project=project)
        return _release(list(lapsed.order_by("leased_until")[:limit]), Assignment.State.EXPIRED)


def give_back(
    annotator: Annotator, assignment_ids: Sequence[int], again: bool = False, reason: str = ""
) -> int:
    """Ends live leases without an answer. Gives the number ended.

    The same annotator is not lent these comparisons any more; with `again` (it never looked at them) it is.
    `reason` is one of Assignment.SkipReason: why a person skipped.
    """
    state = Assignment.State.EXPIRED if again else Assignment.State.RETURNED
    with transaction.atomic():
        live = Assignment.objects.filter(
            pk__in=assignment_ids, annotator=annotator, state=Assignment.State.LIVE
        ).select_for_update(of=("self",))
        return _release(list(live.order_by("pk")), state, reason)


def lend_again(annotator: Annotator, assignment_ids: Sequence[int] | None = None) -> int:
    """Lets an annotator be asked again about what they gave back (a judge's failed comparisons, a person's
    skipped ones): about all of it, or about these assignments. Gives their number."""
    returned = Assignment.objects.filter(annotator=annotator, state=Assignment.State.RETURNED)
    if assignment_ids is not None:
        returned = returned.filter(pk__in=assignment_ids)
    return returned.update(state=Assignment.State.EXPIRED, skip_reason="")


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


def done_by(annotator: Annotator) -> int:
    """How many comparisons this annotator has submitted. One SQL statement, which takes the longer the more
    they are."""
    return Assignment.objects.filter(
        annotator=annotator, state=Assignment.State.SUBMITTED, purpose=Assignment.Purpose.WORK
    ).count()


def open_count(annotator: Annotator, project: Project) -> int | None:
    """Comparisons that this annotator could still be lent, those in hand included; None where they are more
    than COUNTED, because counting on would cost more than the figure is worth.

    One SQL statement for each of their pools, along the index of what is open and no further than it takes,
    and one for what they have in hand.
    """
    mine = Assignment.objects.filter(annotator=annotator)
    gone = mine.filter(comparison=OuterRef("comparison")).exclude(state=Assignment.State.EXPIRED)
    found: set[int] = set()
    for pool in pool_ids_of(annotator, project):
        free = Demand.objects.filter(~Exists(gone), pool=pool, wanted__gt=F("live") + F("done"))
        in_order = free.order_by("-priority", "id").values_list("comparison", flat=True)
        found.update(in_order[: COUNTED + 1])
        if len(found) > COUNTED:
            return None
    return len(found) + mine.filter(state=Assignment.State.LIVE).count()


def _number(rows: QuerySet[Any]) -> Coalesce:
    """The number of comparisons in `rows` as an expression, to be counted inside another statement."""
    number = Count("comparison", distinct=True)
    counted = rows.order_by().values(all=Value(1)).annotate(number=number).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _draw(*parts: object) -> bytes:
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()


def _take(
    annotator: Annotator,
    project: Project,
    sources: list[tuple[str, int]],
    n: int,
    hold: int,
    lent_for: int,
) -> list[int]:
    ids: list[int] = []
    for column, source in sources:
        while len(ids) < n:
            # One at a time to people, because what they hold is counted before each.
            step = n - len(ids) if hold == _UNLIMITED else 1
            got = _take_from(annotator, (column, source), step, hold, lent_for)
            ids += got
            if len(got) < step:
                break
    return ids


def _take_from(annotator: Annotator, source: tuple[str, int], n: int, hold: int, lent_for: int) -> list[int]:
    for _ in range(3):
        try:
            with transaction.atomic():
                return _lend(annotator, _pick(annotator, *source, n, hold), lent_for)
        except _Raced:
            continue
    return []


def _pick(annotator: Annotator, column: str, source: int, n: int, hold: int) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE.format(source=column, lock=_lock_clause(), limit=n),
            {"source": source, "annotator": annotator.pk, "hold": hold, "now": adapt(timezone.now())},
        )
        picked = sorted(cursor.fetchall(), key=lambda row: (row[3], row[0]))  # an UPDATE keeps no order
    return [(demand, comparison, k) for demand, comparison, k, _ in picked]


def _lock_clause() -> str:
    return "FOR UPDATE OF d SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""


def _lend(annotator: Annotator, picked: list[tuple[int, int, int]], lent_for: int) -> list[int]:
    if not picked:
        return []
    now = timezone.now()
    until = now + timedelta(seconds=lent_for)
    values: list[Any] = []
    for demand_id, comparison_id, k in picked:
        shown = shown_order(annotator, comparison_id, k)
        values += [comparison_id, annotator.pk, demand_id, shown, now, until]
    rows = ", ".join(["(%s, %s, 0, 'work', 'live', '', %s, %s, %s, %s)"] * len(picked))
    with connection.cursor() as cursor:
        cursor.execute(_LEND.format(rows=rows), [adapt(value) for value in values])
        ids = [row[0] for row in cursor.fetchall()]
    if len(ids) < len(picked):
        raise _Raced
    return ids


def _with_content(assignments: QuerySet[Assignment]) -> QuerySet[Assignment]:
    return assignments.select_related("comparison", "comparison__rendering")


def _held(annotator: Annotator, n: int, have: Sequence[int], lean: bool) -> list[Assignment]:
    """Written by hand, because every answer waits for it: the ORM takes ten times as long."""
    only = _SHOWN if lean else ()
    read = [columns(Assignment, "a"), columns(Comparison, "c", *only), columns(Rendering, "r")]
    but = f"AND a.id NOT IN ({', '.join(['%s'] * len(have))})" if have else ""
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD.format(columns=", ".join(read), but=but, limit=n),
            [annotator.pk, adapt(timezone.now()), *have],
        )
        found = cursor.fetchall()
    held = []
    for row in map(iter, found):
        assignment = instance(Assignment, row)
        comparison = assignment.comparison = instance(Comparison, row, *only)
        _RENDERING.set_cached_value(comparison, optional(Rendering, row))  # None: nobody looks it up again
        held.append(assignment)
    return held


def _loaded(ids: list[int]) -> list[Assignment]:
    return list(_with_content(Assignment.objects.filter(pk__in=ids)).order_by("id")) if ids else []


def _release(assignments: list[Assignment], state: str, reason: str = "") -> int:
    """Ends live leases (already locked) and gives their slots back."""
    if assignments:
        Assignment.objects.filter(pk__in=[a.pk for a in assignments]).update(
            state=state, demand=None, skip_reason=reason
        )
        slots = Counter(a.demand_id for a in assignments if a.demand_id is not None)
        lock_demand(Demand.objects.filter(pk__in=list(slots)))
        for number in set(slots.values()):
            same = [demand for demand, count in slots.items() if count == number]
            Demand.objects.filter(pk__in=same).update(live=F("live") - number)
    return len(assignments)
