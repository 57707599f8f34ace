"""Questions from a form's fields, and the fields that give an earlier answer again. No SQL."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from annotation.labels import CONFIDENCES
from annotation.models import Criterion, Label
from annotation.ranking import BOTH_BAD, RankingTask, Scale, letters, parse, relabel, signed

from .asked import Item, Option, Question, Spot

# Left to right under the hand, but for T and Y, which change how the page is read; letters that name a
# response are left out where responses are ranked.
REASON_KEYS = "qweruiop"
CONFIDENCE_KEYS = "jklm"
ENDS = ("best", "worst")


def questions(criteria: Sequence[Criterion], k: int, data: QueryDict | None = None) -> list[Question]:
    """The questions about a comparison of k responses, filled in from a submitted form where there is one."""
    return [_question(criterion, k, QueryDict() if data is None else data) for criterion in criteria]


def filled(criteria: Sequence[Criterion], labels: Iterable[Label], shown: str) -> QueryDict:
    """The form that would give these labels of one annotation again: the inverse of `questions` and `answer`.

    `labels` come with their rationale (select_related). `shown` is the order in which their annotator saw the
    responses. What the form does not offer (a coarser strength, a reason that is gone) is left open. Raises
    RankingError where `shown` is no order of these responses.
    """
    data = QueryDict(mutable=True)
    named = {criterion.pk: criterion for criterion in criteria}
    for label in labels:
        if label.criterion_id not in named:
            continue
        criterion, name = named[label.criterion_id], f"q{label.criterion_id}"
        data.update(_filled_places(criterion, label, name, shown))
        data[f"{name}-confidence"] = label.confidence
        rationale = getattr(label, "rationale", None)  # a label without one has no such attribute
        if rationale is not None:
            data.setlist(f"{name}-reason", rationale.reasons)
            data[f"{name}-rationale"] = rationale.text
    return data


def _filled_places(criterion: Criterion, label: Label, name: str, shown: str) -> dict[str, str]:
    """The fields that say the label's ranking, in letters as shown."""
    k = len(shown)
    stored = parse(label.ranking, k)
    if stored.both_bad:
        return {name: BOTH_BAD}
    ranking = relabel(stored, "".join(letters(k)[shown.index(letter)] for letter in letters(k)))
    if k == 2:
        coarse = label.strength is None and ranking.winner and Scale(criterion.scale).graded
        return {} if coarse else {name: str(signed(ranking, label.strength))}
    task = RankingTask.parse(criterion.ranking)
    if task.best_worst:
        ends = zip(ENDS, (ranking.tiers[0], ranking.tiers[-1]), strict=True)
        return {f"{name}-{end}": tier[0] for end, tier in ends if len(tier) == 1}
    fields: dict[str, str] = {}
    place = 1
    for index, tier in enumerate(ranking.tiers):
        if index in ranking.uncompared or (not task.full and (place > task.places(k) or len(tier) > 1)):
            break
        fields |= {f"{name}-{letter}": str(place) for letter in tier}
        place += len(tier)
    return fields


def _question(criterion: Criterion, k: int, data: QueryDict) -> Question:
    question = Question(criterion, RankingTask.parse(criterion.ranking), note_key=_free("n", k))
    name = question.field
    chosen = data.get(name)
    if k == 2:
        question.options = _verdicts(Scale(criterion.scale), chosen)
    else:
        question.spots = _spots(question, k, data)
        question.items = [_item(question, letter, data) for letter in letters(k)]
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


def _spots(question: Question, k: int, data: QueryDict) -> list[Spot]:
    task, name = question.task, question.field
    if not task.best_worst:
        return [
            Spot(n, ordinal(n), key=str(n) if n < 10 else "", field="", letters=[])
            for n in range(1, task.places(k) + 1)
        ]
    spots = []
    for place, (end, text) in enumerate(zip(ENDS, (_("Best"), _("Worst")), strict=True), start=1):
        chosen = data.get(f"{name}-{end}")
        options = [Option(letter, letter.upper(), chosen=letter == chosen) for letter in letters(k)]
        spots.append(Spot(place, text, str(place), f"{name}-{end}", options))
    return spots


def _item(question: Question, letter: str, data: QueryDict) -> Item:
    item = Item(letter, f"{question.field}-{letter}", places=[])
    if question.task.best_worst:
        return item
    chosen = data.get(item.field)
    values = [str(spot.place) for spot in question.spots]
    item.places = [Option(value, value, chosen=value == chosen) for value in values]
    if not question.task.full:
        item.places.append(Option("0", _("not placed"), chosen=chosen == "0"))
    return item


def ordinal(place: int) -> str:
    """A place as it is printed: 1st, 2nd …"""
    words = (_("1st"), _("2nd"), _("3rd"), _("4th"), _("5th"), _("6th"), _("7th"), _("8th"), _("9th"))
    return words[place - 1] if place <= len(words) else f"{place}."


@lru_cache
def _words(steps: int, language: str | None) -> dict[int, tuple[str, str]]:
    """What each distance is called on a scale of so many steps, in the language in use: text and tail."""
    better = _(" better")
    words = {
        1: {1: ("%s", better)},
        2: {2: (_("%s clearly"), better), 1: (_("%s slightly"), better)},
        3: {3: (_("%s much"), better), 2: (_("%s better"), ""), 1: (_("%s slightly"), better)},
    }[steps]
    return {0: (_("Tie"), "")} | words


def _verdicts(scale: Scale, chosen: str | None) -> list[Option]:
    """The answers to a pair, best for A first: left leans to A."""
    words = _words(scale.steps, get_language())
    options = []
    for number, preference in enumerate(scale.preferences(), start=1):
        text, tail = words[abs(preference)]
        if preference:
            text %= "A" if preference > 0 else "B"
        value = str(preference)
        options.append(Option(value, text, key=str(number), tail=tail, chosen=value == chosen))
    return options
