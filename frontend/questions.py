"""A project's questions as the label page asks them, and the answers that its form sends back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.labels import CONFIDENCES, Answer
from annotation.models import Criterion
from annotation.ranking import BOTH_BAD, Scale, from_preference, from_tiers, letters

# Left to right under the hand, but for T and Y, which change how the page is read; letters that name a
# response are left out where responses are ranked.
REASON_KEYS = "qweruiop"
CONFIDENCE_KEYS = "jklm"
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
    """One response to be placed: its letter as shown and the places it may take."""

    letter: str
    field: str
    places: list[Option]
    opening: str = ""

    @property
    def place(self) -> int:
        return next((int(option.value) for option in self.places if option.chosen), 0)


@dataclass(slots=True)
class Question:
    """One criterion as the page asks it, with what has been answered so far."""

    criterion: Criterion
    options: list[Option] = field(default_factory=list)
    apart: Option | None = None
    items: list[Item] = field(default_factory=list)
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
        if self.apart and self.apart.chosen:
            pass
        elif self.items:
            missing = [item.letter.upper() for item in self.items if not item.place]
            if missing:
                return ngettext(
                    "%(names)s still needs a place.", "%(names)s still need a place.", len(missing)
                ) % {"names": ", ".join(missing)}
        elif not any(option.chosen for option in self.options):
            return _("Choose an answer here.")
        if self.confidences and not any(option.chosen for option in self.confidences):
            return _("Say how sure you are.")
        if self.criterion.rationale == "required" and not self.rationale:
            return _("Say why in a few words.")
        if len(self.rationale) > LONGEST_RATIONALE:
            return _("Shorten the text to %(number)s characters.") % {"number": LONGEST_RATIONALE}
        return ""

    def _ranking(self) -> tuple[str, int | None]:
        if self.apart and self.apart.chosen:
            return BOTH_BAD, None
        if self.items:
            places = sorted({item.place for item in self.items})
            tiers = [[item.letter for item in self.items if item.place == place] for place in places]
            return str(from_tiers(tiers)), None
        preference = int(next(option.value for option in self.options if option.chosen))
        graded = preference and Scale(self.criterion.scale).graded
        return str(from_preference(preference)), abs(preference) if graded else None


def questions(criteria: Sequence[Criterion], k: int, data: QueryDict | None = None) -> list[Question]:
    """The questions about a comparison of k responses, filled in from a submitted form where there is one."""
    return [_question(criterion, k, QueryDict() if data is None else data) for criterion in criteria]


def _question(criterion: Criterion, k: int, data: QueryDict) -> Question:
    question = Question(criterion, note_key=_free("n", k))
    name = question.field
    chosen = data.get(name)
    if k == 2:
        question.options = _verdicts(Scale(criterion.scale), chosen)
    else:
        question.items = [_item(name, letter, k, data) for letter in letters(k)]
    if criterion.both_bad:
        text = _("Both bad") if k == 2 else _("All bad")
        question.apart = Option(BOTH_BAD, text, key="0", chosen=chosen == BOTH_BAD)
    ticked = data.getlist(f"{name}-reason")
    keys = [key for key in REASON_KEYS if _free(key, k)]
    question.reasons = [
        Option(reason, reason, key=keys[number] if number < len(keys) else "", chosen=reason in ticked)
        for number, reason in enumerate(criterion.reasons)
    ]
    if criterion.confidence:
        sure = data.get(f"{name}-confidence")
        texts = (_("Not"), _("Somewhat"), _("Fairly"), _("Very"))
        question.confidences = [
            Option(value, text, key=_free(key, k), chosen=sure == value)
            for value, text, key in zip(CONFIDENCES, texts, CONFIDENCE_KEYS, strict=True)
        ]
    question.rationale = data.get(f"{name}-rationale", "").replace("\x00", "").strip()
    return question


def _free(key: str, k: int) -> str:
    """The key, unless it picks up a response where more than two are ranked."""
    return key if k == 2 or key not in letters(k) else ""


def _item(name: str, letter: str, k: int, data: QueryDict) -> Item:
    field_name = f"{name}-{letter}"
    places = [str(place) for place in range(1, k + 1)]
    chosen = data.get(field_name)
    return Item(
        letter,
        field_name,
        [
            Option(place, place, key=place if len(place) == 1 else "", chosen=place == chosen)
            for place in places
        ],
    )


def _verdicts(scale: Scale, chosen: str | None) -> list[Option]:
    """The answers to a pair, best for A first: left leans to A."""
    better = _(" better")
    words = {
        1: {1: ("%s", better)},
        2: {2: (_("%s clearly"), better), 1: (_("%s slightly"), better)},
        3: {3: (_("%s much"), better), 2: (_("%s better"), ""), 1: (_("%s slightly"), better)},
    }[scale.steps]
    options = []
    for number, preference in enumerate(scale.preferences(), start=1):
        text, tail = words[abs(preference)] if preference else (_("Tie"), "")
        if preference:
            text %= "A" if preference > 0 else "B"
        value = str(preference)
        options.append(Option(value, text, key=str(number), tail=tail, chosen=value == chosen))
    return options
