"""Fills a template in one pass from a fixed list of variables; values are never looked at again. Pure.

Every text by others stands between two lines that carry the call's random boundary. The brackets of these
lines cannot occur inside such a text, because they are replaced there.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..verdicts import Form, Question, describe, instruction, listed
from .library import VARIABLE, Template

_BRACKETS = str.maketrans({"⟦": "[[", "〚": "[[", "⟧": "]]", "〛": "]]"})
_CUT = "\n[… {0} characters left out here …]\n"

Message = Mapping[str, Any]


class Unshowable(ValueError):
    """The comparison holds something that cannot be put into a text prompt."""


@dataclass(frozen=True, slots=True)
class Material:
    """One comparison in the order shown: chat messages of the prompt, and of each response with what came
    before it on its side; and a reference answer, where the judge uses one."""

    prompt: Sequence[Message]
    contexts: Sequence[Sequence[Message]]
    responses: Sequence[Sequence[Message]]
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What the owner says to the judge: trusted, but still only text."""

    guidelines: str = ""
    rubric: str = ""


def render(
    template: Template, material: Material, words: Words, form: Form, boundary: str
) -> list[dict[str, str]]:
    """The chat messages of one call: system, user. The same arguments always give the same messages.

    Raises Unshowable when a message holds more than text.
    """
    values = {
        "answer": instruction(form),
        "boundary": boundary,
        "guidelines": _block("GUIDELINES", words.guidelines, boundary) if words.guidelines.strip() else "",
        "letters": listed(form.letters),
        "number": str(form.k),
        "prompt": blocks("PROMPT", material.prompt, boundary, plain_role="user"),
        "questions": "\n".join(_question(question, form.letters) for question in form.questions),
        "reference": _block("REFERENCE ANSWER", material.reference, boundary) if material.reference else "",
        "responses": "\n\n".join(
            _response(material, index, letter, boundary) for index, letter in enumerate(form.letters)
        ),
        "rubric": words.rubric.translate(_BRACKETS).strip(),
    }
    return [
        {"role": role, "content": _filled(part, values)}
        for role, part in (("system", template.system), ("user", template.user))
    ]


def shortened(material: Material, most: int) -> tuple[Material, int]:
    """The material with `most` characters of text in all, and how many were left out.

    Every text gets the same room and loses its middle, so that no response is favoured; what a short one
    does not need goes to the longer ones. Raises Unshowable like `render`.
    """
    sizes = [len(text_of(message)) for messages in _all(material) for message in messages]
    if material.reference:
        sizes.append(len(material.reference))
    room = _room(sizes, most)
    left_out = sum(max(0, size - room) for size in sizes)

    def cut(messages: Sequence[Message]) -> list[Message]:
        return [{**message, "content": _cut(text_of(message), room)} for message in messages]

    return replace(
        material,
        prompt=cut(material.prompt),
        contexts=[cut(messages) for messages in material.contexts],
        responses=[cut(messages) for messages in material.responses],
        reference=_cut(material.reference, room),
    ), left_out


def _all(material: Material) -> list[Sequence[Message]]:
    return [material.prompt, *material.contexts, *material.responses]


def _room(sizes: Sequence[int], most: int) -> int:
    """The largest room for each, so that all together take `most` at most."""
    left, waiting = most, sorted(sizes)
    while waiting and waiting[0] <= left // len(waiting):
        left -= waiting.pop(0)
    return left // len(waiting) if waiting else max(sizes, default=0)


def _cut(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    head = -(-room // 2)
    return text[:head] + _CUT.format(f"{len(text) - room:,}") + text[len(text) - (room - head) :]


def _filled(part: str, values: Mapping[str, str]) -> str:
    """Empty variables leave no hole: more than one empty line in the template's own text becomes one."""
    used = {name for name in VARIABLE.findall(part) if not values[name]}
    for name in used:
        part = re.sub(rf"\n*\{{{name}\}}", "", part)
    return VARIABLE.sub(lambda match: values[match[1]], part).strip()


def _question(question: Question, letters: str) -> str:
    text = " ".join(question.text.translate(_BRACKETS).split())
    return (
        f"- {json.dumps(question.name)}: {text or 'Which is better?'} Verdict: {describe(question, letters)}."
    )


def _response(material: Material, index: int, letter: str, boundary: str) -> str:
    parts = [blocks(f"RESPONSE {letter}", material.responses[index], boundary, plain_role="assistant")]
    if material.contexts[index]:
        parts.insert(0, blocks(f"BEFORE RESPONSE {letter}", material.contexts[index], boundary))
    return "\n\n".join(parts)


def blocks(title: str, messages: Sequence[Message], boundary: str, plain_role: str = "") -> str:
    """One block a message; a single message in the expected role needs no number."""
    if len(messages) == 1 and messages[0].get("role") == plain_role:
        return _block(title, text_of(messages[0]), boundary)
    return "\n\n".join(
        _block(f"{title}, MESSAGE {number} ({_role(message)})", text_of(message), boundary)
        for number, message in enumerate(messages, start=1)
    )


def _block(title: str, text: str, boundary: str) -> str:
    return f"⟦BEGIN {title} {boundary}⟧\n{text.translate(_BRACKETS)}\n⟦END {title} {boundary}⟧"


def _role(message: Message) -> str:
    return re.sub(r"[^a-z]", "", str(message.get("role", "")).lower())[:20] or "unknown"


def text_of(message: Message) -> str:
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
