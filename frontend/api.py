"""REST: projects as code. The same project file as `create_project` takes; see `docs/api.md`."""

from typing import Any, TypedDict, cast

from django.urls import path
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from annotation.api.describing import taken, writes
from annotation.api.problems import Unprocessable
from annotation.api.shapes import ProjectShape, project_shape
from annotation.models import Project, User
from annotation.permissions import project_for

from .project_file import ProjectFileError, apply


class ProjectFile(TypedDict):
    """The keys of a project file (docs/data-formats.md)."""

    project: dict[str, Any]


@writes(ProjectFile, ProjectShape, status=201)
def new_project(request: Request) -> ProjectShape:
    """Makes a project, which the caller owns. For accounts: a token has one project already."""
    if request.auth:
        raise PermissionDenied("A token is for one project and makes no others.")
    data, user = taken(request, ProjectFile)["project"], cast("User", request.user)
    slug = data.get("slug")
    if isinstance(slug, str) and Project.objects.filter(slug=slug).exists():
        raise Unprocessable("project.slug", "is taken")
    project = _applied(data, user)
    return project_shape(project_for(user, project.slug, "view"))


@writes(ProjectFile, ProjectShape)
def set_project(request: Request, slug: str) -> ProjectShape:
    """Changes the settings that the file names. What would alter the meaning of labels is refused."""
    access = project_for(request.user, slug, "manage")
    data = taken(request, ProjectFile)["project"]
    if data.get("slug", slug) != slug:
        raise Unprocessable("project.slug", "cannot be changed")
    _applied(data | {"slug": slug}, None)
    return project_shape(project_for(request.user, access.project.slug, "view"))


def _applied(data: dict[str, Any], owner: User | None) -> Project:
    try:
        project, _ = apply(data, owner)
    except ProjectFileError as error:
        raise Unprocessable("project", str(error)) from error
    return project


urlpatterns = [
    path("projects/new/", new_project, name="api-project-new"),
    path("projects/<slug:slug>/settings/", set_project, name="api-project-set"),
]
