"""How a reply is read. Pure: no Django.

A judge speaks of the responses by the letters of its call; what is read is over the order *shown* (a came
first). A reply that cannot be read is a failure: it never becomes a default, a tie or a guess.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from annotation.ranking import BOTH_BAD, Ranking, RankingError, letters, parse, relabel

from .questions import Form, Question, Rung, menu

PARSER = 2  # rises with every change of what is read from the same reply
_ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff]")
_OBJECT_START = re.compile(r'\{\s*["}]')
_NAMED = re.compile(r"\b[Rr]esponses?(?:(?:[\s,/&>=]|and|or)+[A-Z]\b)+")
_LETTER = re.compile(r"\b[A-Z]\b")
_THOUGHTS = re.compile(r"\s*<think>.*?</think>", re.DOTALL)


class Unreadable(ValueError):
    """The reply holds no valid verdict; the message says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One criterion's answer; ranking and rationale speak of whatever letters the caller says (shown or
    stored)."""

    ranking: Ranking
    strength: int | None
    rationale: str


def read(text: str, form: Form) -> dict[str, Verdict]:
    """The verdicts in a reply by question name, over the order shown.

    The last one binds: there is no falling back to an earlier one, which may be a quotation. Code fences and
    prose around JSON are allowed. Raises Unreadable.
    """
    reply = _tagged(text, form) if form.rung == Rung.TAGGED else objects_in(text)[-1]
    return {question.name: _verdict(reply, question, form) for question in form.questions}


def in_stored_letters(verdicts: dict[str, Verdict], form: Form, order: str) -> dict[str, Verdict]:
    """The same verdicts with the order shown mapped back to stored letters, in the rationale too where it
    says "Response K"."""
    stored = dict(zip(form.letters, order.upper(), strict=True))
    return {
        name: Verdict(relabel(verdict.ranking, order), verdict.strength, _named_by(verdict.rationale, stored))
        for name, verdict in verdicts.items()
    }


def clean(text: str) -> str:
    """Hostile text made storable: NUL and lone surrogates, which PostgreSQL refuses, become `�`."""
    return text.replace("\0", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def objects_in(text: str) -> list[dict[str, Any]]:
    """The JSON objects in a reply in their order, at least one. Raises Unreadable."""
    text = _visible(text)
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


def _visible(text: str) -> str:
    text = _ZERO_WIDTH.sub("", text)
    thoughts = _THOUGHTS.match(text)
    return text[thoughts.end() :] if thoughts else text


def _tagged(text: str, form: Form) -> dict[str, Any]:
    """The last verdict on each question, and the rationale before it. A line counts only with this call's
    token, which nobody who wrote a response can know."""
    tag = rf"(ANSWER|RATIONALE|VERDICT)[ \t]+{re.escape(form.token)}(?:[ \t]+([\w-]+))?"
    line = re.compile(rf"^[ \t>*_`#-]*{tag}[ \t*_`]*:(.*)$", re.MULTILINE)
    text = _visible(text)
    marks = list(line.finditer(text))
    found: dict[str, dict[str, str]] = {}
    for index, mark in enumerate(marks):
        kind, name, rest = mark[1].lower(), mark[2] or "", mark[3]
        if kind == "rationale":
            rest += text[mark.end() : marks[index + 1].start() if index + 1 < len(marks) else len(text)]
        found.setdefault(name, {})[kind] = rest.strip(" \t\r\n*_`") if kind == "verdict" else rest.strip()
    if not any("verdict" in entry for entry in found.values()):
        raise Unreadable("the reply holds no line with a verdict and the token of the call")
    return dict(found)


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("the reply gives a key of one JSON object twice")
    return found


def _verdict(reply: dict[str, Any], question: Question, form: Form) -> Verdict:
    entry = reply.get(question.name)
    word = entry.get("verdict") if isinstance(entry, dict) else entry
    if not isinstance(word, str):
        raise Unreadable(f"the reply gives no verdict on {question.name!r}")
    ranking, strength = _pair(word, question, form) if form.k == 2 else _order(word, question, form)
    rationale = (entry if isinstance(entry, dict) else reply).get("rationale")
    rationale = clean(rationale) if isinstance(rationale, str) else ""
    if question.rationale_required and not rationale.strip():
        raise Unreadable(f"the reply gives no rationale on {question.name!r}, which is required")
    return Verdict(ranking, strength, rationale)


def _pair(word: str, question: Question, form: Form) -> tuple[Ranking, int | None]:
    offered = menu(question.scale, question.both_bad, form.letters)
    for option, meaning in offered.items():
        if _plain(option) == _plain(word):
            return meaning
    raise Unreadable(f"{word[:60]!r} is not offered on {question.name!r}: {', '.join(offered)}")


def _order(word: str, question: Question, form: Form) -> tuple[Ranking, int | None]:
    text = _plain(word).replace(" ", "")
    if text == _plain(BOTH_BAD).replace(" ", "") and question.both_bad:
        return Ranking((), both_bad=True), None
    shown = dict(zip(form.letters.lower(), letters(form.k), strict=True))
    try:
        if unknown := set(text) - set(shown) - set(">="):
            raise RankingError(f"{word[:60]!r} is not offered: it holds {min(unknown)!r}")
        ranking = parse("".join(shown.get(sign, sign) for sign in text[:200]), form.k)
        if not question.task.admits(ranking):
            raise RankingError(f"{word[:60]!r} leaves open what the task {question.task} asks")
    except RankingError as error:
        raise Unreadable(
            f"no ranking of {form.k} responses on {question.name!r}: {str(error)[:200]}"
        ) from error
    return ranking, None


def _plain(word: str) -> str:
    """Compatibility forms folded, invisible characters dropped, case and spacing evened out."""
    folded = unicodedata.normalize("NFKC", word)
    visible = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return " ".join(visible.casefold().replace("_", " ").split())


def _named_by(text: str, names: dict[str, str]) -> str:
    """``Response K``, ``Responses K and M`` with the letters replaced."""
    return _NAMED.sub(lambda match: _LETTER.sub(lambda found: names.get(found[0], found[0]), match[0]), text)
