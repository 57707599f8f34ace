"""A simulated person who goes through a whole project at the label page: whatever it asks for, in turn.

Responses say "with care" or "in haste"; whoever reads prefers care, and who does not, haste.
"""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from annotation.models import Annotator, Project

from .desk import Desk

BETTER, WORSE = "with care", "in haste"
_ASKED = re.compile(
    r'<form class="actions" method="post" action="([^"]+)">.*?'
    r'name="(consent|notice|guidelines)" value="(\d+)"',
    re.DOTALL,
)
_END = re.compile(r'data-end="(\w+)"')
_TITLE = re.compile(r'<h1 tabindex="-1">([^<]+)</h1>')
MOST = 10_000  # steps; a page that asks for the same for ever is a fault


@dataclass
class Sitter:
    """`prefers`: the words that win with them, always, for who passes a test is not left to chance. `told`:
    headings of what they met beside comparisons, in order; `answers`: how many they gave."""

    client: Client
    annotator: Annotator
    project: Project
    prefers: str = BETTER
    told: list[str] = field(default_factory=list)
    answers: int = 0

    def __post_init__(self) -> None:
        self.draw = random.Random(7)
        self.desk = Desk(self.client, self.annotator, self.project)

    def work(self) -> str:
        """Goes on until there is nothing more to do; gives what stands there then, such as `done`."""
        self.desk.open()
        for _ in range(MOST):
            end = _END.search(self.desk.html.partition('<template id="elsewhere"')[0])
            if end is None:
                self._answer()
                continue
            self.told.append(_TITLE.findall(self.desk.html)[0])
            asked = _ASKED.search(self.desk.html)
            if asked is None:
                return end[1]
            address, name, value = asked.groups()
            self.client.post(address, {name: value})
            self.desk.open()
        raise AssertionError(f"{self.annotator} never comes to an end: {self.told[-5:]}")

    def _answer(self) -> None:
        text = self.desk.text
        first = (text.index(BETTER) < text.index(WORSE)) == (self.prefers == BETTER)
        fields: dict[str, Any] = {}
        for name in self.desk.criteria:
            strength = self.draw.choice((1, 2))
            fields[name] = str(strength if first else -strength)
            fields[f"{name}__confidence"] = self.draw.choice(("not", "fairly", "very"))
        fields["truthful__reason"] = "factual"
        fields["truthful__rationale"] = "It names its sources."
        self.desk.send(**fields)
        assert self.desk.status == 200, self.desk.text
        self.answers += 1
