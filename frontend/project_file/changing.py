"""Changes by people in the browser: what the project file says, with the audit log and nobody overwritten."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from annotation.audit import record
from annotation.models import Project, User

from . import apply
from .values import ProjectFileError
from .writing import project_as_data


class ChangedMeanwhile(ProjectFileError):
    """Somebody else changed the project since it was read; nothing was saved."""


@transaction.atomic
def create(data: Mapping[str, Any], by: User, **says: str) -> Project:
    """A new project as a draft, owned by `by`; `says` names and titles it instead of the file.

    Raises ProjectFileError, for a slug that is taken too; nothing is made then.
    """
    data = dict(data) | says
    if Project.objects.filter(slug=str(data.get("slug"))).exists():
        raise ProjectFileError(_("slug is taken by another project"))
    project, _created = apply(data, by)
    Project.objects.filter(pk=project.pk).update(state=Project.State.DRAFT)
    project.state = Project.State.DRAFT
    record(project, by, "create", project.name, after=project_as_data(project))
    return project


@transaction.atomic
def change(project: Project, data: Mapping[str, Any], by: User, seen: int | None = None) -> list[str]:
    """Applies these keys of the project file; gives those that it changed, which the audit log has with what
    stood there before.

    `seen` is the revision that the change was made from. Raises ChangedMeanwhile when it is another one by
    now, ProjectFileError for what cannot be applied; nothing is changed then.
    """
    found = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if found.put_away:
        raise ProjectFileError(_("This project is put away: restore it before you change it."))
    if seen is not None and seen != found.revision:
        raise ChangedMeanwhile(
            _("Nothing was saved: somebody changed the project meanwhile. Look at it, then save again.")
        )
    before = project_as_data(found)
    changed, _created = apply(dict(data) | {"slug": found.slug})
    after = project_as_data(changed)
    keys = [key for key in after if after[key] != before.get(key)]
    if keys:
        record(
            changed,
            by,
            "settings",
            ", ".join(keys),
            before={key: before.get(key) for key in keys},
            after={key: after[key] for key in keys},
        )
    return keys
