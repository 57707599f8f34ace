"""Empties PostgreSQL between tests that commit: the tables with rows, and none but those.

Django truncates every table and then writes content types and permissions again, about 0.2 s for each of more
than a thousand tests, though most of them leave a few rows in a dozen tables.
"""

from typing import Any

from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations

# Written by migrations, and the same for every test.
KEPT = {"auth_permission", "django_content_type"}
LARGE = 1_000_000  # bytes of a table whose deleted rows would be in the way of all later tests
_truncations = DatabaseOperations.sql_flush


def quicken() -> None:
    """Make Django's `flush` do so from now on, in this process."""
    DatabaseOperations.sql_flush = _deletions
    flush.emit_post_migrate_signal = lambda *args, **kwargs: None  # type: ignore[attr-defined]


def _deletions(self: Any, style: Any, tables: list[str], **kwargs: Any) -> list[str]:
    tables = [table for table in tables if table not in KEPT]
    quoted = {table: self.quote_name(table) for table in tables}
    with self.connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(pg_relation_size(oid)) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        [(largest,)] = cursor.fetchall()
        cursor.execute(
            " UNION ALL ".join(f"(SELECT '{table}' FROM {name} LIMIT 1)" for table, name in quoted.items())
        )
        filled = [table for (table,) in cursor.fetchall()]
    if largest > LARGE:
        return _truncations(self, style, tables, **kwargs)
    # Rows go table by table, so what refers to them, and triggers that forbid it, must look away.
    looking_away = "SET LOCAL session_replication_role = replica"
    return [looking_away, *(f"DELETE FROM {quoted[table]}" for table in filled)] if filled else []
