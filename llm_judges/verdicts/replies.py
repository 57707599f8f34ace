"""A whole reply: its verdicts in stored letters, with the probabilities that came beside its text. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.ranking import Ranking, parse

from .questions import Form
from .reading import in_stored_letters, read
from .soft import MASS_FLOOR, Slot, probabilities


@dataclass(frozen=True, slots=True)
class Reading:
    """One criterion's answer in one reply, in stored letters. `probabilities` (of letters, `tie`, `both_bad`)
    only where enough of the token probability, `mass`, fell on offered answers."""

    ranking: Ranking
    strength: int | None
    rationale: str = ""
    probabilities: Mapping[str, float] | None = None
    mass: float | None = None

    def as_json(self) -> dict[str, Any]:
        """As JudgeCall.verdict keeps it: without the rationale, which stands in the reply."""
        found: dict[str, Any] = {"ranking": str(self.ranking), "strength": self.strength}
        if self.mass is not None:
            found["mass"] = round(self.mass, 6)
        if self.probabilities is not None:
            found["probabilities"] = {name: round(p, 6) for name, p in self.probabilities.items()}
        return found

    @classmethod
    def from_json(cls, found: Mapping[str, Any], k: int) -> "Reading":
        """Raises RankingError."""
        return cls(
            parse(str(found["ranking"]), k),
            found.get("strength"),
            probabilities=found.get("probabilities"),
            mass=found.get("mass"),
        )


def read_reply(text: str, form: Form, order: str, slots: Mapping[str, Slot]) -> dict[str, Reading]:
    """Reads a reply; `slots` are the tokens that began its verdicts, where known. Raises Unreadable."""
    found = {}
    verdicts = in_stored_letters(read(text, form), form, order)
    for question in form.questions:
        verdict = verdicts[question.name]
        chances: Mapping[str, float] | None = None
        mass = None
        if slot := slots.get(question.name):
            chances, mass = probabilities(slot, question, form, order)
            chances = chances if mass >= MASS_FLOOR else None
        found[question.name] = Reading(verdict.ranking, verdict.strength, verdict.rationale, chances, mass)
    return found
