"""Fills a template in one pass from a fixed list of variables; values are never looked at again. Pure.

Every text by others stands between two lines that carry the call's random boundary. The brackets of these
lines cannot occur inside such a text, because they are replaced there.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from annotation.ranking import letters

from ..verdicts import Question, describe

FOLDER = Path(__file__).parent
PAIRWISE, RANKING = "pairwise", "ranking"
VARIABLES = {"answer", "boundary", "guidelines", "letters", "number", "prompt", "questions", "responses"}
_SEPARATOR = "\n=== user ===\n"
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_BRACKETS = str.maketrans({"⟦": "[[", "〚": "[[", "⟧": "]]", "〛": "]]"})

Message = Mapping[str, Any]


class Unshowable(ValueError):
    """The comparison holds something that cannot be put into a text prompt."""


@dataclass(frozen=True, slots=True)
class Material:
    """One comparison in the order shown: chat messages of the prompt, and of each response with what came
    before it on its side."""

    prompt: Sequence[Message]
    contexts: Sequence[Sequence[Message]]
    responses: Sequence[Sequence[Message]]


def templates() -> list[str]:
    """Names of the templates there are: the text files in this folder."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def template_for(template: str, k: int) -> str:
    """The template's name for k responses: the judge's own on pairs, `ranking` on more."""
    return template if k == 2 else RANKING


@lru_cache(maxsize=32)
def template_text(template: str) -> str:
    """The whole file. Raises ValueError for an unknown name, an unknown variable or a missing separator."""
    if template not in templates():
        raise ValueError(f"there is no template {template!r}; known: {', '.join(templates())}")
    text = (FOLDER / f"{template}.txt").read_text(encoding="utf-8")
    unknown = set(_VARIABLE.findall(text)) - VARIABLES
    if unknown:
        raise ValueError(f"template {template!r} uses an unknown variable {min(unknown)!r}")
    if text.count(_SEPARATOR) != 1:
        raise ValueError(f"template {template!r} needs one line {_SEPARATOR.strip()!r}")
    return text


def new_boundary() -> str:
    """Sixteen random characters: nobody who wrote a response can know them."""
    return secrets.token_hex(8)


def render(
    template: str, material: Material, questions: Sequence[Question], guidelines: str, boundary: str
) -> list[dict[str, str]]:
    """The chat messages of one call: system, user. The same arguments always give the same messages.

    Raises Unshowable when a message holds more than text.
    """
    k = len(material.responses)
    shown = letters(k).upper()
    values = {
        "answer": json.dumps(
            {q.name: {"rationale": "…", "verdict": "…"} for q in questions}, ensure_ascii=False
        ),
        "boundary": boundary,
        "guidelines": _block("GUIDELINES", guidelines, boundary) if guidelines.strip() else "",
        "letters": f"{', '.join(shown[:-1])} and {shown[-1]}",
        "number": str(k),
        "prompt": _blocks("PROMPT", material.prompt, boundary, plain_role="user"),
        "questions": "\n".join(_question(question, k) for question in questions),
        "responses": "\n\n".join(_response(material, index, boundary) for index in range(k)),
    }
    parts = zip(("system", "user"), template_text(template).split(_SEPARATOR), strict=True)
    return [
        {"role": role, "content": _VARIABLE.sub(lambda match: values[match[1]], part).strip()}
        for role, part in parts
    ]


def _question(question: Question, k: int) -> str:
    text = " ".join(question.text.translate(_BRACKETS).split())
    return f"- {json.dumps(question.name)}: {text or 'Which is better?'} Verdict: {describe(question, k)}."


def _response(material: Material, index: int, boundary: str) -> str:
    letter = letters(len(material.responses))[index].upper()
    parts = [_blocks(f"RESPONSE {letter}", material.responses[index], boundary, plain_role="assistant")]
    if material.contexts[index]:
        parts.insert(0, _blocks(f"BEFORE RESPONSE {letter}", material.contexts[index], boundary))
    return "\n\n".join(parts)


def _blocks(title: str, messages: Sequence[Message], boundary: str, plain_role: str = "") -> str:
    """One block a message; a single message in the expected role needs no number."""
    if len(messages) == 1 and messages[0].get("role") == plain_role:
        return _block(title, _text(messages[0]), boundary)
    return "\n\n".join(
        _block(f"{title}, MESSAGE {number} ({_role(message)})", _text(message), boundary)
        for number, message in enumerate(messages, start=1)
    )


def _block(title: str, text: str, boundary: str) -> str:
    return f"⟦BEGIN {title} {boundary}⟧\n{text.translate(_BRACKETS)}\n⟦END {title} {boundary}⟧"


def _role(message: Message) -> str:
    return re.sub(r"[^a-z]", "", str(message.get("role", "")).lower())[:20] or "unknown"


def _text(message: Message) -> str:
    content = message.get("content")
    if more := message.keys() & {"tool_calls", "function_call", "audio"}:
        raise Unshowable(f"a message holds {min(more)}, not only text")
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        if any(part.get("type") != "text" or not isinstance(part.get("text"), str) for part in content):
            raise Unshowable("a message holds a part that is not text")
        return "\n".join(part["text"] for part in content)
    raise Unshowable("a message holds no text")
