"""Changes by people: what the project file says, with the audit log and nobody overwritten."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from annotation.audit import record
from annotation.models import Project, User

from . import apply
from .values import ProjectFileError
from .writing import project_as_data


class ChangedMeanwhile(ProjectFileError):
    """Somebody else changed the project since it was read; nothing was saved."""


@transaction.atomic
def create(
    data: Mapping[str, Any], by: User, state: Project.State = Project.State.DRAFT, **says: str
) -> Project:
    """A new project in this state, owned by `by`; `says` names and titles it instead of the file.

    Raises ProjectFileError, for a slug that is taken too; nothing is made then.
    """
    data = dict(data) | says
    if Project.objects.filter(slug=str(data.get("slug"))).exists():
        raise ProjectFileError(_("slug is taken by another project"))
    project, _created = apply(data, by)
    Project.objects.filter(pk=project.pk).update(state=state)
    project.state = state
    record(project, by, "create", project.name, after=project_as_data(project))
    return project


def duplicate(project: Project, name: str, by: User) -> Project:
    """A draft with what the project file says of this one; judges come without their stored keys, questions
    as their first version. Comparisons, people and labels stay where they are. Raises ProjectFileError."""
    name = name.strip()
    slug = slugify(name)[:80]
    if not slug:
        raise ProjectFileError(_("Give the copy a name with letters or digits."))
    if len(name) > 200:
        raise ProjectFileError(_("Shorten the name to %(number)s characters.") % {"number": 200})
    if Project.objects.filter(slug=slug).exists():
        raise ProjectFileError(_("There is a project called so already. Give the copy another name."))
    data = project_as_data(project)
    data["criteria"] = [{k: v for k, v in one.items() if k != "version"} for one in data["criteria"]]
    return create(data, by, name=name, slug=slug)


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
    return _noted(changed, by, before)


@transaction.atomic
def put(data: Mapping[str, Any], owner: User | None = None) -> tuple[Project, bool]:
    """`apply` with the audit log, for whoever runs the installation: `owner`, where one is named, owns the
    project from then on and is who did it. Raises ProjectFileError."""
    found = Project.objects.select_for_update(no_key=True).filter(slug=str(data.get("slug"))).first()
    before = project_as_data(found) if found else {}
    project, created = apply(data, owner)
    if created:
        record(project, owner, "create", project.name, after=project_as_data(project))
    else:
        _noted(project, owner, before)
    return project, created


def _noted(project: Project, by: User | None, before: Mapping[str, Any]) -> list[str]:
    """Keys of the project file that say something else than `before`, which the audit log has now."""
    after = project_as_data(project)
    keys = [key for key in {**after, **before} if after.get(key) != before.get(key)]
    if keys:
        record(
            project,
            by,
            "settings",
            ", ".join(keys),
            before={key: before.get(key) for key in keys},
            after={key: after.get(key) for key in keys},
        )
    return keys
