"""The examples of docs/api.md are run as they stand, against a server."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from annotation import tokens
from annotation.permissions import Access
from annotation.webhooks import signing
from tests.factories import make_person, make_project

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "api.md"


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_the_document_run(
    live_server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = make_person(make_project(slug="fruit"), role="owner", read=False)
    _, secret = tokens.issue(Access(owner.project, owner.membership), "the document", "owner")
    monkeypatch.setenv("TANDEM_SERVER", live_server.url)
    monkeypatch.setenv("TANDEM_TOKEN", secret)
    monkeypatch.setenv("TANDEM_PROJECT", "fruit")
    monkeypatch.setattr("llm_judges.tasks.look.delay", lambda: None)  # nobody listens where its judge is
    program = "\n".join(re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.M | re.S))
    names: dict[str, Any] = {}

    exec(compile(program, DOCUMENT, "exec"), names)

    said = capsys.readouterr().out
    for line in (
        "2 added",
        "2 were there already",
        "2 0.4000",
        "1 labels added",
        "1 mapped",
        "ready 2",
        "cancelled 0",
    ):
        assert line in said
    assert "token-made the document" in said
    body, now = b"{}", int(time.time())
    headers = signing.headers([signing.new_secret(), names["SECRET"]], "1", now, body)
    assert names["is_ours"](headers, body, names["SECRET"], now)
    assert not names["is_ours"](headers, body + b" ", names["SECRET"], now)
    assert not names["is_ours"](headers, body, names["SECRET"], now + 301)
