"""Responses as chat messages that may be trained on, or what is wrong with them. Pure.

A trainer is no validator: it trains on equal or empty texts and on people's turns without a word.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol
from unicodedata import category

Message = dict[str, str]


class Side(Protocol):
    """A response as it is stored."""

    @property
    def messages(self) -> list[dict[str, Any]]: ...
    @property
    def context(self) -> list[dict[str, Any]]: ...
    @property
    def media(self) -> list[Any]: ...


class Said(NamedTuple):
    """One side of a comparison: everything before the answer, and the answer."""

    prompt: list[Message]
    answer: list[Message]

    @property
    def conversation(self) -> list[Message]:
        return self.prompt + self.answer


def said(prompt: Sequence[dict[str, Any]], response: Side) -> Said | str:
    """The side as messages of a role and a text, or why it must not be trained on."""
    before = [*response.context, *prompt]
    if response.media or not all(map(_is_text, [*before, *response.messages])):
        return "not_text"
    if not any(visible(message["content"]) for message in before):
        return "empty_prompt"
    if not response.messages or not all(visible(message["content"]) for message in response.messages):
        return "empty_text"
    if response.messages[0] == before[0]:
        return "prompt_repeated"
    if not _is_answer(response.messages):
        return "not_an_answer"
    return Said(_plain(before), _plain(response.messages))


def looks(side: Said) -> list[tuple[str, str]]:
    """What a reader sees of a side."""
    return [(message["role"], visible(message["content"])) for message in side.conversation]


def visible(text: str) -> str:
    """The text without Unicode's format characters (Cf, such as zero-width spaces) and white space around."""
    return (text if text.isascii() else _format_characters().sub("", text)).strip()


@cache
def _format_characters() -> re.Pattern[str]:
    every = map(chr, range(sys.maxunicode + 1))
    return re.compile(f"[{''.join(character for character in every if category(character) == 'Cf')}]+")


def _is_answer(messages: Sequence[dict[str, Any]]) -> bool:
    """True where the model speaks first and last, and nobody but tools in between."""
    roles = [message["role"] for message in messages]
    return roles[0] == roles[-1] == "assistant" and {*roles} <= {"assistant", "tool"}


def _is_text(message: dict[str, Any]) -> bool:
    """True for a role and a text; lists of parts, tool calls and names would be lost in these columns."""
    return (
        message.keys() == {"role", "content"}
        and isinstance(message["content"], str)
        and isinstance(message["role"], str)
    )


def _plain(messages: Iterable[dict[str, Any]]) -> list[Message]:
    return [{"role": message["role"], "content": message["content"]} for message in messages]
