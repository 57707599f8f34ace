"""The broker of files: a worker that looks at any moment finds whole messages or none."""

import os
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from config import broker
from config.celery import app


def test_a_message_is_seen_once_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = ("data_folder_in", "data_folder_out", "control_folder")
    options = {name: str(tmp_path) for name in folders}
    app.loader.import_default_modules()
    replace, looks = os.replace, []
    with Connection("filesystem://", transport_options=options) as connection:
        channel = connection.default_channel
        assert isinstance(channel, broker.Channel)

        def look_first(*names: str) -> None:
            with pytest.raises(Empty):
                channel._get("work")
            looks.append(names)
            replace(*names)

        monkeypatch.setattr(broker.os, "replace", look_first)
        channel._put("work", {"body": "look now"})
        assert channel._get("work") == {"body": "look now"}
        assert len(looks) == 1
        assert not list(tmp_path.glob("*.part"))
