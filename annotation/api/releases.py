"""Releases over the API: what there is, a new one, and how far it is."""

from typing import Any, cast

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response as JsonResponse

from .. import exports, tasks
from ..models import Release, User
from ..permissions import project_for
from .bodies import Unprocessable, body_of

MOST = 500
LARGEST = 2**31 - 1


@api_view(["GET"])
def releases(request: Request, slug: str) -> JsonResponse:
    """All releases, the newest first."""
    access = project_for(request.user, slug, "view")
    found = Release.objects.filter(project=access.project).defer("manifest", "facts").order_by("-number")
    return JsonResponse({"results": [_shape(release) for release in found[:MOST]]})


@api_view(["POST"])
def start(request: Request, slug: str) -> JsonResponse:
    """Asks for a new release, with the options of `export`; it is built in the background."""
    access = project_for(request.user, slug, "manage")
    options = exports.with_salt(_options(dict(body_of(request))), access.project)
    try:
        release = exports.start(access.project, options, started_by=cast("User", request.user))
    except exports.ExportError as error:
        raise Unprocessable("options", str(error)) from error
    transaction.on_commit(lambda: tasks.build_release.delay(release.pk))
    return JsonResponse(_shape(release), status=202)


@api_view(["GET"])
def release(request: Request, slug: str, number: int) -> JsonResponse:
    """One release with its manifest, which is empty until it is ready."""
    access = project_for(request.user, slug, "view")
    if number > LARGEST:
        raise Http404("No such release")
    found = get_object_or_404(Release, project=access.project, number=number)
    return JsonResponse(_shape(found) | {"manifest": found.manifest})


def _options(body: dict[str, Any]) -> exports.Options:
    formats = body.get("formats")
    if not isinstance(formats, list) or not all(isinstance(name, str) for name in formats):
        raise Unprocessable("formats", "must be a list of names")
    defaults = exports.Options(tuple(formats)).as_dict()
    for name, value in body.items():
        if name not in defaults:
            raise Unprocessable(name, "is no option of a release")
        expected = _EXPECTED.get(name, type(defaults[name]))
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise Unprocessable(name, "is not of the right type")
    return exports.Options.of(defaults | body)


_EXPECTED: dict[str, Any] = {
    "criterion": (str, type(None)),
    "min_agreement": (int, float, type(None)),
    "min_probability": (int, float),
    "test_share": (int, float),
}


def _shape(release: Release) -> dict[str, Any]:
    return {
        "release": release.number,
        "state": release.state,
        "error": release.error,
        "options": release.options,
        "comparisons": release.items,
        "written": release.written,
        "rows": release.rows,
        "sha256": release.sha256,
        "created_at": release.created_at,
        "frozen_at": release.frozen_at,
        "finished_at": release.finished_at,
    }
