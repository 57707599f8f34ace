"""Rows in bulk: keys handed out once, defaults filled in, constraints kept."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from annotation import bulk
from annotation.models import Comparison, Demand, Response
from tests.factories import make_comparison, make_project

pytestmark = pytest.mark.django_db

NAMES = ["id", "external_id", "prompt", "k", "group", "content_hash"]


def test_reserved_keys_are_new_and_never_given_twice() -> None:
    known = make_comparison(make_project()).pk
    first = list(bulk.reserve(Comparison, 3))
    assert first == sorted(set(first))
    assert min(first) > known
    assert list(bulk.reserve(Comparison, 0)) == []


def test_rows_get_the_defaults_of_the_columns_not_named() -> None:
    project = make_project()
    with transaction.atomic():
        first, second = bulk.reserve(Comparison, 2)
        prompt = '[{"role":"user","content":"tab\\tquote\\" 木 \\\\N"}]'
        rows = [(first, "q1", prompt, 2, "g", "h"), (second, "\\N", prompt, 3, "g", "h")]
        bulk.insert(Comparison, NAMES, rows, project_id=project.pk, fit=False)
    stored = Comparison.objects.get(pk=first)
    assert stored.prompt == [{"role": "user", "content": 'tab\tquote" 木 \\N'}]
    assert (stored.metadata, stored.category, stored.fit) == ({}, "", False)
    assert stored.created_at
    assert Comparison.objects.get(pk=second).external_id == "\\N"
    assert make_comparison(project).pk not in (first, second)


def test_rows_without_a_key_are_numbered_by_the_database() -> None:
    comparison = make_comparison(make_project(), wanted=0)
    pool = comparison.project.pools.get()
    bulk.insert(Demand, ["comparison_id", "pool_id"], [(comparison.pk, pool.pk)], wanted=4)
    demand = Demand.objects.get()
    assert (demand.wanted, demand.live, demand.done, demand.priority, demand.judge) == (4, 0, 0, 0.0, None)


def test_a_broken_constraint_is_djangos_error() -> None:
    comparison = make_comparison(make_project())
    row = (comparison.pk, 0, "[]")
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Response, ["comparison_id", "position", "messages"], [row])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL compresses")
def test_long_texts_are_compressed_with_lz4() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass::text, attname FROM pg_attribute"
            " WHERE attcompression = 'l' AND attrelid::regclass::text LIKE 'annotation_%%'"
        )
        columns = set(cursor.fetchall())
    assert columns >= {("annotation_comparison", "prompt"), ("annotation_response", "messages")}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite always checks at the commit")
def test_foreign_keys_are_checked_statement_by_statement() -> None:
    nowhere = [(10**9, 0, "[]")]
    with transaction.atomic(), bulk.loading(), pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Response, ["comparison_id", "position", "messages"], nowhere)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's planner does not count")
def test_what_was_loaded_is_counted_once_it_is_committed(django_capture_on_commit_callbacks: Any) -> None:
    project = make_project()
    for number, counts in ((10, []), (1500, ["annotation_comparison"])):
        rows = [(f"{number}/{n}", "[]", 2, "g", "h") for n in range(number)]
        with django_capture_on_commit_callbacks() as after, transaction.atomic(), bulk.loading():
            bulk.insert(Comparison, NAMES[1:], rows, project_id=project.pk)
        with CaptureQueriesContext(connection) as captured:
            for callback in after:
                callback()
        assert [query["sql"] for query in captured] == [f'ANALYZE "{table}"' for table in counts]
