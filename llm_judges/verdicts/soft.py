"""How sure a verdict is, from the probabilities of its first token. Pure.

Method: the token at which the verdict begins is found by its place in the text, not by what it looks like,
because the rationale may hold the same letter. Probability that falls on tokens that begin no offered answer
is no evidence, so an answer counts only from a floor of mass on: otherwise a trace of one label would read as
certainty.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from annotation.ranking import BOTH_BAD, letters

from .questions import Form, Question, Rung, menu
from .reading import _OBJECT_START

MASS_FLOOR = 0.9
TIE = "tie"
_COLON = re.compile(r"\s*:")
_JSON_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)

Token = tuple[str, Sequence[tuple[str, float]]]  # its text, and the likeliest (text, log probability) there
Slot = Mapping[str, Any]  # {"prefix": str, "top": [[text, log probability], …]}: what is stored of a verdict


def slots(tokens: Sequence[Token], form: Form) -> dict[str, Slot]:
    """By question the tokens that could have begun its verdict; those that cannot be found are left out."""
    text = "".join(token for token, _ in tokens)
    found: dict[str, Slot] = {}
    for name, place in _places(text, form).items():
        start = 0
        for token, top in tokens:
            if start <= place < start + len(token):
                found[name] = {"prefix": token[: place - start], "top": [[t, p] for t, p in top]}
                break
            start += len(token)
    return found


def probabilities(slot: Slot, question: Question, form: Form, order: str) -> tuple[dict[str, float], float]:
    """(probability of each answer in stored letters, label mass). Answers are letters, `tie`, `both_bad`; of
    more than two responses, the letter named first. Empty where the mass is zero."""
    offered = _answers(question, form, order)
    found: dict[str, float] = dict.fromkeys(offered.values(), 0.0)
    prefix = str(slot["prefix"])
    for text, logprob in slot["top"]:
        rest = text[len(prefix) :] if text.startswith(prefix) else ""
        if not rest.strip():
            continue
        meant = {answer for word, answer in offered.items() if _begins(word, rest)}
        if len(meant) == 1:
            found[meant.pop()] += math.exp(min(0.0, logprob))
    mass = sum(found.values())
    return ({answer: p / mass for answer, p in found.items()} if mass else {}), min(1.0, mass)


def _answers(question: Question, form: Form, order: str) -> dict[str, str]:
    """Every word that may be said and the stored letter, `tie` or `both_bad` it stands for."""
    shown = dict(zip(letters(form.k), order, strict=True))
    if form.k == 2:
        words = menu(question.scale, question.both_bad, form.letters)
        return {
            word: BOTH_BAD if ranking.both_bad else shown[ranking.winner] if ranking.winner else TIE
            for word, (ranking, _) in words.items()
        }
    answers = dict(zip(form.letters, order, strict=True))
    return answers | ({BOTH_BAD: BOTH_BAD} if question.both_bad else {})


def _begins(word: str, rest: str) -> bool:
    """Whether a token that goes on with `rest` may be the beginning of `word`, or hold it and more."""
    rest = rest.rstrip('"')
    return word.startswith(rest) or (rest.startswith(word) and not rest[len(word)].isalnum())


def _places(text: str, form: Form) -> dict[str, int]:
    """Where each verdict begins in the text: that of the last line, or of the last JSON object."""
    if form.rung == Rung.TAGGED:
        line = rf"VERDICT[ \t]+{re.escape(form.token)}[ \t]+([\w-]+)[ \t*_`]*:[ \t*_`]*"
        return {match[1]: match.end() for match in re.finditer(line, text)}
    places: dict[str, int] = {}
    path: list[str] = []
    key = ""
    begin = _OBJECT_START.search(text)
    for part in _JSON_PART.finditer(text, begin.start() if begin else len(text)):
        if part[0] in "{[":
            path.append(key)
        elif part[0] in "}]":
            path = path[:-1]
        elif _COLON.match(text, part.end()):
            key = part[0][1:-1]
            continue
        elif len(path) == 2 and key == "verdict":
            places[path[1]] = part.start() + 1
        elif len(path) == 1:
            places[key] = part.start() + 1
        key = ""
    names = {question.name for question in form.questions}
    return {name: place for name, place in places.items() if name in names}
