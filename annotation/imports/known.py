"""Comparisons that a project has, by the imported id."""

from collections.abc import Iterable
from typing import NamedTuple

import orjson
from django.db import connection

from ..models import Project

# One parameter for thousands of ids, and one look-up in the unique index for each. PostgreSQL knows nothing
# of a project that is just being filled: told its id, it expects a row or two and reads them all every time.
# The sub-select keeps the id from the planner, which then expects a project of the usual size.
_LOOK_UP = {
    "postgresql": """
SELECT name, id, k, content_hash FROM unnest(%s::text[]) AS name, LATERAL (
    SELECT id, k, content_hash FROM annotation_comparison
    WHERE external_id = name AND project_id = (SELECT %s) LIMIT 1
) AS comparison
""",
    "sqlite": """
SELECT external_id, id, k, content_hash FROM annotation_comparison
WHERE external_id IN (SELECT value FROM json_each(%s)) AND project_id = %s
""",
}


class Known(NamedTuple):
    """A stored comparison."""

    id: int
    k: int
    content_hash: str


def known_comparisons(project: Project, external_ids: Iterable[str]) -> dict[str, Known]:
    """Those of the comparisons named that the project has."""
    names = list(external_ids)
    with connection.cursor() as cursor:
        value = names if connection.vendor == "postgresql" else orjson.dumps(names).decode()
        cursor.execute(_LOOK_UP[connection.vendor], [value, project.pk])
        return {name: Known(*rest) for name, *rest in cursor.fetchall()}
