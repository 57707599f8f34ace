"""One question as the page asks it, what is still missing from it, and its answer."""

from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.labels import Answer
from annotation.models import Criterion
from annotation.ranking import (
    BOTH_BAD,
    RankingTask,
    Scale,
    from_best_worst,
    from_preference,
    from_tiers,
    from_top,
)

LONGEST_RATIONALE = 10_000


@dataclass(slots=True)
class Option:
    """One thing to choose. `tail` is the end of its text that may be left out where there is no room."""

    value: str
    text: str
    key: str = ""
    tail: str = ""
    chosen: bool = False


@dataclass(slots=True)
class Item:
    """One response to be placed: its letter as shown and the places it may take, 0 for none."""

    letter: str
    field: str
    places: list[Option]
    opening: str = ""

    @property
    def place(self) -> int:
        return next((int(option.value) for option in self.places if option.chosen), 0)


@dataclass(slots=True)
class Spot:
    """One place to be given. Best and worst are fields of their own, with `letters` to choose from."""

    place: int
    text: str
    key: str
    field: str
    letters: list[Option]

    @property
    def letter(self) -> str:
        return next((option.value for option in self.letters if option.chosen), "")


@dataclass(slots=True)
class Question:
    """One criterion as the page asks it, with what has been answered so far."""

    criterion: Criterion
    task: RankingTask
    options: list[Option] = field(default_factory=list)
    apart: Option | None = None
    items: list[Item] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    reasons: list[Option] = field(default_factory=list)
    confidences: list[Option] = field(default_factory=list)
    rationale: str = ""
    note_key: str = "n"
    error: str = ""

    @property
    def field(self) -> str:
        return f"q{self.criterion.pk}"

    @property
    def title(self) -> str:
        return self.criterion.name.replace("-", " ").replace("_", " ").capitalize()

    @property
    def has_detail(self) -> bool:
        return bool(self.reasons or self.confidences or self.criterion.rationale != "off")

    @property
    def how(self) -> str:
        """How the responses are to be placed, in words."""
        if self.task.best_worst:
            return _("Name the best and the worst.")
        if self.task.full:
            return _("1 is best. Equal is allowed.")
        number = len(self.spots)
        return ngettext("Place the best one.", "Place the best %(number)s, one by one.", number) % {
            "number": number
        }

    def answer(self) -> Answer:
        """What was answered; call it only on a question without `problem`."""
        ranking, strength = self._ranking()
        decided = ranking != BOTH_BAD and ">" in ranking
        return Answer(
            ranking=ranking,
            strength=strength,
            confidence=next((option.value for option in self.confidences if option.chosen), ""),
            reasons=tuple(option.value for option in self.reasons if option.chosen) if decided else (),
            rationale=self.rationale if self.criterion.rationale != "off" else "",
        )

    def problem(self) -> str:
        """What is still missing, in words that say what to do; empty when nothing is."""
        return self._open() or self._detail_problem()

    def _open(self) -> str:
        if self.apart and self.apart.chosen:
            return ""
        if self.options:
            return "" if any(option.chosen for option in self.options) else _("Choose an answer here.")
        if self.task.full:
            missing = [item.letter.upper() for item in self.items if not item.place]
            text = ngettext("%(names)s still needs a place.", "%(names)s still need a place.", len(missing))
            return text % {"names": ", ".join(missing)} if missing else ""
        given = self._given()
        empty = [spot.text for spot in self.spots if not given[spot.place]]
        if empty:
            text = ngettext("%(names)s is still open.", "%(names)s are still open.", len(empty))
            return text % {"names": ", ".join(empty)}
        if self.task.best_worst:
            same = len({spot.letter for spot in self.spots}) == 1
            return _("The best and the worst cannot be the same one.") if same else ""
        twice = next((spot.text for spot in self.spots if given[spot.place] > 1), "")
        return _("Only one response can be %(name)s.") % {"name": twice} if twice else ""

    def _detail_problem(self) -> str:
        if self.confidences and not any(option.chosen for option in self.confidences):
            return _("Say how sure you are.")
        if self.criterion.rationale == "off":
            return ""
        if self.criterion.rationale == "required" and not self.rationale:
            return _("Say why in a few words.")
        least = self.criterion.rationale_min
        if self.rationale and len(self.rationale) < least:
            return _("Write at least %(number)s characters.") % {"number": least}
        if len(self.rationale) > LONGEST_RATIONALE:
            return _("Shorten the text to %(number)s characters.") % {"number": LONGEST_RATIONALE}
        return ""

    def _given(self) -> Counter[int]:
        """How many responses have been given each place."""
        if self.task.best_worst:
            return Counter(spot.place for spot in self.spots if spot.letter)
        return Counter(item.place for item in self.items if item.place)

    def _ranking(self) -> tuple[str, int | None]:
        if self.apart and self.apart.chosen:
            return BOTH_BAD, None
        if self.options:
            preference = int(next(option.value for option in self.options if option.chosen))
            graded = preference and Scale(self.criterion.scale).graded
            return str(from_preference(preference)), abs(preference) if graded else None
        k = len(self.items)
        if self.task.best_worst:
            best, worst = (spot.letter for spot in self.spots)
            return str(from_best_worst(best, worst, k)), None
        places = sorted({item.place for item in self.items} - {0})
        tiers = [[item.letter for item in self.items if item.place == place] for place in places]
        return str(from_tiers(tiers) if self.task.full else from_top([tier[0] for tier in tiers], k)), None
