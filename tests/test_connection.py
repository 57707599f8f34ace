"""Whether a connection to PostgreSQL still lives is seen without a statement, and before the first one."""

import pytest
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_a_live_connection_is_asked_nothing() -> None:
    connection.ensure_connection()
    with CaptureQueriesContext(connection) as asked:
        assert connection.is_usable()
    assert not asked.captured_queries


def test_a_connection_that_the_server_has_closed_is_made_anew() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (before,) = cursor.fetchone()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 60000)", [before])  # waits until it has ended
    finally:
        other.close()

    assert not connection.is_usable()
    close_old_connections()  # as when a request begins
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != (before,)
