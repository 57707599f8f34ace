"""What can be counted about a response: its length and its markdown. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

FEATURES = ("length", "lists", "headings", "bold", "code")
# They begin with the line break: a search for one character is many times as fast as one for line starts.
_LISTS = re.compile(r"\n[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\S")
_HEADINGS = re.compile(r"\n {0,3}#{1,6}[ \t]+\S")
_BOLD = re.compile(r"\*\*(?=\S)(?:[^*\n]|\*(?!\*))+\*\*|__(?=\S)[^_\n]+__")
_CODE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)


def counts(text: str) -> tuple[int, int, int, int, int]:
    """Of a response: characters, list items, headings, bold parts and blocks of code, as FEATURES. What
    stands inside a block of code is no list, heading or bold part."""
    prose, code = _CODE.subn("", text) if "```" in text or "~~~" in text else (text, 0)
    prose = f"\n{prose}"
    return (
        len(text),
        len(_LISTS.findall(prose)),
        len(_HEADINGS.findall(prose)) if "#" in prose else 0,
        len(_BOLD.findall(prose)) if "**" in prose or "__" in prose else 0,
        code,
    )


def text_of(messages: Iterable[Mapping[str, Any]]) -> str:
    """The words of a stored answer; parts that are no text (pictures, sound) count as nothing."""
    parts: list[str] = []
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            parts.append(content)
        elif isinstance(content, list):
            parts += [str(part["text"]) for part in content if isinstance(part, Mapping) and "text" in part]
    return "\n\n".join(parts)
