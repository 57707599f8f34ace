"""TRL's preference rows (`chosen`, `rejected`) as comparison lines. Pure: no Django.

The known answer becomes a gold entry. Which side is stored as a depends on the content alone, so that
letters say nothing about the answer.
"""

import re
from hashlib import sha256
from typing import Any

from .answers import Answers
from .fields import Message, Row, encode, messages
from .problems import Bad, found

_TURN = re.compile(r"\n\n(Human|Assistant):[ ]?")
_LAST_WORD = re.compile(r"\S*\Z")
_ROLES = {"Human": "user", "Assistant": "assistant"}


def to_line(row: Row, answers: Answers) -> Row:
    """The row as a native comparison line; fields of its own are kept. Raises Bad.

    Texts and chats are read, with an explicit prompt or an implicit one (what both sides begin with), and
    transcripts whose turns open with "Human:" and "Assistant:".
    """
    for key in ("labels", "rankings", "gold"):
        if row.get(key) is not None:
            raise Bad(key, "chosen and rejected have no letters that it could refer to")
    asked, sides = _split(row.pop("prompt", None), _side(row, "chosen"), _side(row, "rejected"))
    entries = [
        {
            "messages": said,
            "context": context,
            "model": row.pop(f"{key}_model", None),
            "media": row.pop(f"{key}_media", None),
        }
        for key, (context, said) in zip(("chosen", "rejected"), sides, strict=True)
    ]
    swapped = _draw(asked, sides[1]) < _draw(asked, sides[0])
    question = answers.default_question("chosen")
    return {
        "gold_source": "chosen over rejected",
        **row,
        "prompt": asked,
        "responses": entries[::-1] if swapped else entries,
        "gold": {question.name: "b>a" if swapped else "a>b"},
    }


def _side(row: Row, key: str) -> Any:
    value = row.pop(key)
    if type(value) is dict:
        return [value]
    if type(value) is str and value.startswith("\n\nHuman:"):
        pieces = _TURN.split(value)[1:]
        return [
            {"role": _ROLES[role], "content": said}
            for role, said in zip(pieces[::2], pieces[1::2], strict=True)
        ]
    if type(value) not in (str, list):
        raise Bad(key, f"expected a text or a list of {{role, content}}, found {found(value)}")
    return value


def _split(prompt: Any, *sides: Any) -> tuple[list[Message], list[tuple[list[Message], list[Message]]]]:
    """The prompt, and of each side the messages that only it has: earlier ones, and the answer."""
    if len({type(side) for side in sides}) > 1:
        raise Bad("rejected", "expected the same shape as chosen: both texts or both lists of messages")
    if type(sides[0]) is str:
        if prompt is None:
            prompt = _shared_text(*sides)
            sides = tuple(side[len(prompt) :] for side in sides)
        asked = messages(prompt, "user", "prompt")
        return asked, [([], messages(side, "assistant", "chosen")) for side in sides]
    chats = [
        messages(side, "assistant", key) for side, key in zip(sides, ("chosen", "rejected"), strict=True)
    ]
    asked = _shared_messages(*chats) if prompt is None else messages(prompt, "user", "prompt")
    if all(chat[: len(asked)] == asked for chat in chats):
        chats = [chat[len(asked) :] for chat in chats]
    return asked, [_answer(chat) for chat in chats]


def _shared_text(chosen: str, rejected: str) -> str:
    """What both texts begin with, up to the last white space, so that no word is cut."""
    ends = (index for index, (one, other) in enumerate(zip(chosen, rejected, strict=False)) if one != other)
    shared = chosen[: next(ends, min(len(chosen), len(rejected)))]
    return _LAST_WORD.sub("", shared)


def _shared_messages(chosen: list[Message], rejected: list[Message]) -> list[Message]:
    """The messages that both begin with; each keeps at least its last one."""
    shared = []
    for one, other in zip(chosen[:-1], rejected[:-1], strict=False):
        if one != other:
            break
        shared.append(one)
    return shared


def _answer(chat: list[Message]) -> tuple[list[Message], list[Message]]:
    """Earlier messages, and the answer: what follows the last message of the user."""
    start = max((index + 1 for index, message in enumerate(chat) if message["role"] == "user"), default=0)
    return (chat[:start], chat[start:]) if start < len(chat) else ([], chat)


def _draw(asked: list[Message], side: tuple[list[Message], list[Message]]) -> bytes:
    return sha256(encode([asked, *side], "chosen").encode()).digest()
