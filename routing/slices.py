"""A plan put into effect slice by slice: each a short transaction, so that labelling goes on beside it.

What a slice decides is locked while it is stored (`decisions`), and whoever asks for work is lent something
else. Between slices a comparison is decided by the earlier plan or by this one, never by none. Whoever puts a
plan into effect keeps others of its project out until all of it is stored.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from django.db import connection, transaction

from annotation.models import Annotator, Decision, Project

from .decisions import Row, stage, store
from .models import Plan

SLICE = 10_000  # comparisons: a second or two


@contextmanager
def one_at_a_time(project: Project) -> Iterator[None]:
    """Waits until nobody else puts a plan of this project into effect, and keeps others out.

    On PostgreSQL by a lock of this connection's that outlives transactions and goes with the connection.
    SQLite has one writer whatever we do, so there everything is one transaction.
    """
    if connection.vendor != "postgresql":
        with transaction.atomic():
            yield
        return
    name = [f"routing plan of {project.pk}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", name)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


def store_in_slices(
    plan: Plan, rows: Iterable[Row], number: int, wanted: dict[int, int], judge: Annotator | None
) -> set[int]:
    """Stores `number` rows of a saved plan as Decisions and Demand; gives the comparisons to be left alone
    because somebody began them. `plan.progress` says how far it is."""
    waiting, left, done = iter(rows), set[int](), 0
    while some := list(islice(waiting, SLICE)):
        with transaction.atomic(savepoint=False):
            begun = stage(plan.project, some, judge)
            store(plan, (row for row in some if row.comparison_id not in begun), wanted, judge)
        left |= begun
        done += len(some)
        if done == number:
            break
        Plan.objects.filter(pk=plan.pk).update(progress={"done": done, "of": number})
    return left


def decided_by(plan: Plan) -> set[int]:
    """Comparisons that a plan has decided already: its worker died when it was half stored."""
    here = Decision.objects.filter(plan=plan.pk, superseded_at=None)
    return set(here.values_list("comparison_id", flat=True))
