"""Releases over the API: what there is, a new one, how far it is, and its files."""

from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict, cast

from django.db import transaction
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from .. import exports, tasks
from ..consensus import METHODS
from ..exports.shelf import file_of, names_of
from ..models import Project, Release, User
from ..permissions import project_for
from .describing import reads, taken, writes
from .hints import Must
from .paging import page
from .problems import Unprocessable

LARGEST = 2**31 - 1
_Share = Annotated[float, Must(minimum=0, maximum=1)]
_Text = Annotated[str, Must(maxLength=200)]
_Source = Annotated[str, Must(enum=list(exports.SOURCES))]
_Method = Annotated[str, Must(enum=list(METHODS))]
_Ties = Annotated[str, Must(enum=list(exports.TIES))]


class ReleaseWanted(TypedDict):
    """The options of `export`; without one, its default."""

    formats: Annotated[list[Annotated[str, Must(maxLength=40)]], Must(minItems=1, maxItems=20)]
    criterion: NotRequired[_Text | None]
    source: NotRequired[_Source]
    consensus: NotRequired[_Method]
    min_labels: NotRequired[Annotated[int, Must(minimum=1, maximum=1000)]]
    min_probability: NotRequired[_Share]
    min_agreement: NotRequired[Annotated[float, Must(minimum=-1, maximum=1)] | None]
    ties: NotRequired[_Ties]
    flagged: NotRequired[bool]
    instruments: NotRequired[bool]
    file_type: NotRequired[Annotated[str, Must(enum=list(exports.FILE_TYPES))]]
    test_share: NotRequired[Annotated[float, Must(minimum=0, exclusiveMaximum=1)]]
    split_salt: NotRequired[_Text]
    rationales: NotRequired[bool]
    license: NotRequired[_Text]


class ReleaseShape(TypedDict):
    """One release and how far it is: `building`, `ready`, or `failed` with an `error`."""

    release: int
    state: str
    error: str
    options: dict[str, Any]
    comparisons: int
    written: int
    rows: int
    sha256: str
    created_at: datetime
    frozen_at: datetime | None
    finished_at: datetime | None


class CriterionCounts(TypedDict):
    """Pairs of responses on one criterion: how many are `kept`, and how many `left_out` by reason."""

    criterion: str
    kept: int
    left_out: dict[str, int]


class ReleaseCounts(TypedDict):
    """What a release would hold. `criteria` is null where there are too many comparisons to count at once;
    the manifest of a release has the counts then."""

    comparisons: int
    criteria: list[CriterionCounts] | None


class ReleaseWithManifest(ReleaseShape):
    """One release with its manifest, which is empty until it is ready, and the names of its files."""

    manifest: dict[str, Any]
    files: list[str]


class ChangeShape(TypedDict):
    """One kind of change for one reason: how often, and some examples."""

    what: str
    why: str
    number: int
    examples: list[dict[str, Any]]


class Difference(TypedDict):
    """From release `old` to `new`. `labels`: frozen labels `added`, `gone`, `kept`; `kept`: answers that are
    the same on the same votes; `options`: those that differ, with both values."""

    old: int
    new: int
    options: dict[str, list[Any]]
    labels: dict[str, int]
    changes: list[ChangeShape]
    kept: int


@reads(ReleaseShape, paged=200)
def releases(request: Request, slug: str) -> Any:
    """All releases, the newest first."""
    access = project_for(request.user, slug, "view")
    found = Release.objects.filter(project=access.project).defer("manifest", "facts")
    return page(request, found, _shape, newest=True)


@writes(ReleaseWanted, ReleaseShape, status=202, heavy=True)
def new_release(request: Request, slug: str) -> ReleaseShape:
    """Asks for a new release, with the options of `export`. It is built in the background."""
    access = project_for(request.user, slug, "manage")
    wanted = exports.Options(()).as_dict() | taken(request, ReleaseWanted)
    options = exports.with_salt(exports.Options.of(wanted), access.project)
    try:
        release = exports.start(access.project, options, started_by=cast("User", request.user))
    except exports.ExportError as error:
        raise Unprocessable("options", str(error)) from error
    transaction.on_commit(lambda: tasks.build_release.delay(release.pk))
    return _shape(release)


@reads(
    ReleaseCounts,
    query={
        "criterion": _Text,
        "source": _Source,
        "consensus": _Method,
        "min_labels": Annotated[int, Must(minimum=1, maximum=1000)],
        "min_probability": _Share,
        "ties": _Ties,
        "flagged": Annotated[bool, Must(default=False)],
        "instruments": Annotated[bool, Must(default=False)],
    },
    heavy=True,
)
def release_counts(request: Request, slug: str) -> ReleaseCounts:
    """What a release with these options would hold if it were made now; nothing is built. Texts are looked at
    while building only, so a release may leave out some more."""
    project = project_for(request.user, slug, "view").project
    asked = {name: value for name, value in request.asked.items() if value is not None}  # type: ignore[attr-defined]
    try:
        found = exports.preview(project, exports.Options(("vote-expanded",), **asked))
    except exports.ExportError as error:
        raise Unprocessable("query", str(error)) from error
    return cast("ReleaseCounts", found)


@reads(ReleaseWithManifest)
def release(request: Request, slug: str, number: int) -> ReleaseWithManifest:
    """One release with its manifest, which is empty until it is ready."""
    found = _release(project_for(request.user, slug, "view").project, number)
    kept = sorted(name for name in names_of(found) if file_of(found, name))
    return {**_shape(found), "manifest": found.manifest, "files": kept}


@reads(Difference, heavy=True)
def release_difference(request: Request, slug: str, number: int, old: int) -> Difference:
    """What changed from an older release to this one, and why. Not for releases of labels alone."""
    project = project_for(request.user, slug, "view").project
    try:
        found = exports.diff(_ready(project, old), _ready(project, number))
    except exports.ExportError as error:
        raise NotFound(str(error)) from error
    return {
        "old": old,
        "new": number,
        "options": {name: [before, after] for name, before, after in found.options},
        "labels": found.labels,
        "changes": [cast("ChangeShape", vars(change)) for change in found.changes],
        "kept": found.kept,
    }


@reads(None, media_type="application/octet-stream")
def release_file(request: Request, slug: str, number: int, name: str) -> FileResponse:
    """One file of a release that is ready."""
    found = _release(project_for(request.user, slug, "view").project, number)
    path = file_of(found, name)
    if path is None:
        raise Http404("No such file")
    reply = FileResponse(path.open("rb"), as_attachment=True, content_type="application/octet-stream")
    reply["Content-Security-Policy"] = "sandbox"
    return reply


def _release(project: Project, number: int) -> Release:
    if number > LARGEST:
        raise Http404("No such release")
    return get_object_or_404(Release, project=project, number=number)


def _ready(project: Project, number: int) -> Release:
    found = _release(project, number)
    if found.state != Release.State.READY:
        raise Http404("No such release")
    return found


def _shape(release: Release) -> ReleaseShape:
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
