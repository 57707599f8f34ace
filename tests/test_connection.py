"""Whether a connection to PostgreSQL still lives is known before a request's first statement."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import close_old_connections, connection

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def other() -> Iterator[Any]:
    """A second connection, which sees what the first one does."""
    made = connection.copy()
    yield made
    made.close()


def ask(here: Any, statement: str, *values: object) -> Any:
    with here.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def last_statement(other: Any, backend: int) -> str:
    return str(ask(other, "SELECT query FROM pg_stat_activity WHERE pid = %s", backend))


def test_a_connection_in_use_is_asked_nothing_and_one_that_was_idle_is(
    other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = ask(connection, "SELECT pg_backend_pid()")
    monkeypatch.setattr(connection, "_lived", float("-inf"))  # as after a night
    assert connection.is_usable()
    assert last_statement(other, backend) == "SELECT 1"
    ask(connection, "SELECT 'in use'::text")
    assert connection.is_usable()
    assert "in use" in last_statement(other, backend)


def test_a_connection_that_the_server_has_closed_is_made_anew(other: Any) -> None:
    before = ask(connection, "SELECT pg_backend_pid()")
    assert connection.is_usable()
    ask(other, "SELECT pg_terminate_backend(%s, 60000)", before)  # waits until it has ended

    assert not connection.is_usable()
    close_old_connections()  # as when a request begins
    assert ask(connection, "SELECT pg_backend_pid()") != before
