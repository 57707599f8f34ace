"""Files that comparison lines name by a path: taken into the project, `media:<sha256>` put in their place."""

import base64
import binascii
import io
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

from .. import media
from ..models import Project
from .fields import Row
from .problems import Bad, found

_CHATS = ("prompt", "response_a", "response_b", "context_a", "context_b", "chosen", "rejected")
_LISTS = ("media_a", "media_b", "chosen_media", "rejected_media")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_EXPECTED = "expected a path inside the media folder, an http(s) address or a data: URL"


class Shelf:
    """Takes files from `folder`, and from data: URLs, into one project.

    Files are kept while lines are read, which must not cost SQL; `record` then makes their rows.
    """

    def __init__(self, project: Project, folder: Path) -> None:
        self._project = project
        self._folder = folder.resolve()
        self._kept: dict[str, media.Kept] = {}
        # The same picture often goes with many lines.
        self._from_path = lru_cache(maxsize=10_000)(self._keep_path)

    def take(self, row: Row) -> None:
        """Replaces every path and data: URL of a comparison line, in place. Raises Bad."""
        for key in _CHATS:
            self._chat(row.get(key), key)
        for key in _LISTS:
            self._list(row.get(key), key)
        entries = row.get("responses")
        for index, entry in enumerate(entries if type(entries) is list else ()):
            if type(entry) is dict:
                for key in ("text", "messages", "context"):
                    self._chat(entry.get(key), f"responses[{index}].{key}")
                self._list(entry.get("media"), f"responses[{index}].media")

    def record(self) -> None:
        """Makes the rows of the files taken since the last time."""
        if self._kept:
            media.record(self._project, self._kept.values())
            self._kept = {}

    def _chat(self, value: Any, where: str) -> None:
        for number, message in enumerate(value if type(value) is list else [value]):
            if type(message) is dict and type(message.get("content")) is list:
                place = f"{where}[{number}]" if type(value) is list else where
                for index, part in enumerate(message["content"]):
                    self._item(part, f"{place}.content[{index}]")

    def _list(self, value: Any, where: str) -> None:
        for index, item in enumerate(value if type(value) is list else ()):
            if type(item) is str:
                value[index] = self._address(item, f"{where}[{index}]")
            else:
                self._item(item, f"{where}[{index}]")

    def _item(self, item: Any, where: str) -> None:
        place = media.address_place(item)
        if place is not None:
            holder, key = place
            holder[key] = self._address(holder[key], where, bare_data=key == "data")

    def _address(self, address: str, where: str, bare_data: bool = False) -> str:
        """`media:<sha256>` for what is taken; http(s) addresses stay. `bare_data` may be base64 alone."""
        match = _SCHEME.match(address)
        scheme = match[1].lower() if match else ""
        if scheme in ("http", "https") or media.reference(address):
            return address
        try:
            if scheme == "data" or (bare_data and not scheme):
                return self._keep("data", io.BytesIO(_decoded(address, scheme, where)))
            if scheme:
                raise Bad(where, f"{_EXPECTED}, found {found(address)}")
            return self._from_path(address)
        except media.MediaError as error:
            raise Bad(where, f"{_named(address)} {error}") from error
        except OSError as error:
            raise Bad(where, f"{_named(address)} cannot be read: {error.strerror or error}") from error
        except _Outside as error:
            raise Bad(where, f"{_named(address)} {error}") from error

    def _keep_path(self, address: str) -> str:
        try:
            path = (self._folder / address).resolve()
        except RuntimeError:  # what pathlib makes of a loop
            raise _Outside("is a link that leads back to itself") from None
        if os.path.isabs(address) or not path.is_relative_to(self._folder):
            raise _Outside("leads out of the media folder")
        if not path.is_file():
            raise _Outside("is not in the media folder")
        with path.open("rb") as file:
            return self._keep(address, file)

    def _keep(self, name: str, stream: BinaryIO) -> str:
        kept = media.keep(self._project.pk, name, stream)
        self._kept[kept.sha256] = kept
        return media.SCHEME + kept.sha256


class _Outside(Exception):
    """A path that names no file inside the folder."""


def _decoded(address: str, scheme: str, where: str) -> bytes:
    head, _, body = address.partition(",") if scheme else (";base64", "", address)
    try:
        data = unquote_to_bytes(body)
        return base64.b64decode(data, validate=True) if head.endswith(";base64") else data
    except binascii.Error as error:
        raise Bad(where, f"the data is not valid base64 ({error})") from error


def _named(address: str) -> str:
    return "the data" if address.startswith("data:") or len(address) > 255 else f"the file {address!r}"
