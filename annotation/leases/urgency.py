"""In which order people are lent what is open."""

from collections.abc import Iterable

from django.db import connection, transaction

from ..bulk import stage_rows
from .open_queue import lock_clause

_COLUMNS = ("comparison_id bigint PRIMARY KEY", "priority double precision NOT NULL")
# Whoever is being lent something at this moment is not waited for: its place in the queue is over.
_SET = """
UPDATE annotation_demand SET priority = u.priority FROM annotation_urgent u
WHERE u.comparison_id = annotation_demand.comparison_id AND annotation_demand.id IN (
    SELECT d.id FROM annotation_demand d JOIN annotation_urgent u ON u.comparison_id = d.comparison_id
    WHERE d.wanted > d.live + d.done
        AND d.pool_id IN (SELECT p.id FROM annotation_pool p WHERE NOT p.adjudicates) {lock})
"""


@transaction.atomic
def set_priorities(priorities: Iterable[tuple[int, float]]) -> None:
    """Gives the open slots of pools on these comparisons (by id) a priority; higher is lent sooner.

    How many labels are wanted stays; so does what judges are asked for, and what waits to be adjudicated,
    which comes before anything else. Five SQL statements at most.
    """
    stage_rows("annotation_urgent", _COLUMNS, priorities)
    with connection.cursor() as cursor:
        cursor.execute(_SET.format(lock=lock_clause()))
        cursor.execute("DROP TABLE annotation_urgent")
