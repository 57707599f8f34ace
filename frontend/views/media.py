"""Pictures, sound and film of a project, for its members; in parts too, so that film can be wound on."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from annotation.media import open_file
from annotation.models import MediaFile
from annotation.permissions import Access, project_for

_CHUNK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@require_safe
def media(request: HttpRequest, slug: str, sha256: str) -> HttpResponseBase:
    """The file, or the one range of it that a GET asks for (RFC 9110, section 14): 200, 206 or 416; 304 where
    the browser has it already."""
    if not request.user.is_authenticated:
        # Not to the sign-in page: this is an address of pictures, never of a page to come back to.
        raise PermissionDenied("Sign in first")
    try:
        row, file = open_file(_member(request.user, slug).project, sha256)
    except MediaFile.DoesNotExist:
        raise Http404("No such file") from None
    etag = f'"{sha256}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        response = _file(file, row, _asked(request, etag))
        response["Content-Type"] = row.content_type
    else:
        file.close()
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    # The address names the content, so it never changes; only members may keep it.
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["ETag"] = etag
    return response


def _file(file: BinaryIO, row: MediaFile, asked: tuple[str, str] | None) -> HttpResponseBase:
    part = _part(asked, row.size) if asked else range(row.size)
    if part is None:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{row.size}"})
    response = StreamingHttpResponse(_Slice(file, part), status=206 if asked else 200)
    response["Content-Length"] = str(len(part))
    if asked:
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{row.size}"
    return response


def _asked(request: HttpRequest, etag: str) -> tuple[str, str] | None:
    """The range that is asked for, if any: ranges are for GET alone, and for the version that they are of."""
    if request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return None
    return _range(request.headers.get("Range", ""))


def _member(user: Any, slug: str) -> Access:
    """Whoever may label or view. Raises Http404 and PermissionDenied like `project_for`."""
    try:
        return project_for(user, slug, "label")
    except PermissionDenied:
        return project_for(user, slug, "view")


def _range(header: str) -> tuple[str, str] | None:
    """First and last byte of a header that asks for one range; what cannot be read asks for nothing."""
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    backwards = bool(match[1] and match[2]) and int(match[1]) > int(match[2])
    return None if backwards else (match[1], match[2])


def _part(asked: tuple[str, str], size: int) -> range | None:
    """The bytes asked for, such as the last 500 for ("", "500"); None when there are none of them."""
    first, last = asked
    if not first:
        return range(max(size - int(last), 0), size) if int(last) else None
    start = int(first)
    return range(start, min(int(last), size - 1) + 1 if last else size) if start < size else None


class _Slice:
    """A part of an open file, read in pieces. The server closes it, whether it was read or not."""

    def __init__(self, file: BinaryIO, part: range) -> None:
        self._file = file
        self._left = len(part)
        file.seek(part.start)

    def __iter__(self) -> Iterator[bytes]:
        while self._left and (chunk := self._file.read(min(_CHUNK, self._left))):
            self._left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self._file.close()
