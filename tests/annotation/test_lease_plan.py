"""Lending walks the open queue by its partial index, so that a long project lends as fast as a short one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import leases
from annotation.models import Comparison, Demand
from tests.factories import make_person, make_project


@pytest.mark.services
@pytest.mark.django_db
def test_postgresql_takes_the_next_comparison_from_the_index_of_open_demand() -> None:
    project = make_project()
    pool = project.pools.get()
    comparisons = Comparison.objects.bulk_create(
        Comparison(project=project, external_id=f"q{number}", prompt=[], k=2, group="g", content_hash="")
        for number in range(5000)
    )
    Demand.objects.bulk_create(
        Demand(comparison=comparison, pool=pool, wanted=1, done=number % 2)
        for number, comparison in enumerate(comparisons)
    )
    person = make_person(project)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        with CaptureQueriesContext(connection) as queries:
            assert leases.claim(person, project)
        [take] = [query["sql"] for query in queries if "picked" in query["sql"]]
        cursor.execute(f"EXPLAIN {take}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Scan using demand_open_pool" in plan
    assert "Sort" not in plan
