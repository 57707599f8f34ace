"""Lines of a batch's output and error file, and what each says of its request."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from annotation.models import JudgeCall

from ..envelope import Reply, heard
from ..refusals import of_status
from ..verdicts import clean


class Lines:
    """Lines of downloaded files by custom_id, read where they stand: a file may be larger than memory."""

    def __init__(self) -> None:
        self.files: list[BinaryIO] = []
        self._place: dict[str, tuple[int, int]] = {}

    def read(self, path: Path) -> None:
        """Notes where each line of the file stands; lines that cannot be read are passed over."""
        file = path.open("rb")
        self.files.append(file)
        place = 0
        for line in file:
            try:
                name = orjson.loads(line).get("custom_id")
            except (ValueError, AttributeError):
                name = None
            if isinstance(name, str):
                self._place.setdefault(name, (len(self.files) - 1, place))
            place += len(line)

    def get(self, name: str) -> Mapping[str, Any] | None:
        """The line of this custom_id, the first if there are more; None where there is none."""
        if name not in self._place:
            return None
        number, place = self._place[name]
        self.files[number].seek(place)
        found: dict[str, Any] = orjson.loads(self.files[number].readline())
        return found

    def close(self) -> None:
        """Closes the files, which must be there until then."""
        for file in self.files:
            file.close()


def replied(line: Mapping[str, Any]) -> Reply:
    """What a line of a batch's output or error file says of its request."""
    response = line.get("response")
    if isinstance(response, Mapping) and response.get("status_code") == 200:
        return heard(response.get("body"))[0]
    status, error = 0, line.get("error")
    if isinstance(response, Mapping) and type(response.get("status_code")) is int:
        body = response.get("body")
        status, error = response["status_code"], body.get("error") if isinstance(body, Mapping) else error
    said = error if isinstance(error, Mapping) else {}
    code, message = str(said.get("code") or "").lower(), clean(str(said.get("message") or ""))[:400]
    if status:
        return of_status(status, code, message)
    return Reply(JudgeCall.State.TRANSPORT_ERROR, f"the batch did not answer it: {code} {message}".strip())
