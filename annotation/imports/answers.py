"""From a label as files write it to a Vote in stored letters. Pure: no Django."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..ranking import (
    BOTH_BAD,
    Ranking,
    RankingError,
    Scale,
    check_answer,
    from_preference,
    from_tiers,
    letters,
    parse,
)
from .fields import Row, flag, items, name, number, text, whole
from .problems import Bad, found

HUMAN, JUDGE = "human", "judge"
KINDS = {"human": HUMAN, "judge": JUDGE, "llm": JUDGE}
CONFIDENCES = ("not", "somewhat", "fairly", "very")
UNKNOWN, BOTH = "unknown", "both"
MAX_NAME = 200
MAX_RANKING = 120
LISTED = 20
DEFAULT_CRITERION = "overall"
# `role`, `dataset` and `timestamp` say nothing that a label could hold and are in almost every file.
_SILENT = frozenset(["role", "dataset", "timestamp"])
_KNOWN = _SILENT | frozenset(
    [
        "comparison",
        "annotator",
        "kind",
        "criterion",
        "aspect",
        "ranking",
        "choice",
        "preference",
        "both_bad",
        "shown",
        "strength",
        "confidence",
        "reasons",
        "rationale",
        "seconds",
        "inconsistent",
    ]
)


@dataclass(frozen=True, slots=True)
class Question:
    """A criterion as imports need it."""

    id: int
    name: str
    scale: Scale


@dataclass(slots=True)
class Vote:
    """One annotator's answer on one criterion, in stored letters; `where` is its path in the line."""

    where: str
    annotator: str
    kind: str
    criterion: int
    ranking: str
    strength: int | None
    shown: str
    consistent: bool | None
    seconds: float | None
    confidence: str
    reasons: list[str]
    rationale: str

    @property
    def per_order(self) -> bool:
        """True for a judge's answer to one order: evidence for a label, not yet one."""
        return self.kind == JUDGE and self.shown not in (UNKNOWN, BOTH)


