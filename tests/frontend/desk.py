"""The label page as a browser without scripts sees it: its form, filled in and sent."""

import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from annotation.models import Annotator, Project


class Form(HTMLParser):
    """Fields of the answer form: hidden values, and what may be chosen by field name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside = False
        self.hidden: dict[str, str] = {}
        self.offered: dict[str, list[str]] = {}
        self.chosen: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = values.get("id") == "answer"
        if not self.inside or "name" not in values:
            return
        name = values["name"]
        if values.get("type") == "hidden":
            self.hidden[name] = values.get("value", "")
        else:
            self.offered.setdefault(name, []).append(values.get("value", ""))
            if "checked" in values:
                self.chosen.setdefault(name, []).append(values["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


class Desk:
    """One person at the label page of one project."""

    def __init__(self, client: Client, person: Annotator, project: Project) -> None:
        assert person.user is not None
        client.force_login(person.user)
        self.client = client
        self.url = reverse("label", args=[project.slug])
        self.criteria = {criterion.name: f"q{criterion.pk}" for criterion in project.criteria.all()}
        self.html = ""
        self.status = 0

    def open(self) -> "Desk":
        return self._read(self.client.get(self.url))

    def send(self, htmx: bool = True, **fields: Any) -> "Desk":
        """Submits the form on the page. A field `overall` is that criterion's; `overall__a` its part a."""
        data: dict[str, Any] = dict(self.form.hidden)
        for name, value in fields.items():
            criterion, _, part = name.partition("__")
            field = self.criteria.get(criterion, criterion)
            data[f"{field}-{part}" if part else field] = value
        headers = {"HX-Request": "true"} if htmx else {}
        return self._read(self.client.post(self.url, data, headers=headers))

    @property
    def form(self) -> Form:
        return Form(self.html)

    @property
    def text(self) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", self.html).split())

    def _read(self, response: Any) -> "Desk":
        self.response = response
        self.html = response.content.decode()
        self.status = response.status_code
        return self
