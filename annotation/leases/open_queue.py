"""What of the open queue an annotator could be lent, in order: best priority first, then by id.

By hand, so that PostgreSQL goes down the index of what is open and asks about each slot by itself. It plans a
statement that comes again and again without knowing the annotator; left to itself it would then compare
every slot with all that the annotator ever had, which takes seconds for a diligent one.
"""

from functools import cache
from typing import Any

from django.db import connection
from django.utils import timezone

from ..models import Annotator, Assignment, Project
from ..projects import pool_ids_of
from ..rows import adapt

# The most that `open_count` counts.
COUNTED = 5000

# Slots at the head of the queue that come before those behind what a person was lent last: what has become
# urgent stands there.
NEAR = 20

UNLIMITED = 2**31 - 1

# Open slots of a pool or judge; and of those, what the annotator neither holds nor gave back nor answered.
# OFFSET keeps that a question about one slot.
_OPEN = "d.{column} = %(source)s AND d.wanted > (d.live + d.done)"
_FOR_THEM = """NOT EXISTS (
    SELECT 1 FROM annotation_assignment a WHERE a.comparison_id = d.comparison_id
    AND a.annotator_id = %(annotator)s AND a.round = 0 AND a.state <> 'expired' LIMIT 1 OFFSET 0)"""

_WALK = """
SELECT d.id, d.comparison_id FROM annotation_demand d WHERE {open} {behind} AND {for_them}
ORDER BY d.priority DESC, d.id LIMIT {limit:d} {lock}
"""

_HEAD = """
SELECT d.id, d.comparison_id
FROM (SELECT d.id, d.priority FROM annotation_demand d WHERE {open}
      ORDER BY d.priority DESC, d.id LIMIT {near:d}) AS near
JOIN annotation_demand d ON d.id = near.id WHERE {open} AND {for_them}
ORDER BY near.priority DESC, near.id LIMIT {limit:d} {lock}
"""

# Somebody who answers faster than others has much behind them that is open, and nothing of it is for them. So
# they go on from here: in two walks, because a walk down an index has one beginning. Ranges where an equality
# would do leave PostgreSQL no way but down the index of this annotator's.
_LAST = """
WITH last AS MATERIALIZED (
    SELECT d.priority, d.id FROM annotation_demand d WHERE d.{column} = %(source)s AND d.id = coalesce(
        (SELECT a.demand_id FROM annotation_assignment a
         WHERE a.annotator_id BETWEEN %(annotator)s AND %(annotator)s AND a.state = 'live'
         ORDER BY a.annotator_id DESC, a.id DESC LIMIT 1),
        (SELECT a.demand_id FROM annotation_assignment a
         WHERE a.annotator_id BETWEEN %(annotator)s AND %(annotator)s AND a.state = 'submitted'
         ORDER BY a.annotator_id DESC, a.id DESC LIMIT 1)))
"""
_BEHIND_LAST = (
    "AND d.priority = (SELECT priority FROM last) AND d.id > (SELECT id FROM last)",
    "AND d.priority < (SELECT priority FROM last)",
)

_PART = "SELECT * FROM ({walk}) AS {name}"

# MATERIALIZED keeps PostgreSQL from running the locking SELECT more than once.
_TAKE_ALL = "WITH picked AS MATERIALIZED ({walk})"
_TAKE_ONE = """{last}, picked AS MATERIALIZED (
    SELECT id FROM ({walks}) AS walks
    WHERE (SELECT count(*) FROM annotation_assignment h WHERE h.annotator_id = %(annotator)s
           AND h.state = 'live' AND h.leased_until > %(now)s) < %(hold)s
    LIMIT 1)
"""
_TAKEN = """
UPDATE annotation_demand SET live = live + 1 WHERE id IN (SELECT id FROM picked)
RETURNING id, comparison_id, (SELECT k FROM annotation_comparison c WHERE c.id = comparison_id), -priority
"""


def take(
    cursor: Any, annotator: Annotator, source: tuple[str, int], n: int, hold: int = UNLIMITED
) -> list[tuple[int, int, int]]:
    """Takes up to `n` slots of a pool or judge (its column and id), best first: demand, comparison, k.

    A person takes one, unless they hold `hold`: the best of the first NEAR slots of the queue; where all of
    those were theirs before, the next one behind what they were lent last; and whatever is left where there
    is none. One SQL statement, to be run in a transaction.
    """
    column, pk = source
    statement = _taking(column, n, hold != UNLIMITED, lock_clause())
    cursor.execute(
        statement, {"source": pk, "annotator": annotator.pk, "hold": hold, "now": adapt(timezone.now())}
    )
    picked = sorted(cursor.fetchall(), key=lambda row: (row[3], row[0]))  # an UPDATE keeps no order
    return [(demand, comparison, k) for demand, comparison, k, _ in picked]


def lock_clause() -> str:
    return "FOR UPDATE OF d SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""


def next_open(annotator: Annotator, project: Project, limit: int) -> list[int]:
    """Comparisons that this person is likely to be lent next, at most `limit`. One SQL statement for each of
    their pools, as far as it takes, whose cost neither the queue nor their own answers raise."""
    found: dict[int, None] = {}
    for pool in pool_ids_of(annotator, project):
        if len(found) < limit:
            found |= dict.fromkeys(_comparisons(_coming(limit), annotator, pool))
    return list(found)[:limit]


def open_count(annotator: Annotator, project: Project) -> int | None:
    """Comparisons that this annotator could still be lent, those in hand included; None where they are more
    than COUNTED, because counting on would cost more than the figure is worth.

    One SQL statement for each of their pools, along the index of what is open and no further than it takes,
    and one for what they have in hand.
    """
    found: set[int] = set()
    for pool in pool_ids_of(annotator, project):
        found.update(_comparisons(_walk("pool_id", COUNTED + 1), annotator, pool))
        if len(found) > COUNTED:
            return None
    return len(found) + Assignment.objects.filter(annotator=annotator, state=Assignment.State.LIVE).count()


def _comparisons(statement: str, annotator: Annotator, pool: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"source": pool, "annotator": annotator.pk})
        return [row[-1] for row in cursor.fetchall()]


@cache
def _taking(column: str, n: int, one: bool, lock: str) -> str:
    if not one:
        return _TAKE_ALL.format(walk=_walk(column, n, lock)) + _TAKEN
    walks = _either([*_near(column, 1, lock), _walk(column, 1, lock)])
    return _TAKE_ONE.format(last=_LAST.format(column=column), walks=walks) + _TAKEN


@cache
def _coming(limit: int) -> str:
    return _LAST.format(column="pool_id") + _either(_near("pool_id", limit))


def _walk(column: str, limit: int, lock: str = "", behind: str = "") -> str:
    return _WALK.format(**_slots(column), behind=behind, limit=limit, lock=lock)


def _near(column: str, limit: int, lock: str = "") -> list[str]:
    """The walks that come first, whose cost does not depend on what the annotator had before."""
    head = _HEAD.format(**_slots(column), near=NEAR, limit=limit, lock=lock)
    return [head, *(_walk(column, limit, lock, behind) for behind in _BEHIND_LAST)]


def _slots(column: str) -> dict[str, str]:
    return {"open": _OPEN.format(column=column), "for_them": _FOR_THEM}


def _either(walks: list[str]) -> str:
    """One walk after the other; each of them is begun only where those before it did not find enough."""
    return " UNION ALL ".join(_PART.format(walk=walk, name=f"walk{n}") for n, walk in enumerate(walks))
