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
    """One person at the label page of one project.

    `html` is the page when it was opened or came back whole, else the card now shown.
    """

    def __init__(self, client: Client, person: Annotator, project: Project) -> None:
        assert person.user is not None
        client.force_login(person.user)
        self.client = client
        self.url = reverse("label", args=[project.slug])
        self.criteria = {criterion.name: f"q{criterion.pk}" for criterion in project.criteria.all()}
        self.html = ""
        self.status = 0
        self.done = 0
        self.answer: dict[str, Any] = {}
        self.held: list[dict[str, Any]] = []

    def open(self) -> "Desk":
        self._read(self.client.get(self.url))
        held = re.findall(
            r'<template data-card="(\d+)">(.*?)</template>\s*(?=<template (?:data-card|id="elsewhere"))',
            self.html,
            re.DOTALL,
        )
        self.held = [{"assignment": int(pk), "html": html} for pk, html in held]
        self.html = self.html.partition("<template data-card=")[0]
        self.done = int((re.search(r'data-done="(\d+)"', self.html) or ["0", "0"])[1])
        return self

    def send(self, scripted: bool = True, **fields: Any) -> "Desk":
        """Submits the form on the page. A field `overall` is that criterion's; `overall__a` its part a."""
        data: dict[str, Any] = dict(self.form.hidden)
        for name, value in fields.items():
            criterion, _, part = name.partition("__")
            field = self.criteria.get(criterion, criterion)
            data[f"{field}-{part}" if part else field] = value
        if scripted:
            self.done += " data-editing>" not in self.html
            return self.post(self.url, data)
        return self._read(self.client.post(self.url, data))

    def post(self, url: str, data: dict[str, Any]) -> "Desk":
        """A request of the page's script: what it brings is shown or kept for later."""
        data |= {"held": ",".join(str(card["assignment"]) for card in self.held), "done": self.done}
        headers = {"Accept": "application/json", "HX-Request": "true"}
        response = self.response = self.client.post(url, data, headers=headers)
        self.status = response.status_code
        if response.headers.get("Content-Type") != "application/json":
            return self._read(response)
        self.answer = response.json()
        if self.status == 422:
            card = self.answer["card"] or {"html": ""}
            self.html = f"<p>{self.answer['message']}</p>" + card["html"]
            return self
        self.held += self.answer["cards"]
        self.html = self.held.pop(0)["html"] if self.held else self.answer["end"]["html"]
        return self

    @property
    def key(self) -> str:
        return self.form.hidden["key"]

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
