"""What a judge may answer, and how its reply is read. Pure: no Django.

A judge speaks of the responses by the letters it was *shown*: A came first. A reply that cannot be read is
a failure: it never becomes a default, a tie or a guess.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from annotation.ranking import (
    BOTH_BAD,
    Ranking,
    RankingError,
    RankingTask,
    Scale,
    from_preference,
    letters,
    parse,
)

# Strength in words, weakest first, by the number of steps on the scale.
_STRENGTHS = {1: ("",), 2: ("slightly ", "clearly "), 3: ("slightly ", "clearly ", "much ")}
_FULL = RankingTask()
_ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff]")
_OBJECT_START = re.compile(r'\{\s*["}]')
_THOUGHTS = re.compile(r"\s*<think>.*?</think>", re.DOTALL)


class Unreadable(ValueError):
    """The reply holds no valid verdict; the message says why."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a judge is asked: one criterion as it was when the question was put.

    A judge ranks all responses whatever the task: that says all that was asked, and more. A ranking that
    leaves open what was asked, such as a tie at the top where the best are named, is no answer.
    """

    name: str
    text: str
    scale: Scale
    both_bad: bool
    rationale_required: bool = False
    task: RankingTask = _FULL


@dataclass(frozen=True, slots=True)
class Verdict:
    """One criterion's answer; the ranking is over whatever letters the caller says (shown or stored)."""

    ranking: Ranking
    strength: int | None
    rationale: str


@lru_cache(maxsize=256)
def menu(scale: Scale, both_bad: bool) -> dict[str, tuple[Ranking, int | None]]:
    """The words offered on a pair, best for A first, each with the ranking and strength it stands for."""
    words = {}
    for preference in scale.preferences():
        strength = abs(preference)
        if strength:
            letter = "A" if preference > 0 else "B"
            word = f"{letter} {_STRENGTHS[scale.steps][strength - 1]}better"
        else:
            word = "tie"
        graded = strength if strength and scale.graded else None
        words[word] = (from_preference(preference), graded)
    if both_bad:
        words[BOTH_BAD] = (Ranking((), both_bad=True), None)
    return words


def schema(questions: Sequence[Question], k: int) -> dict[str, Any]:
    """A strict `json_schema` for one reply on all questions. The rationale stands before the verdict,
    because the order of keys is the order in which a model writes."""
    return {
        "name": "verdicts",
        "strict": True,
        "schema": _object({question.name: _property(question, k) for question in questions}),
    }


def read(text: str, questions: Sequence[Question], k: int) -> dict[str, Verdict]:
    """The verdicts in a reply by question name, over the letters shown.

    Code fences and prose around the JSON are allowed. The last JSON object is the reply: there is no falling
    back to an earlier one, and one that answers a question differently makes the reply unreadable, because
    nothing tells which of them is the verdict and which a quotation. Raises Unreadable.
    """
    *earlier, reply = _objects(text)
    verdicts = {question.name: _verdict(reply, question, k) for question in questions}
    for question in questions:
        verdict = verdicts[question.name]
        for other in earlier:
            if _answer(other, question, k) not in (None, (verdict.ranking, verdict.strength)):
                raise Unreadable(f"the reply contradicts itself on {question.name!r}")
    return verdicts


def clean(text: str) -> str:
    """Hostile text made storable: NUL and lone surrogates, which PostgreSQL refuses, become `�`."""
    return text.replace("\0", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(question: Question, k: int) -> dict[str, Any]:
    verdict: dict[str, Any] = {"type": "string"}
    if k == 2:
        verdict["enum"] = list(menu(question.scale, question.both_bad))
    else:
        verdict["description"] = describe(question, k)
    return _object({"rationale": {"type": "string"}, "verdict": verdict})


def describe(question: Question, k: int) -> str:
    """The offered answers in words, for prompts and for servers that do not enforce a schema."""
    if k == 2:
        return "one of " + ", ".join(f'"{word}"' for word in menu(question.scale, question.both_bad))
    first, second, third, *rest = list(letters(k).upper())
    example = ">".join([second, f"{first}={third}", *rest])
    text = f"all letters A to {letters(k)[-1].upper()}, best first, such as {example} where = means a tie"
    return f'{text}, or "{BOTH_BAD}" when all of them are bad' if question.both_bad else text


def _objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects in a reply in their order, at least one."""
    text = _ZERO_WIDTH.sub("", text)
    if thoughts := _THOUGHTS.match(text):
        text = text[thoughts.end() :]
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_unambiguous)
    found: list[dict[str, Any]] = []
    position = 0
    while start := _OBJECT_START.search(text, position):
        try:
            value, position = decoder.raw_decode(text, start.start())
            found.append(value)
        except Unreadable:
            raise
        except (ValueError, RecursionError) as error:
            # Reading on inside a broken object could take a quotation in it for the verdict.
            raise Unreadable("the reply holds a broken JSON object") from error
    if not found:
        raise Unreadable("the reply holds no JSON object")
    return found


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("the reply gives a key of one JSON object twice")
    return found


def _verdict(reply: dict[str, Any], question: Question, k: int) -> Verdict:
    ranking, strength = _chosen(reply, question, k)
    entry = reply[question.name]
    rationale = (entry if isinstance(entry, dict) else reply).get("rationale")
    rationale = clean(rationale) if isinstance(rationale, str) else ""
    if question.rationale_required and not rationale.strip():
        raise Unreadable(f"the reply gives no rationale on {question.name!r}, which is required")
    return Verdict(ranking, strength, rationale)


def _answer(found: dict[str, Any], question: Question, k: int) -> tuple[Ranking, int | None] | None:
    """What an object says on a question, or None where that is no verdict."""
    try:
        return _chosen(found, question, k)
    except Unreadable:
        return None


def _chosen(found: dict[str, Any], question: Question, k: int) -> tuple[Ranking, int | None]:
    entry = found.get(question.name)
    word = entry.get("verdict") if isinstance(entry, dict) else entry
    if not isinstance(word, str):
        raise Unreadable(f"the reply gives no verdict on {question.name!r}")
    return _pair(word, question) if k == 2 else _order(word, question, k)


def _pair(word: str, question: Question) -> tuple[Ranking, int | None]:
    offered = menu(question.scale, question.both_bad)
    for option, meaning in offered.items():
        if _plain(option) == _plain(word):
            return meaning
    raise Unreadable(f"{word[:60]!r} is not offered on {question.name!r}: {', '.join(offered)}")


def _order(word: str, question: Question, k: int) -> tuple[Ranking, int | None]:
    text = _plain(word).replace(" ", "")
    if text == _plain(BOTH_BAD).replace(" ", "") and question.both_bad:
        return Ranking((), both_bad=True), None
    try:
        if "~" in text or "bad" in text:
            raise RankingError(f"{word[:60]!r} is not offered")
        return parse(text[:200], k), None
    except RankingError as error:
        raise Unreadable(f"no ranking of {k} responses on {question.name!r}: {str(error)[:200]}") from error


def _plain(word: str) -> str:
    """Compatibility forms folded, invisible characters dropped, case and spacing evened out."""
    folded = unicodedata.normalize("NFKC", word)
    visible = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return " ".join(visible.casefold().replace("_", " ").split())
