"""Which other hosts a page may load pictures, sound and film from: those that the project's owner named."""

import re
from typing import TypeVar

from csp.constants import SELF
from django.http import HttpResponseBase

from annotation.models import Project

# What stands here goes into a header: nothing but a scheme, a plain host name and a port may pass.
_NAME = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(rf"https://{_NAME}(?:\.{_NAME})+(?::\d{{1,5}})?")
_ADDRESS = re.compile(rf"(https)://((?:{_NAME}\.)+{_NAME})(?::(\d{{1,5}}))?(?=[/?#]|\Z)", re.IGNORECASE)

Response = TypeVar("Response", bound=HttpResponseBase)


def is_origin(text: object) -> bool:
    """Whether `text` is an https origin in canonical form, such as https://cdn.example.org."""
    return isinstance(text, str) and _ORIGIN.fullmatch(text) is not None and origin_of(text) == text


def origin_of(address: str) -> str | None:
    """The canonical origin of an https address; None for any other, and for one with a user or odd host."""
    match = _ADDRESS.match(address)
    if match is None:
        return None
    port = f":{int(match[3])}" if match[3] and int(match[3]) != 443 else ""
    return f"https://{match[2].lower()}{port}"


def media_hosts(project: Project) -> frozenset[str]:
    """The origins that annotators' browsers may load media from."""
    hosts = project.media_hosts if isinstance(project.media_hosts, list) else []
    return frozenset(filter(is_origin, hosts))


def allow_media(response: Response, project: Project) -> Response:
    """Lets a page that shows comparisons load media from us and the project's hosts, and nowhere else."""
    sources = [SELF, *sorted(media_hosts(project))]
    # What django-csp's own decorators do; they wrap views, which do not know the project yet.
    response._csp_replace = {"img-src": sources, "media-src": sources}  # type: ignore[attr-defined]
    return response
