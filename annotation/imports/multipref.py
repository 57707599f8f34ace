"""MultiPref's rows as comparison lines with votes (Miranda et al. 2024, arXiv 2410.19133). Pure."""

import re
from typing import Any

from ..ranking import Scale
from .answers import Answers, Vote
from .fields import Row, items, mapping, name, text
from .problems import Bad, found

COLUMNS = ("normal_worker_annotations", "expert_worker_annotations", "annotations")
_PREFERENCE = re.compile(r"([ab])-is-(?:(clearly|slightly)-)?better|(tie)", re.IGNORECASE)
_STRENGTHS = {"clearly": 2, "slightly": 1}
_CONFIDENCES = {
    "absolutely": "very",
    "very": "very",
    "fairly": "fairly",
    "somewhat": "somewhat",
    "not": "not",
}
_PARTS = ("pref", "confidence", "checked_reasons", "own_reason")
_SHARED = frozenset(["evaluator", "kind", "pool", "time_spent", "shown_order", "timestamp"])
_LONGEST = 10_000_000


def to_line(row: Row, answers: Answers) -> tuple[Row, list[Vote]]:
    """The row as a native comparison line and its votes. Raises Bad.

    Aspects that the project has no criterion for are kept in `metadata["annotations"]`.
    """
    if row.get("text") is None:
        raise Bad("text", "expected the prompt, found nothing")
    votes: list[Vote] = []
    unasked: list[Row] = []
    for column in COLUMNS:
        for index in range(len(items(row, column))):
            where = f"{column}[{index}]"
            entry = row[column][index]
            if type(entry) is not dict:
                raise Bad(where, f"expected an object, found {found(entry)}")
            rest = _votes(entry, f"{where}.", answers, votes)
            if rest:
                unasked.append(rest)
    line = {
        "id": name(row, "comparison_id", 300),
        "prompt": row["text"],
        "response_a": text(row, "completion_a", _LONGEST),
        "response_b": text(row, "completion_b", _LONGEST),
        "group": row.get("prompt_id"),
    }
    taken = {*COLUMNS, "comparison_id", "text", "completion_a", "completion_b", "prompt_id"}
    line |= {key: value for key, value in row.items() if key not in taken}
    if unasked:
        line["metadata"] = {**mapping(row, "metadata"), "annotations": unasked}
    return line, votes


def _votes(entry: Row, where: str, answers: Answers, votes: list[Vote]) -> Row:
    """Adds an annotation's votes; gives what the project does not ask for, under the evaluator's name."""
    aspects = [key.removesuffix("_pref") for key in entry if key.endswith("_pref")]
    rest: Row = {}
    taken = set(_SHARED)
    for aspect in aspects:
        parts = {part: f"{aspect}_{part}" for part in _PARTS}
        taken |= set(parts.values())
        if aspect not in answers.questions:
            answers.unasked.add(aspect)
            rest |= {key: entry[key] for key in parts.values() if entry.get(key) is not None}
        elif entry.get(parts["pref"]) is not None:
            votes.append(answers.vote(_label(entry, aspect, parts, where, answers), 2, {}, where))
    answers.leave_out(entry.keys() - taken)
    return {"evaluator": entry.get("evaluator"), **rest} if rest else rest


def _label(entry: Row, aspect: str, parts: dict[str, str], where: str, answers: Answers) -> Row:
    choice, strength = _preference(entry[parts["pref"]], where + parts["pref"])
    # Its five points say how much better; on any other scale the same words mean something else.
    graded = answers.questions[aspect].scale is Scale.FIVE_POINT
    return {
        "annotator": name(entry, "evaluator", 200, where),
        "kind": entry.get("kind"),
        "criterion": aspect,
        "choice": choice,
        "strength": strength if graded else None,
        "confidence": _confidence(entry.get(parts["confidence"]), where + parts["confidence"]),
        "reasons": entry.get(parts["checked_reasons"]),
        "rationale": entry.get(parts["own_reason"]),
        "seconds": entry.get("time_spent"),
        "shown": entry.get("shown_order"),
    }


def _preference(value: Any, where: str) -> tuple[str, int | None]:
    match = _PREFERENCE.fullmatch(value) if type(value) is str else None
    if match is None:
        raise Bad(where, f"expected such as A-is-slightly-better or Tie, found {found(value)}")
    if match[3]:
        return "tie", None
    return match[1].lower(), _STRENGTHS.get((match[2] or "").lower())


def _confidence(value: Any, where: str) -> str | None:
    if value is None or value == "":
        return None
    word = value.lower().removesuffix("-confident") if type(value) is str else ""
    if word not in _CONFIDENCES:
        raise Bad(where, f"expected such as fairly-confident, found {found(value)}")
    return _CONFIDENCES[word]
