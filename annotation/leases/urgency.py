"""In which order people are lent what is open."""

from collections.abc import Iterable

from django.db import connection, transaction

from .open_queue import lock_clause

_STAGE = """
CREATE TEMPORARY TABLE annotation_urgent
    (comparison_id bigint PRIMARY KEY, priority double precision NOT NULL)
"""
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
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy("COPY annotation_urgent FROM STDIN") as copy:
                for row in priorities:
                    copy.write_row(row)
            cursor.execute("ANALYZE annotation_urgent")
        else:
            cursor.executemany("INSERT INTO annotation_urgent VALUES (%s, %s)", list(priorities))
        cursor.execute(_SET.format(lock=lock_clause()))
        cursor.execute("DROP TABLE annotation_urgent")
