"""The audit log: every act of an administrator, and every event that concerns a person, with its reason."""

from collections.abc import Mapping
from typing import Any

from .models import Annotator, AuditEntry, Project, User


def record(
    project: Project,
    actor: User | None,
    act: str,
    target: str = "",
    *,
    annotator: Annotator | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Writes one entry, inside the caller's transaction: what is undone leaves none.

    `actor` None: the project's rules did it. `before` and `after` hold what changed, as JSON.
    """
    return AuditEntry.objects.create(
        project=project,
        project_slug=project.slug,
        actor=actor,
        actor_name=str(actor)[:200] if actor else "",
        act=act,
        target=target[:200],
        annotator=annotator,
        before=dict(before or {}),
        after=dict(after or {}),
        reason=reason[:500],
    )
