"""Chat messages as turns of safe HTML. Pure: no Django.

A message's content is a text or a list of parts; what it says beside them (its name, its id) is not shown,
because it may name the model.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

import orjson

from annotation.media import address_of

from . import markdown
from .highlight import Allowance
from .words import word_count

# One word for one thing: other formats' names for the same roles.
_ROLES = {"function": "tool", "ipython": "tool", "developer": "system", "human": "user", "model": "assistant"}
_LONGEST_ROLE = 40
_LONGEST_NAME = 100


class Turn(TypedDict):
    role: str
    html: str


def turns(messages: Iterable[Mapping[str, Any]], allowance: Allowance) -> list[Turn]:
    """One turn a message; `allowance` is what they share for colouring code."""
    return [{"role": role_of(message), "html": _html(message, allowance)} for message in messages]


def role_of(message: Mapping[str, Any]) -> str:
    """Who speaks: user, assistant, system, tool, or what the source calls it."""
    role = str(message.get("role") or "user")[:_LONGEST_ROLE]
    return _ROLES.get(role, role)


def text_of(message: Mapping[str, Any]) -> str:
    """All of a message as text: what it says, the addresses of its media, the tools it calls."""
    content = message.get("content")
    chunks = [text for part in _parts(content) if (text := _said(part) or address_of(part))]
    chunks += [f"{name}({arguments})" for name, arguments in calls(message)]
    return "\n\n".join(chunks)


def words_of(message: Mapping[str, Any]) -> int:
    """Words of what a message says, its media and calls left out."""
    return sum(word_count(_said(part)) for part in _parts(message.get("content")))


def calls(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and arguments of every tool that a message calls; arguments that are JSON come indented."""
    listed = message.get("tool_calls")
    for entry in [*(listed if isinstance(listed, list) else ()), message.get("function_call")]:
        if isinstance(entry, Mapping):
            called = entry.get("function")
            called = called if isinstance(called, Mapping) else entry
            arguments = called.get("arguments", called.get("args", called.get("input")))
            yield str(called.get("name") or "")[:_LONGEST_NAME], _indented(arguments)


def media_html(item: Any) -> str:
    """Safe HTML for an entry of a response's `media`; empty for one without an address."""
    address = address_of(item)
    alt = item.get("alt") if isinstance(item, Mapping) else ""
    return markdown.media(address, alt if isinstance(alt, str) else "") if address else ""


def _html(message: Mapping[str, Any], allowance: Allowance) -> str:
    from_tool = role_of(message) == "tool"
    html, said = [], []
    for part in _parts(message.get("content")):
        if text := _said(part):
            said.append(text)
        elif shown := media_html(part):
            html += [_text_html(said, from_tool, allowance), shown]
            said = []
    html.append(_text_html(said, from_tool, allowance))
    for name, arguments in calls(message):
        html.append(markdown.tool_call(name, arguments, allowance))
    return "\n".join(filter(None, html))


def _text_html(said: list[str], from_tool: bool, allowance: Allowance) -> str:
    text = "\n\n".join(said)
    if not from_tool or not text:
        return markdown.to_html(text, allowance)
    # A tool's output is data, mostly: JSON, a log, a page. Read as Markdown it would lose its lines.
    found = _json(text)
    return markdown.code_block(found, "json", allowance) if found else markdown.plain(text)


def _parts(content: Any) -> list[Any]:
    return content if isinstance(content, list) else [content]


def _said(part: Any) -> str:
    if isinstance(part, Mapping):
        part = part.get("text")
        return part if isinstance(part, str) else ""
    return str(part) if isinstance(part, str | int | float) else ""


def _json(text: str) -> str:
    """An object or list, indented; empty for any other text."""
    if text.lstrip()[:1] not in ("{", "["):
        return ""
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, TypeError):
        return ""


def _indented(arguments: Any) -> str:
    if isinstance(arguments, str):
        return _json(arguments) or arguments
    try:
        return "" if arguments is None else orjson.dumps(arguments, option=orjson.OPT_INDENT_2).decode()
    except TypeError:
        return ""
