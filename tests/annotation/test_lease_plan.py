"""Lending and looking ahead read a few rows, however long the project and whatever the person did before.

Rows are counted by PostgreSQL itself, for statements as they run: prepared, and by the fifth time planned
without knowing for whom.
"""

from collections.abc import Callable

import pytest
from django.db import connection

from annotation import leases
from annotation.leases.open_queue import NEAR
from annotation.models import Annotator, Assignment, Comparison, Demand, Pool, PoolMembership, Project
from annotation.projects import touch
from frontend.rendering import render_ahead
from tests.factories import make_person, make_project

pytestmark = [pytest.mark.services, pytest.mark.django_db]

TIMES = 8  # PostgreSQL plans a prepared statement for good after five
LONG = 3000


def ask(pool: Pool, number: int, **fields: object) -> list[Demand]:
    """Demand of this pool for so many new comparisons."""
    name = f"{pool.pk}-{Comparison.objects.count()}"
    comparisons = Comparison.objects.bulk_create(
        Comparison(project=pool.project, external_id=f"{name}-{n}", prompt=[], k=2, group="g")
        for n in range(number)
    )
    return Demand.objects.bulk_create(
        Demand(comparison=comparison, pool=pool, **({"wanted": 1} | fields)) for comparison in comparisons
    )


def answered(person: Annotator, demands: list[Demand]) -> None:
    """What this person answered and others are still asked about."""
    Assignment.objects.bulk_create(
        Assignment(
            comparison_id=demand.comparison_id,
            annotator=person,
            demand=demand,
            state="submitted",
            shown="ab",
            claimed_at=person.created_at,
        )
        for demand in demands
    )


def diligent() -> tuple[Project, Annotator]:
    """A project that wants three labels of everything, and somebody far ahead of the others."""
    project = make_project()
    demands = ask(project.pools.get(), LONG + 200, wanted=3)
    person = make_person(project)
    answered(person, demands[:LONG])
    connection.cursor().execute("ANALYZE")
    return project, person


def rows_read(act: Callable[[], object]) -> int:
    """Rows of the queue that `act` read when it was done for the last time."""
    counted = "sum(seq_tup_read + coalesce(idx_tup_fetch, 0))"
    numbers = []
    with connection.cursor() as cursor:
        for _ in range(TIMES + 1):
            cursor.execute(
                f"SELECT {counted} FROM pg_stat_xact_user_tables"
                " WHERE relname IN ('annotation_demand', 'annotation_assignment')"
            )
            numbers.append(int(cursor.fetchone()[0]))
            if len(numbers) <= TIMES:
                act()
    return numbers[-1] - numbers[-2]


def test_the_next_comparison_is_found_by_the_index_of_what_is_open() -> None:
    project = make_project()
    demands = ask(project.pools.get(), LONG)
    Demand.objects.filter(pk__in=[demand.pk for demand in demands[::2]]).update(done=1)
    connection.cursor().execute("ANALYZE")
    assert rows_read(lambda: leases.claim(make_person(project), project)) < 4 * NEAR


def test_who_is_far_ahead_of_the_others_is_lent_as_quickly_as_the_first() -> None:
    project, person = diligent()
    lent: list[int] = []

    def work() -> None:
        [assignment] = leases.claim(person, project)
        lent.append(assignment.comparison_id)
        leases.give_back(person, [assignment.pk])

    assert rows_read(work) < 8 * NEAR
    in_order = Demand.objects.order_by("pk").values_list("comparison", flat=True)
    assert lent == list(in_order[LONG : LONG + TIMES])


def test_looking_ahead_does_not_read_what_is_behind() -> None:
    project, person = diligent()
    assert rows_read(lambda: render_ahead(person, project)) < 8 * NEAR


def test_looking_ahead_in_two_pools_reads_no_more_than_in_one() -> None:
    project, person = diligent()
    experts = Pool.objects.create(project=project, name="experts")
    PoolMembership.objects.create(pool=experts, annotator=person)
    touch(project)
    ask(experts, LONG)
    connection.cursor().execute("ANALYZE")
    assert rows_read(lambda: render_ahead(person, project)) < 8 * NEAR


def test_counting_what_is_left_reads_every_slot_a_few_times_at_most() -> None:
    project, person = diligent()
    assert leases.open_count(person, project) == 200
    assert rows_read(lambda: leases.open_count(person, project)) < 4 * (LONG + 200)
