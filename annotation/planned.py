"""Statements that read very many rows are planned for the values that they ask about."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def planned_anew() -> Iterator[None]:
    """What is read inside is not prepared. From its sixth execution on PostgreSQL plans a prepared statement
    for any values; for a whole project that plan can take ten times as long, and the connection keeps it."""
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    threshold, raw.prepare_threshold = raw.prepare_threshold, None
    try:
        yield
    finally:
        raw.prepare_threshold = threshold
