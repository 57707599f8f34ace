"""REST: projects as code. The same project file as `create_project` takes; see `docs/api.md`."""

from typing import Annotated, Any, TypedDict, cast

from django.urls import path
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from annotation.api.describing import reads, taken, writes
from annotation.api.hints import Must
from annotation.api.problems import Unprocessable
from annotation.api.shapes import ProjectShape, project_shape
from annotation.models import Project, User
from annotation.permissions import may_create, project_for

from .project_file import ProjectFileError
from .project_file.changing import change, create, duplicate
from .project_file.writing import project_as_data


class ProjectFile(TypedDict):
    """The keys of a project file (docs/data-formats.md)."""

    project: dict[str, Any]


class CopyWanted(TypedDict):
    """What the copy is called; its slug follows from that."""

    name: Annotated[str, Must(minLength=1, maxLength=200)]


@reads(ProjectFile)
def project_file(request: Request, slug: str) -> ProjectFile:
    """Everything that is set, as a project file: sent to `settings/` again it changes nothing."""
    return {"project": project_as_data(project_for(request.user, slug, "manage").project)}


@writes(ProjectFile, ProjectShape, status=201)
def new_project(request: Request) -> ProjectShape:
    """Makes an open project, which the caller owns. A token cannot: it has one project."""
    user = _maker(request)
    try:
        project = create(taken(request, ProjectFile)["project"], user, Project.State.OPEN)
    except ProjectFileError as error:
        raise Unprocessable("project", str(error)) from error
    return project_shape(project_for(user, project.slug, "view"))


@writes(ProjectFile, ProjectShape)
def set_project(request: Request, slug: str) -> ProjectShape:
    """Changes the settings that the file names. What would alter the meaning of labels is refused."""
    access = project_for(request.user, slug, "manage")
    data = taken(request, ProjectFile)["project"]
    if data.get("slug", slug) != slug:
        raise Unprocessable("project.slug", "cannot be changed")
    try:
        change(access.project, data, cast("User", request.user))
    except ProjectFileError as error:
        raise Unprocessable("project", str(error)) from error
    return project_shape(project_for(request.user, slug, "view"))


@writes(CopyWanted, ProjectShape, status=201)
def copy_project(request: Request, slug: str) -> ProjectShape:
    """Makes a draft with the same settings and judges, without comparisons, people and stored keys."""
    access, user = project_for(request.user, slug, "own"), _maker(request)
    try:
        copy = duplicate(access.project, taken(request, CopyWanted)["name"], user)
    except ProjectFileError as error:
        raise Unprocessable("name", str(error)) from error
    return project_shape(project_for(user, copy.slug, "view"))


def _maker(request: Request) -> User:
    """The account that makes another project. Raises PermissionDenied where it may not, and for a token."""
    user = cast("User", request.user)
    if request.auth:
        raise PermissionDenied("A token is for one project and makes no others.")
    if not may_create(user):
        raise PermissionDenied("Only staff and owners of a project may create one.")
    return user


urlpatterns = [
    path("projects/new/", new_project, name="api-project-new"),
    path("projects/<slug:slug>/file/", project_file, name="api-project-file"),
    path("projects/<slug:slug>/settings/", set_project, name="api-project-set"),
    path("projects/<slug:slug>/copy/", copy_project, name="api-project-copy"),
]
