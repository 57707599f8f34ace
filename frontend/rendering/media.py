"""Pictures, sound and film in rendered content, decided each time that it is shown.

What is kept has the words and the address only. So the owner's leave to load from another host, and its
withdrawal, are good at once, and whatever a file is needs to be known only where it is.
"""

import re
from functools import lru_cache
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from annotation import media
from annotation.models import Project

from ..policy import media_hosts, origin_of
from .pictures import HEAD, size_of
from .turns import Turn

# As `markdown.absent` writes it and the allow-list lets it through. Nobody else can: tags in texts are text.
MARK = re.compile(r'<span class="absent" data-alt="([^"]*)" data-media="([^"]*)">([^<]*)</span>')

_SOUND = (".mp3", ".ogg", ".oga", ".opus", ".wav", ".m4a", ".aac", ".flac")
_FILM = (".mp4", ".webm", ".m4v")


class Found(NamedTuple):
    """What to show: `kind` is image, audio or video, `size` a picture's pixels where they are known."""

    kind: str
    address: str
    size: tuple[int, int] | None = None


def resolved(turns: list[Turn], project: Project) -> list[Turn]:
    """The turns with everything in them that may be loaded now. No SQL."""
    if not any("data-media" in turn["html"] for turn in turns):
        return turns
    hosts = media_hosts(project)

    def element(match: re.Match[str]) -> str:
        alt, address = unescape(match[1]), unescape(match[2])
        found = _find(address, project, hosts)
        # Words need no address, which may be the whole of a file in base64.
        return _element(found, alt) if found else f'<span class="absent">{match[3]}</span>'

    return [{**turn, "html": MARK.sub(element, turn["html"])} for turn in turns]


def _find(address: str, project: Project, hosts: frozenset[str]) -> Found | None:
    if sha256 := media.reference(address):
        known = _known(project.pk, sha256)
        if known is None:
            return None
        return Found(known[0], reverse("media", args=[project.slug, sha256]), known[1])
    if origin_of(address) not in hosts:
        return None
    path = urlsplit(address).path.lower()
    kind = "audio" if path.endswith(_SOUND) else "video" if path.endswith(_FILM) else "image"
    return Found(kind, address)


def _element(found: Found, alt: str) -> str:
    if found.kind == "image":
        size = format_html(' width="{}" height="{}"', *found.size) if found.size else ""
        return format_html(
            '<img src="{}" alt="{}"{} loading="lazy" decoding="async">',
            found.address,
            alt or _("Picture without a description"),
            size,
        )
    if found.kind == "audio":
        words = alt or _("Sound")
        return format_html(
            '<audio src="{}" aria-label="{}" controls preload="none"></audio>', found.address, words
        )
    words = alt or _("Film")
    return format_html(
        '<video src="{}" aria-label="{}" controls playsinline preload="metadata"></video>',
        found.address,
        words,
    )


def _known(project_id: int, sha256: str) -> tuple[str, tuple[int, int] | None] | None:
    try:
        return _read(project_id, sha256)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=50_000)
def _read(project_id: int, sha256: str) -> tuple[str, tuple[int, int] | None]:
    """Kind and pixels. A file never changes, so both are read once; that one is missing is not remembered."""
    head = media.head_of(project_id, sha256, HEAD)
    if head is None:
        raise FileNotFoundError(sha256)
    kind = (media.content_type_of(head[: media.HEAD]) or "").partition("/")[0]
    return kind, size_of(head) if kind == "image" else None
