"""Files are known by their content: kept once, refused by what they are and never believed by name."""

import io
import struct
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from annotation import media
from annotation.models import MediaFile
from tests.factories import make_project


def png(width: int = 2, height: int = 2, shade: int = 128) -> bytes:
    """A grey picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([shade]) * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def ftyp(brand: bytes, *others: bytes) -> bytes:
    body = b"ftyp" + brand + b"\0\0\0\0" + b"".join(others)
    return struct.pack(">I", len(body) + 4) + body + b"\0\0\0\x08mdat"


TAKEN = {
    "image/png": [png()],
    "image/jpeg": [b"\xff\xd8\xff\xe0\0\x10JFIF\0"],
    "image/gif": [b"GIF89a\1\0\1\0", b"GIF87a\1\0\1\0"],
    "image/webp": [b"RIFF\x24\0\0\0WEBPVP8L"],
    "image/avif": [ftyp(b"avif", b"mif1"), ftyp(b"mif1", b"heif", b"avif")],
    "audio/mpeg": [b"ID3\4\0\0\0\0\0\0", b"\xff\xfb\x90\x64", b"\xff\xf3\x82\xc4"],
    "audio/ogg": [b"OggS\0\2" + b"\0" * 20 + b"\1\x1eOpusHead", b"OggS\0\2" + b"\0" * 20 + b"\1\x1e\1vorbis"],
    "audio/wav": [b"RIFF\x24\0\0\0WAVEfmt "],
    "audio/mp4": [ftyp(b"M4A ", b"isom")],
    "audio/aac": [b"\xff\xf1\x50\x80", b"\xff\xf9\x50\x80"],
    "audio/flac": [b"fLaC\0\0\0\x22"],
    "video/mp4": [ftyp(b"isom", b"avc1"), ftyp(b"mp42")],
    "video/webm": [b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm"],
}
REFUSED = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "xml": b'<?xml version="1.0"?><svg/>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "pdf": b"%PDF-1.7",
    "bmp": b"BM\x36\0\0\0",
    "tiff": b"II*\0",
    "quicktime": ftyp(b"qt  "),
    "heic": ftyp(b"heic", b"mif1"),
    "matroska": b"\x1aE\xdf\xa3\x9fB\x82\x88matroska",
    "ogg film": b"OggS\0\2" + b"\0" * 20 + b"\1\x2a\x80theora",
    "avi": b"RIFF\x24\0\0\0AVI LIST",
    "utf-16": b"\xff\xfeh\0i\0",
    "reserved mpeg": b"\xff\xfb\xf0\x64",
    "text": b"just words, and more of them than a signature has",
    "one byte": b"\xff",
}


@pytest.fixture(autouse=True)
def _own_data_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def stored(project_id: int) -> list[str]:
    folder = Path(settings.DATA_DIR) / "media" / str(project_id)
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("content_type", "head"), [(kind, head) for kind, heads in TAKEN.items() for head in heads]
)
def test_what_a_file_is_follows_from_its_first_bytes(content_type: str, head: bytes) -> None:
    assert media.content_type_of(head[: media.HEAD]) == content_type


@pytest.mark.django_db
@pytest.mark.parametrize("name", REFUSED)
def test_any_other_format_is_refused_whatever_it_is_called(name: str) -> None:
    project = make_project()
    with pytest.raises(media.MediaError, match="no picture, sound or film of an allowed kind"):
        media.store(project, "harmless.png", io.BytesIO(REFUSED[name]))
    assert not MediaFile.objects.exists()


@pytest.mark.django_db
def test_a_file_is_kept_under_its_hash_and_read_back() -> None:
    project = make_project()
    data = png(640, 480)
    row = media.store(project, "charts/sales.svg", io.BytesIO(data))
    assert (row.sha256, row.content_type, row.size) == (sha256(data).hexdigest(), "image/png", len(data))
    assert row.name == "charts/sales.svg"
    found, file = media.open_file(project, row.sha256)
    with file:
        assert file.read() == data
    assert found == row
    assert stored(project.pk) == [row.sha256]


@pytest.mark.django_db
def test_the_same_file_twice_is_one_row_and_each_project_has_its_own() -> None:
    first, second = make_project(), make_project()
    rows = [media.store(project, "a.png", io.BytesIO(png())) for project in (first, first, second)]
    assert rows[0] == rows[1] != rows[2]
    assert MediaFile.objects.count() == 2
    third = make_project()
    with pytest.raises(MediaFile.DoesNotExist):
        media.open_file(third, rows[0].sha256)


@pytest.mark.django_db
def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(media, "LARGEST", 3 * 1024**2)
    project = make_project()
    media.store(project, "a.wav", io.BytesIO(b"RIFF\0\0\0\0WAVE" + bytes(3 * 1024**2 - 12)))
    with pytest.raises(media.MediaError, match="larger than 3 MB"):
        media.store(project, "b.wav", io.BytesIO(b"RIFF\0\0\0\0WAVE" + bytes(3 * 1024**2 - 11)))
    assert len(stored(project.pk)) == MediaFile.objects.count() == 1


@pytest.mark.django_db
def test_an_empty_file_and_a_stream_that_breaks_leave_nothing_behind() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("the disk is gone")
            return super().read(size)

    project = make_project()
    media.store(project, "a.png", io.BytesIO(png()))
    with pytest.raises(media.MediaError, match="is empty"):
        media.store(project, "b.png", io.BytesIO(b""))
    with pytest.raises(OSError, match="the disk is gone"):
        media.store(project, "c.png", Broken(png(shade=3) + bytes(100)))
    assert len(stored(project.pk)) == MediaFile.objects.count() == 1


@pytest.mark.django_db
def test_a_strange_name_is_kept_as_far_as_it_can_be_stored() -> None:
    row = media.store(make_project(), "x" * 400 + "\0\udcff\u202ea.png", io.BytesIO(png()))
    assert row.name.endswith("xa.png")
    assert len(row.name) == 300


@pytest.mark.parametrize(
    "address",
    [
        "media:../../secret_key", "media:" + "A" * 64, "media:" + "0" * 63, "media:" + "0" * 65,
        "media:" + "0" * 64 + "\n", "0" * 64, "https://example.org/media:" + "0" * 64,
    ],
)  # fmt: skip
def test_only_a_hash_is_a_reference(address: str) -> None:
    assert media.reference(address) is None
    assert media.head_of(1, address.removeprefix("media:")) is None
    assert media.reference("media:" + "0" * 64) == "0" * 64


@pytest.mark.parametrize(
    ("part", "address"),
    [
        ({"type": "image_url", "image_url": {"url": "a.png", "detail": "low"}}, "a.png"),
        ({"type": "image_url", "image_url": "a.png"}, "a.png"),
        ({"type": "input_audio", "input_audio": {"data": "a.wav", "format": "wav"}}, "a.wav"),
        ({"type": "video_url", "video_url": {"url": "a.mp4"}}, "a.mp4"),
        ({"type": "image", "image": "a.png"}, "a.png"),
        ({"type": "image", "url": "a.png"}, "a.png"),
        ({"type": "audio", "audio": {"path": "a.wav", "bytes": None}}, "a.wav"),
        ({"type": "image", "source": {"type": "base64", "data": "eA=="}}, "eA=="),
        ({"type": "text", "text": "a.png", "url": "b.png"}, None),
        ({"type": "image_url", "image_url": {"url": {"url": "deep"}}}, None),
        ({"type": "file", "file": {"file_id": "f"}}, None),
        ("a.png", None),
    ],
)
def test_the_address_of_a_part_is_found_in_the_common_shapes(part: object, address: str | None) -> None:
    place = media.address_place(part)
    assert (place[0][place[1]] if place else None) == address
