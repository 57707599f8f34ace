"""Makers of panels and of what their members say."""

import json
from collections.abc import Callable
from typing import Any

from annotation.models import Label
from llm_judges.models import Panel
from llm_judges.panels import annotator_of
from tests.fake_judge import FakeJudge
from tests.judge_prompts import responses_in, shown_in

Rule = Callable[[list[str]], int]


def shortest(responses: list[str]) -> int:
    """A rule for the fake judge: the shortest response is best."""
    return min(range(len(responses)), key=lambda index: len(responses[index]))


def tie(request: dict[str, Any]) -> str:
    """A reply that finds both alike."""
    return json.dumps({"overall": {"rationale": "Alike.", "verdict": "tie"}})


def torn_about(word: str, otherwise: str = "long") -> Callable[[dict[str, Any]], str]:
    """Takes the first response shown where one of them holds the word, else the longest (or shortest)."""

    def reply(request: dict[str, Any]) -> str:
        texts = responses_in(request)
        lengths = [len(text) if otherwise == "long" else -len(text) for text in texts]
        best = 0 if any(word in text for text in texts) else lengths.index(max(lengths))
        letter = list(shown_in(request))[best]
        return json.dumps({"overall": {"rationale": "So.", "verdict": f"{letter} clearly better"}})

    return reply


def labels_of_panel(panel: Panel) -> list[Label]:
    """Its current labels by comparison."""
    labels = Label.objects.filter(annotator=annotator_of(panel), current=True)
    return list(labels.select_related("soft", "annotation").order_by("comparison"))


class Three:
    """Three fake judges of these behaviours, at work while the `with` block runs."""

    def __init__(self, *behaviours: Any) -> None:
        self.fakes = [one if isinstance(one, FakeJudge) else FakeJudge(one) for one in behaviours]

    def __enter__(self) -> list[FakeJudge]:
        return [fake.__enter__() for fake in self.fakes]

    def __exit__(self, *error: object) -> None:
        for fake in self.fakes:
            fake.__exit__(*error)
