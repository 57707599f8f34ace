"""Every index costs each write; none is kept that another one makes needless."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from annotation.models import Comparison, Demand, Response
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db


def indexes(model: type[Model]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    return [one for one in found.values() if one["index"] or one["unique"]]


@pytest.mark.parametrize("model", [Comparison, Response, Demand], ids=lambda model: model.__name__)
def test_no_index_of_a_large_table_is_the_beginning_of_a_unique_one(model: type[Model]) -> None:
    begun = {one["columns"][0] for one in indexes(model) if one["unique"] and len(one["columns"]) > 1}
    alone = {one["columns"][0] for one in indexes(model) if len(one["columns"]) == 1}
    assert begun, "the table has unique constraints"
    assert not begun & alone


def test_a_page_of_one_projects_comparisons_has_an_index_in_its_order() -> None:
    assert ["project_id", "id"] in [one["columns"] for one in indexes(Comparison)]
    project = make_project()
    make_comparison(project)
    if connection.vendor == "sqlite":  # PostgreSQL reads so few rows in whatever way it likes
        plan = Comparison.objects.filter(project=project, pk__gt=0).order_by("pk").explain()
        assert "comparison_by_project (project_id=? AND id>?)" in plan
        assert "TEMP B-TREE" not in plan
