"""Pictures, sound and film that a project holds itself: files known by their content, never by their name.

A file is ``DATA_DIR/media/<project id>/<sha256>``; `media:<sha256>` in a message or response stands for it.
Only formats that browsers show without running anything in them are taken, so SVG is refused.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.conf import settings

from .models import MediaFile, Project

LARGEST = 100 * 1024 * 1024  # bytes of one file
ALLOWED = "png, jpeg, gif, webp, avif, mp3, ogg, wav, m4a, aac, flac, mp4, webm"
SCHEME = "media:"
HEAD = 64  # bytes that tell what a file is

_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Where content parts and objects of a `media` list hold an address, in the shapes of the common chat formats.
_OUTER = ("image_url", "input_audio", "audio_url", "video_url", "image", "audio", "video", "source")
_INNER = ("url", "path", "data")

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
)
_OGG_SOUND = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
# ISO base media brands: QuickTime and HEIC are such files too, and browsers show neither.
_MP4_SOUND = {b"M4A ", b"M4B "}
_MP4_FILM = {
    b"isom",
    b"iso2",
    b"iso3",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"M4V ",
    b"dash",
}


class MediaError(ValueError):
    """This file is not taken; the message says why."""


class Kept(NamedTuple):
    """A file that is on disk. `size` is in bytes."""

    sha256: str
    content_type: str
    size: int
    name: str


def store(project: Project, name: str, stream: BinaryIO) -> MediaFile:
    """Keeps the bytes of `stream` and gives their row; the same bytes are one file and one row.

    Raises MediaError for an empty file, one larger than LARGEST, or one of no allowed format.
    """
    kept = keep(project.pk, name, stream)
    record(project, [kept])
    return MediaFile.objects.get(project=project, sha256=kept.sha256)


def keep(project_id: int, name: str, stream: BinaryIO) -> Kept:
    """The file's half of `store`, without SQL: whoever calls it must `record` what it gives."""
    head = stream.read(HEAD)
    content_type = content_type_of(head)
    if content_type is None:
        raise MediaError(
            f"is no picture, sound or film of an allowed kind ({ALLOWED})" if head else "is empty"
        )
    folder = _folder(project_id)
    folder.mkdir(parents=True, exist_ok=True)
    digest, size, chunk = hashlib.sha256(), 0, head
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        try:
            while chunk:
                size += len(chunk)
                if size > LARGEST:
                    raise MediaError(f"is larger than {LARGEST // 1024**2} MB")
                digest.update(chunk)
                file.write(chunk)
                chunk = stream.read(_CHUNK)
            path = folder / digest.hexdigest()
            if not path.exists():
                # A row must never outlive a power cut that its file did not.
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(file.name)
    called = "".join(character for character in name if character.isprintable())
    return Kept(digest.hexdigest(), content_type, size, called[-300:])


def record(project: Project, files: Iterable[Kept]) -> None:
    """The row's half of `store`, for many files in one statement; files that have a row are left alone."""
    MediaFile.objects.bulk_create(
        [MediaFile(project=project, **file._asdict()) for file in files], ignore_conflicts=True
    )


def open_file(project: Project, sha256: str) -> tuple[MediaFile, BinaryIO]:
    """The row, and the file open for reading. Raises MediaFile.DoesNotExist if there is none."""
    row = MediaFile.objects.get(project=project, sha256=sha256)
    try:
        return row, _path(project.pk, sha256).open("rb")
    except FileNotFoundError as error:
        raise MediaFile.DoesNotExist(f"the file of {sha256} is gone") from error


def reference(address: str) -> str | None:
    """The SHA-256 that a `media:` address names; None for any other address."""
    sha256 = address.removeprefix(SCHEME)
    return sha256 if address.startswith(SCHEME) and _SHA256.fullmatch(sha256) else None


def address_place(item: Any) -> tuple[dict[str, Any], str] | None:
    """The object and its key that hold the address of a content part, or of an object in a `media` list.

    A part such as ``{"image_url": {"url": "…"}}`` gives the inner object and `url`; a text gives None.
    """
    if not isinstance(item, dict) or item.get("type") == "text":
        return None
    for key in (*_OUTER, *_INNER):
        inner = item.get(key)
        if isinstance(inner, str) and inner:
            return item, key
        if isinstance(inner, dict):
            for name in _INNER:
                if isinstance(inner.get(name), str) and inner[name]:
                    return inner, name
    return None


def address_of(item: Any) -> str:
    """Where a picture, sound or film is, in whichever shape the source gave it; empty for anything else."""
    if isinstance(item, str):
        return item
    place = address_place(item)
    return str(place[0][place[1]]) if place else ""


def content_type_of(head: bytes) -> str | None:
    """What a file is, by its first HEAD bytes; None for whatever is not allowed."""
    for signature, content_type in _SIGNATURES:
        if head.startswith(signature):
            return content_type
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[:4] == b"OggS":
        return "audio/ogg" if any(codec in head for codec in _OGG_SOUND) else None
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head else None
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    return _of_frame(head)


def head_of(project_id: int, sha256: str, length: int = HEAD) -> bytes | None:
    """The first bytes of a file, None when there is none. No SQL; whether to serve it, `open_file` knows."""
    if not _SHA256.fullmatch(sha256):
        return None
    try:
        with _path(project_id, sha256).open("rb") as file:
            return file.read(length)
    except FileNotFoundError:
        return None


def _of_brands(head: bytes) -> str | None:
    brand, others = head[8:12], head[16 : min(int.from_bytes(head[:4]), HEAD)]
    if brand in {b"avif", b"avis"} or (brand == b"mif1" and b"avif" in others):
        return "image/avif"
    if brand in _MP4_SOUND:
        return "audio/mp4"
    return "video/mp4" if brand in _MP4_FILM else None


def _of_frame(head: bytes) -> str | None:
    """MP3 and AAC without a container begin with a frame: eleven or twelve set bits and what fits it."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac" if head[2] >> 2 & 0xF < 13 else None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sampling = head[2] >> 4, head[2] >> 2 & 3
    fits = head[1] & 0xE0 == 0xE0 and version != 1 and layer == 1 and rate not in (0, 15) and sampling != 3
    return "audio/mpeg" if fits else None


def _folder(project_id: int) -> Path:
    return Path(settings.DATA_DIR) / "media" / str(project_id)


def _path(project_id: int, sha256: str) -> Path:
    return _folder(project_id) / sha256