class Answers:
    """Reads labels of one file against the project's criteria.

    `grades(criterion, kind)` tells whether the file's preferences go beyond -1..1 there. A preference of one
    means "slightly" in such a file; in any other its source only ever said which side, and the strength is
    left open. It is asked only when a preference of one comes without a `strength`.

    `left_out` collects keys of labels that have no place here, `unasked` aspects without a criterion.
    """

    def __init__(self, questions: Mapping[str, Question], grades: Callable[[str, str], bool]) -> None:
        self.questions = questions
        self._grades = grades
        self.left_out: set[str] = set()
        self.unasked: set[str] = set()

    def leave_out(self, keys: Collection[str]) -> None:
        """Notes keys of labels that are not kept; a warning names the first few."""
        if keys and len(self.left_out) < LISTED:
            self.left_out.update(keys)

    def question(self, row: Row, where: str) -> Question:
        """The criterion that a label or gold names. Raises Bad naming one that the project lacks."""
        key = "criterion" if row.get("criterion") is not None else "aspect"
        if row.get(key) is None:
            return self.default_question(where + "criterion")
        return self.named(name(row, key, MAX_NAME, where), where + key)

    def named(self, wanted: str, where: str) -> Question:
        if wanted not in self.questions:
            raise Bad(where, f"this project has no criterion {wanted!r}; it has {self._names()}")
        return self.questions[wanted]

    def default_question(self, where: str) -> Question:
        """`overall`, or the only criterion there is."""
        if DEFAULT_CRITERION in self.questions:
            return self.questions[DEFAULT_CRITERION]
        if len(self.questions) == 1:
            return next(iter(self.questions.values()))
        raise Bad(where, f"expected one of {self._names()}")

    def vote(self, row: Any, k: int, keys: Mapping[str, str], where: str = "") -> Vote:
        """A label on a comparison of k responses; `keys` maps the source's response ids to letters."""
        if type(row) is not dict:
            raise Bad(where.removesuffix("."), f"expected an object, found {found(row)}")
        self.leave_out(row.keys() - _KNOWN)
        kind = row.get("kind")
        if kind is not None and (type(kind) is not str or kind not in KINDS):
            raise Bad(f"{where}kind", f"expected human or judge, found {found(kind)}")
        kind = KINDS[kind or HUMAN]
        question = self.question(row, where)
        ranking, strength = self._answer(row, k, keys, question, kind, where)
        shown = _shown(row, k, keys, where)
        consistent = None
        if kind == JUDGE and shown == BOTH:
            consistent = not flag(row, "inconsistent", where)
        seconds = number(row, "seconds", where)
        if seconds is not None and seconds < 0:
            raise Bad(f"{where}seconds", f"expected 0 or more, found {found(seconds)}")
        confidence = text(row, "confidence", 10, where, default="")
        if confidence and confidence not in CONFIDENCES:
            raise Bad(f"{where}confidence", f"expected one of {', '.join(CONFIDENCES)}, found {confidence!r}")
        reasons = items(row, "reasons", where)
        if not all(type(reason) is str for reason in reasons):
            raise Bad(f"{where}reasons", "expected a list of texts")
        return Vote(
            where=where,
            annotator=name(row, "annotator", MAX_NAME, where),
            kind=kind,
            criterion=question.id,
            ranking=ranking,
            strength=strength,
            shown=shown,
            consistent=consistent,
            seconds=seconds,
            confidence=confidence,
            reasons=reasons,
            rationale=text(row, "rationale", 100_000, where, default=""),
        )

    def ranking(self, value: Any, k: int, keys: Mapping[str, str], where: str) -> Ranking:
        """A ranking as text (`a>b=c`), as a choice (`a`, `tie`, `both_bad`), or as a list best first."""
        try:
            if type(value) is list:
                return _listed(value, k, keys, where)
            if type(value) is not str or len(value) > MAX_RANKING:
                raise Bad(where, f"expected a ranking such as a>b, found {found(value)}")
            return _choice(value.strip().lower(), k) or parse(value, k)
        except RankingError as error:
            raise Bad(where, str(error)) from error

    def _answer(
        self, row: Row, k: int, keys: Mapping[str, str], question: Question, kind: str, where: str
    ) -> tuple[str, int | None]:
        said = self._said(row, k, keys, where)
        key, ranking = said[0]
        for other, another in said[1:]:
            # A label that says both_bad may call it a tie elsewhere; both_bad is the finer answer.
            if another != ranking and not (ranking.both_bad and another.winner is None):
                raise Bad(where + other, f"says {another}, but {key} says {ranking}")
        preference, strength = whole(row, "preference", where), whole(row, "strength", where)
        if preference is not None and abs(preference) > 1:
            if strength is None:
                strength, key = abs(preference), "preference"
            elif strength != abs(preference):
                raise Bad(f"{where}strength", f"is {strength}, but the preference is {preference}")
        elif strength is not None:
            key = "strength"
        elif preference and question.scale.graded and k == 2 and self._grades(question.name, kind):
            strength = 1
        try:
            check_answer(ranking, strength, question.scale, k, both_bad=True)
        except RankingError as error:
            raise Bad(where + key, str(error)) from error
        return str(ranking), strength if question.scale.graded else None

    def _said(self, row: Row, k: int, keys: Mapping[str, str], where: str) -> list[tuple[str, Ranking]]:
        """Every way in which the label states its answer, the finest first."""
        said = []
        if flag(row, "both_bad", where):
            said.append(("both_bad", parse(BOTH_BAD, k)))
        for key in ("ranking", "choice"):
            if row.get(key) is not None:
                said.append((key, self.ranking(row[key], k, keys, where + key)))
        preference = whole(row, "preference", where)
        if preference is not None:
            if k != 2:
                raise Bad(f"{where}preference", f"is for pairs; these are {k} responses")
            said.append(("preference", from_preference(preference)))
        if not said:
            raise Bad(f"{where}ranking", "expected a ranking, a choice or a preference, found nothing")
        return said

    def _names(self) -> str:
        return ", ".join(self.questions) or "none"


@lru_cache(maxsize=256)
def _choice(text: str, k: int) -> Ranking | None:
    """One letter: it won, the others were not compared. `tie`: all level."""
    stored = letters(k)
    if text == "tie":
        return from_tiers([stored])
    if len(text) == 1 and text in stored:
        rest = stored.replace(text, "")
        return parse(f"{text}>{'~'.join(rest)}", k)
    return None


def _listed(value: list[Any], k: int, keys: Mapping[str, str], where: str) -> Ranking:
    tiers = [item if type(item) is list else [item] for item in value]
    return parse(">".join("=".join(_letters(tier, k, keys, where)) for tier in tiers), k)


def _letters(names: list[Any], k: int, keys: Mapping[str, str], where: str) -> list[str]:
    """Response ids of the source, or letters where it gives none."""
    stored = letters(k)
    found_letters = []
    for item in names:
        key = str(item) if type(item) in (str, int) else ""
        letter = keys.get(key) or (key if len(key) == 1 and key in stored else "")
        if not letter:
            raise Bad(where, f"{found(item)} is none of the responses ({', '.join(keys or stored)})")
        found_letters.append(letter)
    return found_letters


def _shown(row: Row, k: int, keys: Mapping[str, str], where: str) -> str:
    value = row.get("shown")
    if value is None or value in (UNKNOWN, BOTH):
        return value or UNKNOWN
    shown = "".join(_letters(value, k, keys, f"{where}shown")) if type(value) is list else value
    if type(shown) is not str or sorted(shown) != list(letters(k)):
        raise Bad(
            f"{where}shown", f"expected an order of {letters(k)}, both or unknown, found {found(value)}"
        )
    return shown
