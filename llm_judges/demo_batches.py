"""Files and batches of a pretended endpoint, in memory: what a server needs to speak `/v1/files` and
`/v1/batches`. For the demonstration judge and for tests, which ask for `trouble`."""

import json
import threading
import uuid
from collections.abc import Callable, Collection
from email import message_from_bytes
from typing import Any

# What can go wrong with a batch, on request.
TROUBLE = {
    "shuffled": "the output comes in another order",
    "missing": "the first request is in neither file",
    "error-lines": "the first request is in the error file, with a 500",
    "expired": "half of it was not answered in time",
    "failed": "the provider refuses the file",
    "unrecorded": "the batch is made, and the answer that says so is lost",
}
Answerer = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


class BatchDesk:
    """`answer` gives status and body to one request; `looks`: how often a batch is asked after before it is
    done. `handle` serves one HTTP request and gives (status, body), bytes for a file's content."""

    def __init__(self, answer: Answerer, trouble: Collection[str] = (), looks: int = 1) -> None:
        self.answer = answer
        self.trouble = set(trouble)
        self.looks = looks
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self._looked: dict[str, int] = {}
        self._lock = threading.RLock()

    def handle(self, method: str, path: str, content_type: str, body: bytes) -> tuple[int, Any] | None:
        """None for a path that is neither a file's nor a batch's."""
        path = path.partition("?")[0]
        parts = path.removeprefix("/v1/").strip("/").split("/")
        if parts[0] not in ("files", "batches"):
            return None
        with self._lock:
            match (method, *parts):
                case ("POST", "files"):
                    return 200, self._upload(content_type, body)
                case ("GET", "files", name, "content") if name in self.files:
                    return 200, self.files[name]
                case ("POST", "batches"):
                    return self._create(json.loads(body))
                case ("GET", "batches"):
                    newest = list(reversed(self.batches.values()))
                    return 200, {"object": "list", "data": newest, "has_more": False}
                case ("GET", "batches", name) if name in self.batches:
                    return 200, self._look(name)
                case ("POST", "batches", name, "cancel") if name in self.batches:
                    return 200, self._cancel(name)
        return 404, _error("no such file or batch")

    def _upload(self, content_type: str, body: bytes) -> dict[str, Any]:
        form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        content = b""
        for part in form.get_payload():
            if part.get_param("name", header="content-disposition") == "file":  # type: ignore[union-attr]
                content = part.get_payload(decode=True)  # type: ignore[union-attr,assignment]
        return {"id": self._keep(content), "object": "file", "bytes": len(content), "purpose": "batch"}

    def _keep(self, content: bytes) -> str:
        name = f"file-{uuid.uuid4().hex[:12]}"
        self.files[name] = content
        return name

    def _create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        if asked.get("input_file_id") not in self.files:
            return 400, _error("no such input file")
        name = f"batch_{uuid.uuid4().hex[:12]}"
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": asked["endpoint"],
            "input_file_id": asked["input_file_id"],
            "completion_window": asked["completion_window"],
            "created_at": 0,
            "status": "validating",
            "metadata": asked.get("metadata") or {},
            "output_file_id": None,
            "error_file_id": None,
            "errors": None,
        }
        if "unrecorded" in self.trouble:
            self.trouble.discard("unrecorded")
            return 500, _error("the server had an error")
        return 200, self.batches[name]

    def _look(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        self._looked[name] = self._looked.get(name, 0) + 1
        if batch["status"] == "cancelling":
            self._end(batch, "cancelled", 0.5)
        elif batch["status"] in ("validating", "in_progress"):
            batch["status"] = "in_progress"
            if self._looked[name] >= self.looks:
                self._end(batch, "expired" if "expired" in self.trouble else "completed", 1.0)
        return batch

    def _cancel(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        if batch["status"] in ("validating", "in_progress"):
            batch["status"] = "cancelling"
        return batch

    def _end(self, batch: dict[str, Any], status: str, part: float) -> None:
        batch["status"] = status
        if "failed" in self.trouble:
            batch["status"] = "failed"
            batch["errors"] = {"object": "list", "data": [{"code": "invalid", "message": "line 1 is odd"}]}
            return
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        part = 0.5 if status == "expired" else part
        answered, left = lines[: round(len(lines) * part)], lines[round(len(lines) * part) :]
        output: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for number, line in enumerate(answered):
            if number == 0 and "missing" in self.trouble:
                continue
            code, body = self.answer(line["body"])
            if number == 0 and "error-lines" in self.trouble:
                code, body = 500, _error("the server had an error")
            said = {"id": f"r{number}", "custom_id": line["custom_id"], "error": None}
            said["response"] = {"status_code": code, "request_id": f"q{number}", "body": body}
            (output if code == 200 else errors).append(said)
        if status == "expired":
            late = {"code": "batch_expired", "message": "not answered in time"}
            errors += [
                {"id": "x", "custom_id": one["custom_id"], "response": None, "error": late} for one in left
            ]
        if "shuffled" in self.trouble:
            output.reverse()
        batch["output_file_id"] = self._keep(_lines(output)) if output else None
        batch["error_file_id"] = self._keep(_lines(errors)) if errors else None


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}
