"""Celery's broker of files, with messages that are whole before anybody sees them.

Kombu's own transport opens a message under its name and then writes it. A worker that looks in between takes
an empty file, cannot read it and ends.
"""

import os
import uuid
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Puts a message under its name once all of it is in the file."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        whole = os.path.join(self.data_folder_out, name)
        part = f"{whole}.part"  # which no queue is called
        with open(part, "w", encoding="utf-8") as file:
            file.write(dumps(payload))
        os.replace(part, whole)


class Transport(filesystem.Transport):
    Channel = Channel


def register() -> None:
    """Makes it what `filesystem://` stands for."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
